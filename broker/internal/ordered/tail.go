package ordered

import (
	"sync/atomic"
	"time"
)

const (
	// firstCount is how long a reader reads until the rows that are left are counted, and nextCount how long until they are
	// counted again.
	firstCount, nextCount = time.Second, 10 * time.Second
	// countLimit is how many rows are counted at most: by an index that takes some hundredths of a second.
	countLimit = 100_000
)

// A Tail tells where a stream ends, as far as a reader of it knows: [broker.Lagger]. The zero value is one of a reader that
// has read nothing. End is safe for concurrent use.
type Tail struct {
	// end is the offset behind the last row, increased by one; zero where it isn't known.
	end atomic.Int64
	due time.Time
}

// End returns the offset behind the last row; -1 where it isn't known.
func (t *Tail) End() int64 { return t.end.Load() - 1 }

// Read notes what was read: up to an offset, and to the end where drained. Now and then it counts the rows that are left,
// up to a limit; of more it tells as many. That they can't be counted is no reason not to read on.
func (t *Tail) Read(next int64, drained bool, count func(limit int64) (int64, error)) {
	now := time.Now()
	switch {
	case t.due.IsZero():
		t.due = now.Add(firstCount)
	case !drained && now.After(t.due):
		t.due = now.Add(nextCount)
		t.end.Store(0)
		if left, err := count(countLimit); err == nil {
			t.end.Store(next + left + 1)
		}
		return
	}
	switch {
	case drained:
		t.end.Store(next + 1)
	case t.End() <= next:
		t.end.Store(0) // more has come since
	}
}
