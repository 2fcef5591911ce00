package diagnosis

import (
	"math"
	"slices"
)

// drift is the remedy for keys of two clocks that are apart by nearly the same everywhere: by 27 ± 2 ms, say. No two of
// them are equal then, however far one side is moved, but moved by that, most lie near another: far nearer than steps
// lie.
func (j *join) drift() *trial {
	n := j.numeric()
	if n == nil || j.child.Stream.Name == j.child.Parent.Stream.Name {
		return nil
	}
	by, step, ok := n.drift()
	if !ok || by == 0 {
		return nil
	}
	r := j.shift(n.amount(by))
	moved := j.try(r)
	if moved == nil {
		return nil
	}
	if !j.relation.IsPoint() && moved.share() >= much && moved.share() >= j.asIs.share()+0.4 {
		return moved
	}
	s := summary(moved.nearest(true, true))
	apart, _ := n.amount(step).Float64()
	shift, _ := n.amount(by).Float64()
	if s == nil || s.P99.IsZero() || 4*s.P99.Float() > apart || math.Abs(shift) < 3*s.P99.Float() {
		return nil
	}
	reach := j.within(s.P99.RoundUp(), true, true)
	r.add, r.change = reach.add, reach.change
	if t := j.try(r); t != nil && t.matched >= 10 && t.share() >= much {
		return t
	}
	return nil
}

// drift returns what the right keys are apart from the left ones nearly everywhere, and the usual step of either side;
// false where they aren't.
func (n *numeric) drift() (by, step int64, ok bool) {
	step = math.MaxInt64
	for i := range n.views {
		for _, keys := range [][]int64{n.views[i].left, n.views[i].right} {
			if s := usualStep(keys); s > 0 {
				step = min(step, s)
			}
		}
	}
	const parts = 20
	if step == math.MaxInt64 || step < parts {
		return 0, 0, false
	}
	h := &histogram{width: step / parts, counts: map[int64]int{}}
	for i := range n.views {
		for _, left := range spread(n.views[i].left, 64) {
			h.lefts++
			for _, right := range n.views[i].right {
				h.add(right - left)
			}
		}
	}
	by, ok = h.peak()
	return by, step, ok
}

// A histogram counts differences of keys by intervals of one width.
type histogram struct {
	width int64
	// counts are those of the intervals, and all the differences in them.
	counts map[int64]int
	all    []int64
	lefts  int
}

func (h *histogram) add(difference int64) {
	h.counts[difference/h.width]++
	h.all = append(h.all, difference)
}

// peak returns the middle of the two intervals side by side that have by far the most differences, of which nearly each
// left key has one; false where there are none.
func (h *histogram) peak() (middle int64, ok bool) {
	best, most := int64(0), 0
	both := func(at int64) int { return h.counts[at] + h.counts[at+1] }
	for at := range h.counts {
		if n := both(at); n > most || n == most && at < best {
			best, most = at, n
		}
	}
	const share, other, wide = 0.6, 0.6, 3
	if h.lefts < 10 || float64(most) < share*float64(h.lefts) {
		return 0, false
	}
	for at := range h.counts {
		if (at < best-wide || at > best+wide) && float64(both(at)) > other*float64(most) {
			return 0, false
		}
	}
	var near []int64
	for _, d := range h.all {
		if at := d / h.width; at >= best-1 && at <= best+2 {
			near = append(near, d)
		}
	}
	slices.Sort(near)
	return h.round(near), true
}

// round returns the median of some differences with no more digits than they tell.
func (h *histogram) round(near []int64) int64 {
	median := near[len(near)/2]
	apart := near[len(near)*3/4] - near[len(near)/4] // chance has put some at the borders
	unit := int64(1)
	for 20*unit <= apart {
		unit *= 10
	}
	half := unit / 2
	if median < 0 {
		half = -half
	}
	return (median + half) / unit * unit
}
