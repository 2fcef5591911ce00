package ordered

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// aheadPause is the pause between two looks of a reader at whether its position is behind all rows.
const aheadPause = 10 * time.Second

// An Ahead looks whether a reader's position is behind the last row that there is: so it is where rows were deleted, and
// where the numbering of rows began anew, whose rows nobody would read. The zero value is ready for use, by one goroutine.
type Ahead struct{ looked time.Time }

// An AheadTeller is what [Ahead.Look] asks of a stream, and whom it tells.
type AheadTeller struct {
	Stream string
	Logger *slog.Logger
	// Told says that the log was told, which it is once for a stream.
	Told *atomic.Bool
	// Last returns the key of the last row that there is; nil for none. IsBelow reports whether a key is below another.
	Last    func() (Key, error)
	IsBelow func(a, b Key) (bool, error)
}

// Look tells the log where a position is ahead, when no row was read from there. It can't be known why that is. Where it
// can't be looked at, the next look may tell.
func (a *Ahead) Look(p Position, t AheadTeller) {
	if t.Told.Load() || p.At == nil || time.Since(a.looked) < aheadPause {
		return
	}
	a.looked = time.Now()
	last, err := t.Last()
	if err != nil || last == nil || last.Equal(p.At) { // at the row that the position was kept at
		return
	}
	if ahead, err := t.IsBelow(last, p.At); err != nil || !ahead || t.Told.Swap(true) {
		return
	}
	t.Logger.Warn("the rows that there are lie all before the position that reading goes on from: if the numbering of rows "+
		"has begun anew, as by TRUNCATE … RESTART IDENTITY or with a backup, they are not read until leat positions FILE "+
		"--reset; if the rows behind them were only deleted, nothing is missing",
		"stream", t.Stream, "position", p.At.String(), "last", last.String())
}
