// Package leat joins ordered data streams and hands the joined elements to one typed function.
//
// A function's signature says what is joined and what is written; the keys of the joins and the storage are options:
//
//	func speed(prev Location, next []NextLocation) Speed {
//		n := next[0]
//		return Speed{prev.Time, n.Time, math.Hypot(n.X-prev.X, n.Y-prev.Y)}
//	}
//
//	mill, err := leat.New(speed,
//		leat.Broker(files),
//		leat.Join(
//			func(l Location) int64 { return l.Time + 10 },
//			func(r NextLocation) int64 { return r.Time },
//		),
//	)
//	if err != nil { ... }
//	err = mill.Run(ctx)
//
// The streams must be ordered: along a stream no key may decrease. So a join needs no state but the positions of its
// readers and the elements of one key, however long the streams are; a run that was stopped goes on where it was, and
// positions are committed with the results where the storage can.
//
// # Join tree
//
// The first element among the parameters is the master, the root of the join tree. Each join hangs a right node on its
// left one, by two functions that compute keys, and the matches of an element are those with an equal key. The function
// is called once for each master element that has a match at every node, with all of these matches. This is an inner
// join, grouped by master. A self-join reads a stream under a second type, or by [Named].
//
// Package expr has joins and windows whose keys are expressions from configuration instead of functions.
//
// # Parameters
//
// An element type is a struct, for which the broker has a stream. Wherever it stands, a pointer to it may stand as
// well: an element is then the same pointer in the master, the lists and the keys of maps. What a function gets is its
// own to keep; elements that come as pointers are shared between calls and must not be changed.
//
//	context.Context      the run's context; must be first
//	M                    the master element
//	[]M                  with a window: the master elements in it
//	[]R                  without a window, where R is joined to the master: the matches of the master
//	map[L][]R            where R is joined to L, which may be the master: the matches of each L. An L that occurs
//	                     several times among the elements of a call is there once
//	leat.Record          the master record's stream, partition, offset, key, headers and time
//	[]leat.Record        with a window: those of each master
//	*slog.Logger         the mill's logger, as given by [Logger]
//	any other type       a value of [Provide] or of a [Container]
//
// # Results
//
// Every result type has a stream in the sink, and each of the forms may stand beside others: (A, []B, error).
//
//	none                 nothing is written: a sink
//	R                    one element
//	*R                   one element; none if it is nil
//	[]R, iter.Seq[R]     each element, also *R
//	iter.Seq2[R, error]  each element up to the first error, which counts as the function's
//	error                the last result: beside an error nothing is written, unless it is [EndOfStream]
//
// # Typed functions
//
// [Typed] takes the same function in another form, over one struct that mirrors the join tree. It is called without
// reflection, in a fraction of the time, needs no type of its own for each node, and has the matches of a match beside
// it instead of in a map:
//
//	type Input struct {
//		Location
//		Next []Location
//	}
//
//	leat.New(leat.Typed(func(ctx context.Context, in *Input) (Speed, error) { ... }), ...)
//
// Options, rules and errors are the same for both. Parameters are the shorter form for few streams and calls that do
// more than a microsecond's work.
//
// # Errors
//
// An element that is out of order or can't be decoded, and an error or panic of the function, stop the run, with an
// error that says stream, partition and offset. [OnDisorder], [OnDecodeError] and [OnError] set other policies.
//
// # Observing
//
// [Observe] has an observer told of runs, calls and commits. Packages metrics (Prometheus), tracing (OpenTelemetry) and
// monitor (a page in the browser) have observers that are ready for use; a program carries only those that it imports.
//
// # Testing
//
// Package leattest runs a mill in a test, as it runs in production but for its storage: fed from slices, through
// crashes, and by the clock of testing/synctest.
//
// # Logging
//
// A mill logs to its [Logger] in the group "leat", with the attribute mill, its name, and where they apply stream,
// partition, offset, node (the element type, with the name of [Named] behind a slash; the field of a [Typed] function's
// input) and error. Levels:
//
//	Info    the start of a run, and what its commits guarantee; its end, and what it has read, matched and written; where
//	        its page is (see package monitor)
//	Warn    what was skipped or put aside by a policy, what is tried again, and a run in which nothing joined
//	Debug   the stack of a function's panic, and details of storages
//
// What stops a run isn't logged: it is the error of [Mill.Run].
package leat
