package leat

import (
	"time"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
)

// Idle lets the join go on without the stream of an element type while that is idle: while the join has waited for it,
// in one partition, for the time given, and it had no new element. Without it a run waits for a stream that has nothing,
// which is what makes its results reproducible. With [Named] among the options it is about the node of that name; T is
// its element type, or a pointer to it. The master can't be idle: it is what the others are matched to.
//
// What waits for an idle stream gets the matches that have come, as if the stream had nothing more up to the end of its
// reach. So a master that needs a match goes by as unmatched, with the verdict [Idled], and with [Optional] or [Absent] it
// is handed over. The stream is idle, and nothing waits for it, until it has an element. A reader that is behind the end
// of what its storage has isn't idle, nor is one whose server can't be reached, as far as the storage tells; a stream that
// has ended isn't either.
//
// An element that others would have taken which have gone on without it is late. It goes by [OnDisorder]: with Fail, the
// default, the run stops; with Skip and DeadLetter it is counted and logged, and put aside as a letter. Other than an
// element that is out of order, it takes part all the same: what goes out later may match it. A restart knows what is late.
// docs/joins.md says in which cases more is late than need be.
// Of a stream that [Sort] puts in order, what waits is released when the stream is idle.
//
// Each master is handed over exactly once; which matches it had depends on when they arrived, and a run's first log line
// says so.
func Idle[T any](after time.Duration, options ...NodeOption) Option {
	return declaration.Many("leat.Idle", func(m *declaration.Mill, o *declaration.Option) {
		if after <= 0 {
			m.Mistakes.Add("%s: %v is no time to wait; give how long the stream may have nothing until the others go on, such "+
				"as 10*time.Second", o, after)
			return
		}
		declaration.AddIdle[T](m, o, engine.IdleAfter(after), options)
	})
}
