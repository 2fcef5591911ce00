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
// Streams are ordered: along a stream no key may decrease. So a join merges them like sorted lists. It keeps the
// elements of one key in memory, however long the streams are, and the positions of its readers are its only state. A
// run that was stopped goes on where it was. Results and positions are one commit where the storage can do that.
//
// # Join tree
//
// The first element among the parameters is the master, the root of the join tree. A join hangs a right node on a left
// one by two functions that compute keys. The matches of an element are the elements of the right node with an equal
// key. The function is called once for each master element that has a match at every node, with all of these matches:
// SQL's inner join, grouped by master. Options of a join say otherwise: [Within] has keys that are near match, [Last],
// [First] and [Nearest] take one match, [By] adds keys that need no order, [Optional] and [Absent] are left and anti
// joins. A self-join reads a stream under a second type, or by [Named].
//
// # Options
//
// Most options are about the whole mill. They are given once, but for those that say otherwise:
//
//	what is read and written   Broker, or From and To
//	how it is called           Name, Logger, Concurrency, CommitEvery
//	what the function gets     Provide (many), Container; Window, WindowEvery or WindowCount, or expr.Window
//	what goes wrong            OnDisorder, OnDecodeError, OnError, Verify
//	what isn't handed over     OnUnmatched, WriteUnmatched
//	who watches                Observe (many), metrics.Register, tracing.With, monitor.Listen
//
// Others are about one element type, or one node of the tree:
//
//	Join, AsOf, JoinFunc, expr.Join    two element types, with the keys that join them (many)
//	Within, Last, First, Nearest,      options of one join
//	Unequal, By, expr.By, Optional,
//	Absent, Unique, Named, Left
//	Sort, Where, Idle                  how one stream is read: put in order, without some of its elements, or waited for
//	                                   only for a time
//	file.At, kafka.Topic and so on     the stream of one element type; its options are those of the storage, such as
//	                                   file.Named, file.Codec, kafka.DataTimeout
//
// [New] refuses options that contradict each other, and quotes both: two windows, two options of one kind, [Broker]
// beside [From] or [To], two names of one node.
//
// # Parameters
//
// An element type is a struct for which the broker has a stream. Wherever it stands, a pointer to it may stand as well:
// an element is then the same pointer in the master, the lists and the keys of maps. The function may keep what it
// gets. Elements that come as pointers are shared between calls and must not be changed.
//
//	context.Context      the run's context; must be first
//	M                    the master element
//	[]M                  with a window: the master elements in it
//	[]R                  without a window, where R is joined to the master: the matches of the master
//	map[L][]R            where R is joined to L, which may be the master: the matches of each L. An L that occurs
//	                     several times among the elements of a call is there once
//	R, *R                where R is joined to the master and the join takes one match: that match; *R is nil
//	                     where there is none, with [Optional]
//	map[L]R, map[L]*R    where R is joined to L and the join takes one: the match of each L
//	leat.Record          the master record's stream, partition, offset, key, headers and time
//	[]leat.Record        with a window: those of each master
//	*slog.Logger         the mill's logger, as given by [Logger]
//	any other type       a value of [Provide] or of a [Container]
//
// Nothing of a node that must be [Absent], or of those below it, comes by a parameter.
//
// # Results
//
// Every result type has a stream in the sink. The forms may stand beside each other, as in (A, []B, error).
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
// reflection, in a fraction of the time. It needs no type of its own for each node, and the matches of a match lie
// beside it instead of in a map:
//
//	type Input struct {
//		Location
//		Next []Location
//	}
//
//	leat.New(leat.Typed(func(ctx context.Context, in *Input) (Speed, error) { ... }), ...)
//
// Options, rules and errors are the same for both. Parameters are the shorter form for few streams and for calls that
// do more than a microsecond's work.
//
// # Errors
//
// A run stops with an error where an element is out of order or can't be decoded, and where the function fails or
// panics. The error says stream, partition and offset. [OnDisorder], [OnDecodeError] and [OnError] set other policies.
//
// # Observing
//
// An observer of [Observe] follows runs, calls and commits. Packages metrics (Prometheus), tracing (OpenTelemetry) and
// monitor (a page in the browser) have observers that are ready for use; a program carries only those that it imports.
//
// # Testing
//
// Package leattest runs a mill in a test, as it runs in production but for its storage: fed from slices, through
// crashes, and by the clock of testing/synctest.
//
// # Logging
//
// A mill logs to its [Logger], in the group "leat". The attribute mill is its name. Where they apply there are stream,
// partition, offset, error and node: the element type, with the name of [Named] behind a slash, or the field of a
// [Typed] function's input. Levels:
//
//	Info    the start of a run, and what its commits guarantee; its end, and what it has read, matched and written; where
//	        its page is (see package monitor)
//	Warn    what a policy skipped or wrote as a letter, what is tried again, and a run in which nothing joined
//	Debug   the stack of a function's panic, and details of storages
//
// What stops a run isn't logged: it is the error of [Mill.Run].
package leat
