package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/leat-go/leat/observe"
)

// A hook is called before a call of the function or a commit, and returns the context for it, and what is called
// behind it.
type hook[T any] func(ctx context.Context, about T) (context.Context, func(error))

// watches are what the observers of a run watch.
type watches struct {
	list []observe.Watch // of those that have begun
	// call and commit are nil where no observer watches them.
	call   hook[observe.Call]
	commit hook[observe.Commit]
}

// beginWatches begins the observers' watches, up to one that refuses.
func (r *run) beginWatches(ctx context.Context) error {
	about := observe.Run{Mill: r.spec.Name, Logger: r.spec.Logger, Snapshot: r.stats.Snapshot}
	var calls []hook[observe.Call]
	var commits []hook[observe.Commit]
	for _, observer := range r.spec.Observers {
		watch, err := observer.Begin(ctx, about)
		if err != nil {
			return err
		}
		r.watches.list = append(r.watches.list, watch)
		r.stats.TimeCalls = r.stats.TimeCalls || watch.CallTime
		r.stats.KeepRecent = r.stats.KeepRecent || watch.Recent
		if watch.Call != nil {
			calls = append(calls, watch.Call)
		}
		if watch.Commit != nil {
			commits = append(commits, watch.Commit)
		}
	}
	r.watches.call, r.watches.commit = chain(calls), chain(commits)
	return nil
}

// end ends the watches, the last one first.
func (w *watches) end(err error) {
	for _, watch := range w.list {
		if watch.End != nil {
			defer watch.End(err) // a panic of one doesn't keep it from the others
		}
	}
}

// chain makes one hook of several, nil of none. It never returns a nil context or function.
func chain[T any](hooks []hook[T]) hook[T] {
	switch len(hooks) {
	case 0:
		return nil
	case 1:
		return hooks[0].complete
	}
	return func(ctx context.Context, about T) (context.Context, func(error)) {
		ends := make([]func(error), len(hooks))
		for i, h := range hooks {
			ctx, ends[i] = h.complete(ctx, about)
		}
		return ctx, func(err error) {
			for _, end := range slices.Backward(ends) {
				end(err)
			}
		}
	}
}

// complete calls h and puts in place what it leaves out.
func (h hook[T]) complete(ctx context.Context, about T) (context.Context, func(error)) {
	inner, end := h(ctx, about)
	if inner == nil {
		inner = ctx
	}
	if end == nil {
		end = func(error) {}
	}
	return inner, end
}

// begin calls h from a goroutine of the run, which a panic of an observer mustn't end.
func (h hook[T]) begin(ctx context.Context, about T) (_ context.Context, end func(error) error, err error) {
	defer recovered(&err)
	ctx, told := h(ctx, about)
	return ctx, func(result error) (err error) {
		defer recovered(&err)
		told(result)
		return nil
	}, nil
}

// recovered, deferred, makes an error of an observer's panic.
func recovered(err *error) {
	if value := recover(); value != nil {
		*err = fmt.Errorf("an observer: %w", newPanicError(value))
	}
}
