package server

import (
	"context"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/wait"
)

// watchEvery is how often a server is asked whether it is there while an output has nothing to write to it.
const watchEvery = 3 * time.Second

// A Watch asks a server now and then whether it is there, so that one that goes away is told of though a run has nothing
// to write to it. A nil one does nothing.
type Watch struct {
	stop    context.CancelFunc
	running sync.WaitGroup
}

// NewWatch calls look every few seconds, until it returns an error, which whoever writes next gets himself, or the watch is
// stopped; then it calls end. look notes that the server is lost, and waits until it is reached.
func NewWatch(look func(ctx context.Context) error, end ...func()) *Watch {
	ctx, stop := context.WithCancel(context.Background())
	w := &Watch{stop: stop}
	w.running.Go(func() {
		isThere := true
		for isThere && wait.For(ctx, watchEvery) == nil {
			isThere = look(ctx) == nil
		}
		for _, f := range end {
			f()
		}
	})
	return w
}

// Stop ends the watch, and waits until it has ended. It may be called several times.
func (w *Watch) Stop() {
	if w != nil {
		w.stop()
		w.running.Wait()
	}
}
