package engine

import "slices"

// The lacking are the elements of a node that were probed for and are incomplete, where not every one of those within reach
// would be a candidate: where there are match keys, or equal keys are left out. A parent's element that finds nothing else
// is incomplete because of them. Their right keys are the edge's, in the same order, so that this is no code for each type of
// keys.
type lacking struct {
	items []lack
	// compactAt is how many there may be until those are left out that no parent will find.
	compactAt int
	// cause is the verdict about the one that the last look has found.
	cause *unmatched
}

// A lack is one such element: its match keys, nil without any, and the verdict about it, nil where verdicts aren't explained.
type lack struct {
	by    any
	about *unmatched
}

// minLacking is how many there are at least before some are left out.
const minLacking = 64

// isFull reports whether some are to be left out before another one is added.
func (l *lacking) isFull() bool { return len(l.items) >= max(l.compactAt, minLacking) }

// add adds an element, the last in stream order.
func (l *lacking) add(by any) { l.items = append(l.items, lack{by: by}) }

// compact leaves the last two different keys of each match key, and returns their indexes: a parent finds the last one that
// is not above its reach, unless its key is equal and left out. What was evaluated is not above the reach of any further
// parent.
func (l *lacking) compact(isSame func(i, j int) bool) []int {
	seen := map[any][]int{}
	kept := make([]int, 0, len(l.items))
	for i := len(l.items) - 1; i >= 0; i-- {
		by := l.items[i].by
		same := seen[by]
		if n := len(same); n == 2 || n == 1 && isSame(same[0], i) {
			continue
		}
		seen[by] = append(same, i)
		kept = append(kept, i)
	}
	slices.Reverse(kept)
	for to, from := range kept {
		l.items[to] = l.items[from]
	}
	clear(l.items[len(kept):])
	l.items = l.items[:len(kept)]
	l.compactAt = 2 * len(kept)
	return kept
}

// dropBelow drops the elements at the front that are below a reach, and returns how many.
func (l *lacking) dropBelow(isBelow func(i int) bool) int {
	n := 0
	for n < len(l.items) && isBelow(n) {
		n++
	}
	l.items = slices.Delete(l.items, 0, n)
	return n
}

// find reports whether one of the elements with the match keys given would be a candidate but for what it lacks.
func (l *lacking) find(by any, isCandidate func(i int) bool) bool {
	l.cause = nil
	for i := len(l.items) - 1; i >= 0; i-- {
		if item := &l.items[i]; item.by == by && isCandidate(i) {
			l.cause = item.about
			return true
		}
	}
	return false
}
