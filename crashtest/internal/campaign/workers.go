package campaign

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/crashtest/internal/process"
)

const (
	// startTime is how long after its start a worker may fail for want of a server, which it waits a minute for: it is
	// started again then, as by any supervisor. One that was connected must not fail.
	startTime = 80 * time.Second
	// settleTimeout is how long two workers may go on side by side, beyond a lease. RabbitMQ takes seconds to start, and
	// may be killed anew before both have come to work.
	settleTimeout = 3 * time.Minute
)

// workers are the processes that run the mill: one at a time, or two of which one has to end. They are safe for concurrent
// use.
type workers struct {
	// group waits for each process. An error ends the test.
	group *errgroup.Group
	// ctx ends all processes.
	ctx context.Context
	// config is that of all workers, without their names.
	config workerConfig
	dir    string

	mu sync.Mutex
	// current is nil while there is none that should go on.
	current *worker
	// started counts all, failedStarts those that found no server.
	started, failedStarts int
	// disturbed is until when a worker may be kept from its server.
	disturbed time.Time
}

// A worker is one process.
type worker struct {
	*process.Process
	begin time.Time
	// mayEnd says that the process may end as a process does that was killed or left, mayBeTakenOver that another one may
	// take its place. Both are guarded by workers.mu.
	mayEnd, mayBeTakenOver bool
}

func newWorkers(ctx context.Context, g *errgroup.Group, c workerConfig, dir string) *workers {
	return &workers{ctx: ctx, group: g, config: c, dir: dir}
}

// start starts a worker, the current one from now on.
func (ws *workers) start() error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if err := ws.ctx.Err(); err != nil {
		return err
	}
	return ws.launch()
}

// launch starts a worker. REQUIRES: mu is held.
func (ws *workers) launch() error {
	ws.started++
	c := ws.config
	c.process, c.concurrency = fmt.Sprintf("#%d", ws.started), 1+ws.started%2*2
	p, err := process.Start(c.process, filepath.Join(ws.dir, "workers.log"), c.arguments())
	if err != nil {
		return fmt.Errorf("start a worker: %w", err)
	}
	w := &worker{Process: p, begin: time.Now()}
	ws.current = w
	ws.group.Go(func() error { return ws.await(w) })
	return nil
}

// await waits for the end of a worker. One that found no server is started again; any other end that nobody has asked for
// is an error.
func (ws *workers) await(w *worker) error {
	stop := context.AfterFunc(ws.ctx, w.Kill)
	defer stop()
	err := w.Wait()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	switch {
	case ws.ctx.Err() != nil || w.mayEnd:
		return nil
	case w.Status() == exitTakenOver && w.mayBeTakenOver:
		return nil
	case ws.foundNoServer(w):
		ws.failedStarts++
		return ws.again(w)
	}
	return w.Errorf("has ended by itself (%w)", err)
}

// foundNoServer tells whether a worker that has ended has failed because it was kept from its server when it began. REQUIRES:
// mu is held.
func (ws *workers) foundNoServer(w *worker) bool {
	return w.Status() == exitFailed && time.Since(w.begin) < startTime && w.begin.Before(ws.disturbed)
}

// again starts another worker in the place of one that has ended, if that still has a place after a pause. REQUIRES: mu is
// held.
func (ws *workers) again(w *worker) error {
	ws.mu.Unlock()
	err := pause(ws.ctx)
	ws.mu.Lock()
	if err != nil || ws.current != w || w.mayEnd {
		return nil
	}
	if err := ws.launch(); err != nil {
		return err
	}
	ws.current.mayBeTakenOver = w.mayBeTakenOver
	return nil
}

// disturb notes that workers may be kept from their server for so long.
func (ws *workers) disturb(d time.Duration) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if until := time.Now().Add(d); until.After(ws.disturbed) {
		ws.disturbed = until
	}
}

// take takes the current worker from its place.
func (ws *workers) take() *worker {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w := ws.current
	ws.current = nil
	return w
}

// name returns the current worker's.
func (ws *workers) name() string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.current.Name
}

// letEnd allows a worker to end from now on.
func (ws *workers) letEnd(w *worker) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.mayEnd = true
}

// freeze stops the current worker where it is; false says that it has ended.
func (ws *workers) freeze() bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.current.Freeze() == nil
}

// kill kills the current worker and waits until it is gone.
func (ws *workers) kill() {
	w := ws.take()
	ws.letEnd(w)
	w.Kill()
	<-w.Done()
}

// stop asks the current worker to end, and waits until it has.
func (ws *workers) stop(ctx context.Context) error {
	w := ws.take()
	ws.letEnd(w)
	w.Leave()
	err := w.Expect(ctx, 0)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	select {
	case <-w.Done():
		if ws.foundNoServer(w) {
			return nil
		}
	default:
	}
	return err
}

// succeed starts a second worker while the current one is there, and returns that one.
func (ws *workers) succeed() (before *worker, err error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	before = ws.current
	before.mayBeTakenOver = true
	if err := ws.launch(); err != nil {
		return nil, err
	}
	ws.current.mayBeTakenOver = true
	return before, nil
}

// settle waits until one of the current worker and the one before it has ended, because the other one has taken over. Mostly
// the one before ends; but one that was only about to begin when it was stopped takes over in its turn.
func (ws *workers) settle(ctx context.Context, before *worker, lease time.Duration) error {
	limit := time.NewTimer(settleTimeout + lease)
	defer limit.Stop()
	for {
		ws.mu.Lock()
		now := ws.current
		ws.mu.Unlock()
		select {
		case <-before.Done():
			return ws.settled(before, now)
		case <-now.Done():
			if now.Status() == exitTakenOver {
				return ws.settled(now, before)
			}
			// It found no server, and await starts another one.
			if err := pause(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return before.Errorf("and %s both still run %v after one has taken over", now.Name, settleTimeout+lease)
		}
	}
}

// settled makes the worker that lives the current one.
func (ws *workers) settled(ended, lives *worker) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	lives.mayBeTakenOver = false
	select {
	case <-lives.Done():
		if lives.Status() == exitTakenOver {
			return ended.Errorf("and %s have taken over from each other, and both have ended", lives.Name)
		}
		if ws.current != lives { // it ended for want of a server while it had no place
			return ws.launch()
		}
	default:
		ws.current = lives
	}
	return nil
}

func (ws *workers) failures() int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.failedStarts
}
