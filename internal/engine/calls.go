package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/leat-go/leat/broker"
)

// calls runs the calls of a task: in the join's goroutine one at a time, or several side by side, whose results and
// rewind points are submitted in the order of the calls.
type calls struct {
	task      *task
	encoder   *encoder
	committer *committer
	pending   *pending

	// own calls from the join's goroutine; call is what it calls with, and out holds the results that weren't
	// submitted yet.
	own  *worker
	call Call
	out  results

	// The rest is for calls side by side. Each goes to queue, which keeps the order, and to jobs, which workers
	// receive from.
	queue, jobs chan *inFlight
	// halted is closed when no later call counts: err says why; nil if the function has ended the session.
	halted chan struct{}
	err    error
	// last is the call that goes with the end of the session; nil where there is none.
	last *inFlight
	// beyond is what the join met after the call that has ended the session: nothing, but for a run that verifies.
	beyond error
}

// inFlight is a call that was made before earlier ones were through.
type inFlight struct {
	call   Call
	points []rewindPoint
	out    results
	// end says that the function has ended the session, and last that it ends behind the call.
	end, last bool
	err       error
	done      chan struct{}
}

func newCalls(t *task, e *encoder, c *committer, p *pending) *calls {
	calls := &calls{task: t, encoder: e, committer: c, pending: p, own: newWorker(t, e)}
	if n := t.spec.Concurrency; n > 1 {
		calls.queue = make(chan *inFlight, n)
		calls.jobs = make(chan *inFlight, n)
		calls.halted = make(chan struct{})
	}
	return calls
}

// during runs join and, side by side with it, the workers that make its calls.
func (c *calls) during(join func() error) error {
	if c.queue == nil {
		return c.task.survive(join)
	}
	var workers sync.WaitGroup
	for range c.task.spec.Concurrency {
		workers.Go(func() { c.work(newWorker(c.task, c.encoder)) })
	}
	workers.Go(c.addInOrder)
	err := c.task.survive(join)
	close(c.jobs)
	close(c.queue)
	workers.Wait()
	select {
	case <-c.halted:
		// What the calls met comes before what the join met after them.
		if c.err != nil {
			return c.err
		}
		if !errors.Is(err, errHalted) && c.task.ctx.Err() == nil {
			c.beyond = err
		}
		return errSessionEnded
	default:
		return err
	}
}

// work makes calls.
func (c *calls) work(w *worker) {
	var f *inFlight
	defer func() {
		exited := goexit()
		if exited == nil {
			return
		}
		// The goroutine ends. Who waits for its call must learn of it, and for those behind, which don't count any more.
		f.err = cmp.Or(w.exited, error(exited))
		close(f.done)
		for f := range c.jobs {
			f.err = errHalted
			close(f.done)
		}
	}()
	for f = range c.jobs {
		f.end, f.err = w.call(&f.call, &f.out)
		close(f.done)
	}
}

// concurrent reports whether the join goes on while its calls are made.
func (c *calls) concurrent() bool { return c.queue != nil }

// dispatch has a call made while the join goes on. The rewind points are those behind it; last says that the session
// ends there.
func (c *calls) dispatch(call Call, last bool, points []rewindPoint) error {
	if c.task.ctx.Err() != nil {
		return context.Cause(c.task.ctx)
	}
	f := &inFlight{call: call, last: last, done: make(chan struct{})}
	f.out.appendAll(&c.out)
	c.out.reset()
	if err := c.enqueue(f, points); err != nil {
		return err
	}
	c.jobs <- f
	return nil
}

// make makes a call at once. Its results are held until submit.
func (c *calls) make(call Call) (end bool, err error) {
	c.call = call
	return c.own.call(&c.call, &c.out)
}

// due reports whether the results of enough calls are held to submit them. That costs about as much as finding the
// matches of a master, so that calls in quick succession are submitted together.
func (c *calls) due() bool {
	return c.out.calls >= c.pending.callBatch.Load() || len(c.out.bytes) >= batchBytes
}

// held reports whether there is something to submit.
func (c *calls) held() bool { return c.out.calls > 0 || len(c.out.items) > 0 }

// submit submits the results that are held, and the rewind points behind them; those of calls under way come before.
func (c *calls) submit(points []rewindPoint) error {
	if c.concurrent() {
		f := &inFlight{done: make(chan struct{})}
		f.out.appendAll(&c.out)
		c.out.reset()
		close(f.done)
		return c.enqueue(f, points)
	}
	err := c.add(&c.out, points)
	c.out.reset()
	return err
}

// letter submits the letter about a failure behind the results of the calls that were made before.
func (c *calls) letter(failure Failure, record *broker.Record, points []rewindPoint) error {
	if err := c.own.letter(failure, record, &c.out); err != nil {
		return err
	}
	return c.submit(points)
}

// enqueue waits until there is room for one more call in flight.
func (c *calls) enqueue(f *inFlight, points []rewindPoint) error {
	f.points = slices.Clone(points)
	select {
	case c.queue <- f:
		return nil
	case <-c.halted:
		return errHalted
	}
}

// addInOrder adds the results of calls side by side to what is pending, in the order in which they were made.
func (c *calls) addInOrder() {
	halt := func(err error) {
		c.err = err
		close(c.halted)
	}
	isHalted := false
	for f := range c.queue {
		<-f.done
		if isHalted {
			continue
		}
		err := f.err
		switch {
		case err != nil:
		case f.end || f.last:
			c.last = f
		default:
			err = c.add(&f.out, f.points)
		}
		if err != nil || f.end {
			halt(err)
			isHalted = true
		}
	}
}

// add adds results, and the rewind points behind them, to what is pending.
func (c *calls) add(out *results, points []rewindPoint) error {
	err := c.committer.add(c.task.ctx, c.pending, out, points)
	if err != nil && errors.Is(err, context.Cause(c.task.ctx)) {
		// The run is being stopped. The call is through, and what it has added will be committed.
		return nil
	}
	return err
}
