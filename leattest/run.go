package leattest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat"
)

// NewMill makes the mill to be tested, on the storage given: the constructor that production uses, or a function that
// calls it. It is called for every run, and again after every crash, as a process that starts again makes a new mill;
// so the mill must have the same name each time. It returns its errors, since [Broker.Live] may call it from another
// goroutine than the test's.
type NewMill func(storage leat.Option) (*leat.Mill, error)

var (
	errTimeLimit = errors.New("time limit")
	errExited    = errors.New("leattest: the function that makes the mill, or the mill's, has ended its goroutine " +
		"by runtime.Goexit, as t.FailNow does; use t.Error there, or return an error")
)

// Run ends the streams behind what was fed, and runs a mill until it has dealt with all of it. It starts the mill again
// after a crash that the test asked for. It fails the test where the mill can't be made and where the run fails, takes
// longer than the [TimeLimit], or leaves out a fault that the test asked for.
func (b *Broker) Run(newMill NewMill) {
	b.t.Helper()
	if err := b.Try(newMill); err != nil {
		b.t.Fatalf("%v", err)
	}
	b.checkFaults()
}

// Try is Run for a mill that may fail: it returns the error. The next Run goes on where that one has stopped.
func (b *Broker) Try(newMill NewMill) error {
	b.end()
	ctx, cancel := context.WithTimeoutCause(b.t.Context(), b.limit, errTimeLimit)
	defer cancel()
	return b.run(ctx, newMill, b.start())
}

// Live runs a mill while steps feeds the streams and looks at the results; then it ends the streams and waits for the
// mill to deal with all of it, and fails the test where [Broker.Run] would. The time limit is that of the wait.
//
// In a testing/synctest bubble, synctest.Wait waits until the mill has done all that can be done by now, and time.Sleep
// moves the clock on; the package's documentation has an example. Elsewhere steps can't know how far the mill has come.
func (b *Broker) Live(newMill NewMill, steps func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancelCause(b.t.Context())
	b.begin()
	r := b.start() // before the steps, which Expect tells by it
	ended := make(chan error, 1)
	go func() {
		err := errExited
		defer func() { ended <- err }()
		err = b.run(ctx, newMill, r)
	}()
	stepped := false
	defer func() {
		b.t.Helper()
		b.end()
		if !stepped { // steps has ended the test
			cancel(nil)
		}
		timer := time.AfterFunc(b.limit, func() { cancel(errTimeLimit) })
		defer timer.Stop()
		err := <-ended
		cancel(nil)
		switch {
		case err == nil:
			b.checkFaults()
		case stepped || !errors.Is(err, context.Canceled):
			b.t.Errorf("%v", err)
		}
	}()
	steps()
	stepped = true
}

// begin notes that a session may grow although the mill runs.
func (b *Broker) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = true
}

// run runs a mill, and again after each crash that was asked for.
func (b *Broker) run(ctx context.Context, newMill NewMill, r *run) error {
	defer b.stop(r)
	for crashed := false; ; crashed = true {
		mill, err := newMill(watched{b, r})
		if err != nil {
			return err
		}
		if mill == nil {
			return errors.New("leattest: the function that makes the mill has returned none, and no error")
		}
		err = mill.Run(ctx)
		if crashed && errors.Is(err, errNothingLeft) {
			return nil // the crash came behind the last commit
		}
		if err != nil && errors.Is(context.Cause(ctx), errTimeLimit) {
			return fmt.Errorf("leattest: the run has not ended after %v, which leattest.TimeLimit sets: "+
				"does a call wait for something, does a policy try again for ever, "+
				"or does the mill read a stream that another mill has yet to write?", b.limit)
		}
		if !errors.Is(err, errCrash) {
			return err
		}
	}
}

func (b *Broker) checkFaults() {
	b.t.Helper()
	if left := b.memory.FaultsLeft(); left > 0 && b.planned == "" {
		b.t.Errorf("leattest: the run has ended before %d of the faults that the test asks for, after %d commits in all",
			left, b.memory.Commits())
	}
}
