package engine

// The lacking are the elements of a node that were probed for and are incomplete, where not every one of those within reach
// would be a candidate: where there are match keys, or equal keys are left out. A parent's element that finds nothing else
// is incomplete because of them.
type lacking[K any] struct {
	items []lack[K]
	// compactAt is how many there may be until those are left out that no parent will find.
	compactAt int
	// found is the one that the last look has found.
	found *lack[K]
}

// A lack is one such element: its right key, its match keys, nil without any, and the verdict about it, nil where
// verdicts aren't explained.
type lack[K any] struct {
	key   K
	by    any
	about *unmatched
}

// minLacking is how many there are at least before some are left out.
const minLacking = 64

// add adds an element, the last in stream order.
func (l *lacking[K]) add(key K, by any, compare func(a, b K) int) {
	if len(l.items) >= max(l.compactAt, minLacking) {
		l.compact(compare)
	}
	l.items = append(l.items, lack[K]{key: key, by: by})
}

// compact leaves the last two different keys of each match key: a parent finds the last one that is not above its reach,
// unless its key is equal and left out. What was evaluated is not above the reach of any further parent.
func (l *lacking[K]) compact(compare func(a, b K) int) {
	seen := map[any][]K{}
	kept := len(l.items)
	for i := len(l.items) - 1; i >= 0; i-- {
		item := l.items[i]
		keys := seen[item.by]
		if n := len(keys); n == 2 || n == 1 && compare(keys[0], item.key) == 0 {
			continue
		}
		seen[item.by] = append(keys, item.key)
		kept--
		l.items[kept] = item
	}
	l.items = append(l.items[:0], l.items[kept:]...)
	l.compactAt = 2 * len(l.items)
}

// dropBelow drops the elements at the front that are below a reach.
func (l *lacking[K]) dropBelow(below func(key K) bool) {
	n := 0
	for n < len(l.items) && below(l.items[n].key) {
		n++
	}
	if n > 0 {
		l.items = append(l.items[:0], l.items[n:]...)
	}
}

// find reports whether one of the elements with the match keys given would be a candidate but for what it lacks.
func (l *lacking[K]) find(by any, isCandidate func(key K) bool) bool {
	l.found = nil
	for i := len(l.items) - 1; i >= 0; i-- {
		if item := &l.items[i]; item.by == by && isCandidate(item.key) {
			l.found = item
			return true
		}
	}
	return false
}
