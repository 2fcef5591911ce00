package kafkatopic

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/leat-go/leat/bench/internal/process"
)

// A Program writes results to a topic.
type Program struct {
	Args, Environment []string
	// Stays says that it doesn't end by itself: it is ended when the results that are wanted are there, or none come any more.
	Stays  bool
	Wanted int64
}

// A Run is what a program took, and until it said that it was ready: zero where it didn't say so.
type Run struct {
	process.Cost
	Start time.Duration
}

// Run runs a program to its end, and watches the topic that it writes to. Cost is without the time.
func (w *Watch) Run(ctx context.Context, admin *kadm.Client, topic string, p Program) (r Run, err error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	begin, ready := time.Now(), readiness{says: os.Stderr}
	command := exec.CommandContext(running, p.Args[0], p.Args[1:]...)
	command.Stdout, command.Stderr = &ready, &ready
	command.Env = append(os.Environ(), p.Environment...)
	if err := command.Start(); err != nil {
		return r, err
	}
	var over atomic.Bool
	ended := make(chan error, 1)
	go func() {
		ended <- command.Wait()
		over.Store(true)
	}()
	err = w.Follow(ctx, admin, topic, func() bool {
		return over.Load() || p.Stays && w.Quiet(time.Now()) > quietFor(w.End() >= p.Wanted)
	})
	early := over.Load()
	if p.Stays || err != nil {
		stop()
	}
	ending := <-ended
	switch {
	case err != nil:
		return r, err
	case ending != nil && (!p.Stays || early):
		return r, ending
	}
	r.Cost = process.Used(command.ProcessState)
	if !ready.at.IsZero() {
		r.Start = ready.at.Sub(begin)
	}
	return r, nil
}

// quietFor returns how long a program that never ends may be quiet until it is taken to have done all it does.
func quietFor(complete bool) time.Duration {
	if complete {
		return 2 * time.Second
	}
	return 30 * time.Second
}

// A readiness passes on what a program says, but for the line that says that it is ready: it remembers when that came.
type readiness struct {
	says io.Writer
	at   time.Time
}

// Write takes whole lines, as programs write them.
func (r *readiness) Write(p []byte) (int, error) {
	if !bytes.Contains(p, []byte("bench: ready")) {
		return r.says.Write(p)
	}
	if r.at.IsZero() {
		r.at = time.Now()
	}
	return len(p), nil
}
