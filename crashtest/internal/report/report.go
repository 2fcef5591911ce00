// Package report tells people what a crash test does, and counts it.
package report

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// interval is the time between two lines about the progress.
const interval = 10 * time.Second

// A Report writes lines with the time since it was made. It is safe for concurrent use.
type Report struct {
	begin time.Time

	mu     sync.Mutex
	out    io.Writer
	counts map[string]int
}

// New returns a report that begins now.
func New(out io.Writer) *Report {
	return &Report{begin: time.Now(), out: out, counts: map[string]int{}}
}

// Print prints a line.
func (r *Report) Print(format string, arguments ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(r.out, "%8.1fs  %s\n", time.Since(r.begin).Seconds(), fmt.Sprintf(format, arguments...))
}

// Note counts what was done n times.
func (r *Report) Note(what string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what] += n
}

// Count returns how often something was noted.
func (r *Report) Count(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[what]
}

// Counted lists what was noted.
func (r *Report) Counted() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for what, n := range r.counts {
		all = append(all, fmt.Sprintf("%s: %d", what, n))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// Progress prints from time to time how many results were verified, until ctx ends.
func (r *Report) Progress(ctx context.Context, verified func() int) {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			r.Print("%d results right; %s", verified(), r.Counted())
		}
	}
}
