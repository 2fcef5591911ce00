package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/internal/wait"
	"github.com/leat-go/leat/observe"
)

// A worker calls the user's function from one goroutine.
type worker struct {
	task     *task
	function Function
	encoder  *encoder
	// isWatched says that calls are timed, or that an observer watches them.
	isWatched bool

	// out and master are those of the call under way, and before is what out held before it; emit, made once, works on
	// them.
	out    *results
	before mark
	master *broker.Record
	emit   Emit
	// exited says that what was called last has ended the goroutine.
	exited error
}

func newWorker(t *task, e *encoder) *worker {
	w := &worker{task: t, function: t.spec.NewFunction(), encoder: e}
	w.isWatched = t.runStats.TimeCalls || t.watch != nil
	w.emit = func(output int, element any) error {
		return w.encoder.append(w.out, output, element, w.master)
	}
	return w
}

// call calls the function, as often as the policy has it, and appends its results to out. end says that it has ended
// the session (R6). The error is what stops the run (R10).
func (w *worker) call(call *Call, out *results) (end bool, err error) {
	ctx, policy := w.task.ctx, &w.task.spec.OnError
	backoff := policy.Backoff
	w.out, w.master = out, call.Masters[len(call.Masters)-1].Record
	w.before = out.mark()
	for attempt := 0; ; attempt++ {
		call.Filtered = false
		if err = w.attempt(ctx, call); err == nil {
			out.calls++
			if call.Filtered {
				out.filtered++
			}
			return false, nil
		}
		if IsEnd(err) {
			out.calls++
			return true, nil
		}
		out.truncate(w.before)
		if ctx.Err() != nil {
			// The stop may well be why the call has failed; the next run makes it again.
			w.task.logger.Warn("a call was given up since the run stops: the next run makes it again", "error", w.at(call, err))
			return false, context.Cause(ctx)
		}
		if policy.Kind != Retry || attempt == policy.Attempts {
			return false, w.fail(call, err)
		}
		w.task.logger.Warn("call failed, trying again", "attempt", attempt+1, "of", policy.Attempts,
			"pause", backoff, "error", w.at(call, err))
		if wait.For(ctx, backoff) != nil {
			return false, context.Cause(ctx)
		}
		backoff *= 2
	}
}

// fail goes by the policy for a call that has failed.
func (w *worker) fail(call *Call, err error) error {
	err = w.at(call, err)
	switch kind := w.task.spec.OnError.Kind; kind {
	case Skip, DeadLetter:
		w.out.failed++
		w.task.logger.Warn("call "+w.task.spec.OnError.past(), "error", err)
		w.out.calls++
		if kind == Skip {
			return nil
		}
	default:
		return err
	}
	for i := range call.Masters {
		record := call.Masters[i].Record
		if err := w.letter(w.task.failure(w.task.root, record, err), record, w.out); err != nil {
			return err
		}
	}
	return nil
}

// letter appends the letter about a failure to out.
func (w *worker) letter(failure Failure, record *broker.Record, out *results) error {
	err := w.encoder.append(out, w.task.spec.LetterOutput, w.task.spec.Letter(failure), record)
	if err != nil {
		return fmt.Errorf("dead letter about %s: %w", failure.Position, err)
	}
	return nil
}

// at says where the master element of a failed call is; of a window the first.
func (w *worker) at(call *Call, err error) error {
	record := call.Masters[0].Record
	return &broker.PositionError{
		Position: w.task.root.at(record),
		Err:      fmt.Errorf("function %s: %w", w.task.spec.Name, err),
	}
}

// attempt is try, watched where an observer asks for that.
func (w *worker) attempt(ctx context.Context, call *Call) error {
	if w.isWatched {
		return w.watched(ctx, call)
	}
	return w.try(ctx, call)
}

// watched is try, timed, and with the observers of calls called before and behind it.
func (w *worker) watched(ctx context.Context, call *Call) error {
	t := w.task
	if t.runStats.TimeCalls {
		begun := time.Now()
		defer func() { t.runStats.calls.add(time.Since(begun)) }()
	}
	if t.watch == nil {
		return w.try(ctx, call)
	}
	ctx, end, err := t.watch.begin(ctx, observe.Call{
		Stream:    t.root.spec.Stream.Name,
		Partition: t.partition,
		Offset:    call.Masters[0].Record.StoredOffset(),
		Masters:   len(call.Masters),
	})
	if err != nil {
		return err
	}
	err = w.try(ctx, call)
	failure := err
	if IsEnd(err) {
		failure = nil
	}
	if broken := end(failure); broken != nil && failure == nil {
		return broken
	}
	return err
}

func (w *worker) try(ctx context.Context, call *Call) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if value := recover(); value != nil {
			err = newPanicError(value)
			w.task.logger.Debug("the function panicked", "panic", value, "stack", string(debug.Stack()))
			return
		}
		w.out.truncate(w.before)
		w.exited = w.at(call, goexit())
	}()
	err = w.function.Call(ctx, call, w.emit)
	returned = true
	return err
}

// A PanicError is a panic of the user's function.
type PanicError struct {
	// Value is what was panicked with.
	Value any
	// Where is the function, file and line of the panic.
	Where string
}

// Error says what the panic was and where.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v (%s)", e.Value, e.Where) }

// Unwrap returns the value where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// newPanicError returns the error of a panic that was just recovered.
func newPanicError(value any) *PanicError {
	return &PanicError{Value: value, Where: mistake.PanicLocation()}
}
