package lookup

import "github.com/leat-go/leat/internal/expression"

// searched is how many elements are looked at on a side of a reach that has no bound there, and for the nearest with a
// match key, before explain gives up; of a file that is bisected 512 times [fileSource.slack], which is 32 MiB.
const searched = 256_000

// An extent is how much is read of a stream where a range has no bound. What isn't enough is read again, with more.
type extent struct {
	// from is where that is counted from: backwards of what isn't above it, and forwards of what is.
	from expression.Key
	// fromStart says that it is read, and counted, from the stream's beginning.
	fromStart bool
	// times is how many times a source's slack is read backwards, and items how many items are kept on each side.
	times int64
	items int
	// enough is how many items are enough forwards; zero for as many as items.
	enough int
}

// newExtent returns the least extent.
func newExtent(from expression.Key, fromStart bool) *extent {
	return &extent{from: from, fromStart: fromStart, times: 1, items: searched / 512}
}

// grow reads more the next time; false where that is as much as explain looks at.
func (e *extent) grow() bool {
	if e.items >= searched {
		return false
	}
	e.times, e.items = 8*e.times, 8*e.items
	return true
}
