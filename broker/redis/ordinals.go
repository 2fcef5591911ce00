package redis

import "sync"

// ordinals know for an offset how many entries had ever been added to the stream before the entry there, as the server
// counts them: that tells whether entries were removed before they were read. Offsets grow by one with each entry that
// is read, so that the difference between the two stays the same until entries are deleted before they are read:
//
//	offset          0 1 2   3 4
//	added before it 7 8 9  12 13    two entries were deleted by XDEL behind the third
type ordinals struct {
	mu     sync.Mutex
	shifts []shift // by offset
}

// A shift is what offsets from one on differ by from what was added before them.
type shift struct{ from, by int64 }

// addedBefore returns how many entries were added before the one at an offset; -1 where that isn't known.
func (o *ordinals) addedBefore(offset int64) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := len(o.shifts) - 1; i >= 0; i-- {
		if s := o.shifts[i]; s.from <= offset {
			return offset + s.by
		}
	}
	return -1
}

// set says how many entries were added before the one at an offset.
func (o *ordinals) set(offset, added int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	by := added - offset
	if last := len(o.shifts) - 1; last < 0 || o.shifts[last].from <= offset && o.shifts[last].by != by {
		o.shifts = append(o.shifts, shift{offset, by})
	}
}

// forget forgets what isn't needed for an offset and above.
func (o *ordinals) forget(offset int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.shifts) > 1 && o.shifts[1].from <= offset {
		o.shifts = o.shifts[1:]
	}
}

// reset begins anew with how many entries were added before the one at an offset; negative for not known.
func (o *ordinals) reset(offset, added int64) {
	o.mu.Lock()
	o.shifts = nil
	o.mu.Unlock()
	if added >= 0 {
		o.set(offset, added)
	}
}
