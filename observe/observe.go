// Package observe is what people and programs see of a run of a mill. An [Observer] follows when a run begins and ends.
// It may take a [Snapshot] of the run at any moment, and may ask for each call of the function and each commit.
//
// leat.Observe gives a mill an observer. Packages metrics, tracing and monitor are observers, too, and use nothing but
// this package.
package observe

import (
	"context"
	"log/slog"
	"time"
)

// An Observer follows the runs of mills. One that is given to several mills must be safe for concurrent use, since
// they may run side by side; what belongs to a run is best kept in the functions of its [Watch].
type Observer interface {
	// Begin is called when a run begins, before it opens its streams, and returns what the observer wants to know of it.
	// ctx is the run's. An error keeps the run from beginning: it is what leat.Mill.Run returns, with the location in
	// the code where the observer was given. Nothing has been read then. Of observers that have begun already, End is
	// called.
	Begin(ctx context.Context, run Run) (Watch, error)
}

// A Func is an [Observer] that is a function.
type Func func(ctx context.Context, run Run) (Watch, error)

// Begin calls f.
func (f Func) Begin(ctx context.Context, run Run) (Watch, error) { return f(ctx, run) }

// A Run is a run of a mill that begins.
type Run struct {
	// Mill is the mill's name.
	Mill string
	// Logger is the mill's.
	Logger *slog.Logger
	// Snapshot returns what the run looks like now. It may be called at any moment, by any goroutine, also after the run
	// has ended: it then returns the last state. A run spends nothing on snapshots that nobody takes; one takes
	// microseconds for each node of each partition.
	Snapshot func() Snapshot
}

// A Watch is what an observer wants to know of a run. Whatever costs a run something, it costs only where it is asked
// for here. The zero Watch wants to know nothing.
//
// Functions that are nil aren't called. Those of several observers are called in the order in which the observers were
// given, and what they return, and End, in the reverse of it.
type Watch struct {
	// End is called once, when the run has ended, with the error that it returns.
	End func(err error)
	// Call is called before each attempt to call the mill's function, by the goroutine that calls it: a slow one slows
	// down the join, and several calls may be under way at a time. It returns the context for the function and, unless it
	// is nil, what is called behind the call with the function's error: nil also where the function has ended the session.
	// A nil context leaves the context as it is. A panic counts as the function's.
	Call func(ctx context.Context, call Call) (context.Context, func(err error))
	// Commit is the same for commits: one call for each, with all its attempts. A panic ends the run.
	Commit func(ctx context.Context, commit Commit) (context.Context, func(err error))
	// CallTime says that [Snapshot.CallTime] is wanted. That costs the measuring of each call's time, about 0.1 µs.
	CallTime bool
	// Recent says that [Snapshot.Recent] is wanted. That costs about a microsecond for each element that isn't handed
	// over.
	Recent bool
}

// A Call is a call of the function that begins.
type Call struct {
	// Stream, Partition and Offset are the position of the master element; of a window that of its first.
	Stream    string
	Partition int
	Offset    int64
	// Masters is how many master elements the call is about: 1, or those in the window.
	Masters int
}

// A Commit is a commit that is under way.
type Commit struct {
	// Since is when it began.
	Since time.Time
	// Results is how many results it has, letters among them.
	Results int
	// Aborts is how often it was aborted and tried again, and Error why, the last time.
	Aborts int64
	Error  string
}
