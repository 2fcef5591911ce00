package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/observe"
)

// How a run shows how far it has come.
const (
	showNothing = "nothing"
	showInPlace = "in place" // lines that stay where they are, on a terminal
	showPlain   = "plain"    // a line now and then
)

// How often what is shown is drawn anew, and how often there is a plain line.
const (
	refresh    = 250 * time.Millisecond
	plainEvery = 5 * time.Second
)

// showing runs a function and shows how far it has come. The function writes logs to what it gets.
func (a *app) showing(snapshot func() observe.Snapshot, how string, run func(logs io.Writer) error) error {
	switch how {
	case showInPlace:
		return showingInPlace(a.stderr, viewing(snapshot), liveLines, run)
	case showPlain:
		out := &shared{out: a.stderr}
		say := func(v monitor.View) { fmt.Fprintln(out, plainLine(v)) }
		return following(plainEvery, viewing(snapshot), say, func() error { return run(out) })
	}
	return run(a.stderr)
}

// showingInPlace runs a function, and shows how far it has come on lines that stay at the end of a terminal. The function
// writes logs to what it gets.
func showingInPlace[P any](terminal io.Writer, progress func() P, lines func(p P, width int) []string,
	run func(logs io.Writer) error) error {
	s := newScreen(terminal)
	defer s.clear()
	show := func(p P) { s.show(func(width int) []string { return lines(p, width) }) }
	return following(refresh, progress, show, func() error { return run(s) })
}

// viewing returns a function that gives views of snapshots, each with what has changed since the one before.
func viewing(snapshot func() observe.Snapshot) func() monitor.View {
	var viewer monitor.Viewer
	return func() monitor.View { return viewer.View(snapshot()) }
}

// following runs a function, and shows at each interval how far it has come.
func following[P any](interval time.Duration, progress func() P, show func(P), run func() error) error {
	done := make(chan struct{})
	var follower sync.WaitGroup
	follower.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				show(progress())
			case <-done:
				return
			}
		}
	})
	defer follower.Wait()
	defer close(done)
	return run()
}

// shared is a writer for several goroutines.
type shared struct {
	mu  sync.Mutex
	out io.Writer
}

// Write implements [io.Writer].
func (s *shared) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(text)
}

// movable reports whether the terminal lets the cursor be moved, as those of today do.
func movable() bool { return os.Getenv("TERM") != "dumb" }
