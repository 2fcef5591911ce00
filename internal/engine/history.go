package engine

import "github.com/leat-go/leat/observe"

// Neighbours are the keys that a verdict is about: that of the element, and those of the other side next to it. A key
// is nil where there is none, or where only a user's comparison knows it.
type Neighbours struct {
	Key, Before, After any
	// Distance and Apart are those of observe.Unmatched.
	Distance *observe.Distance
	Apart    observe.Apart
}

// A history is what an edge remembers for verdicts: keys of the elements before those at hand. It is written only
// where something does not match: what does costs nothing.
//
// Say the parents are 1, 2, 5 and 8, and the children 1, 3 and 5. Parent 1 probes and matches. Parent 2 probes in
// vain: missed is 2. Parent 5 has no match at another child and doesn't probe this edge: bypassed is from 5 to 5.
// Parent 8 probes: the children below it are passed over. For 3 the parent before it is 2, the one after it 5, and
// its verdict is Gap; 5 lies among the bypassed, so that its verdict is Incomplete: it has a parent, which lacks
// another match.
type history[K any] struct {
	// missed is the left key of the last parent that has probed in vain.
	missed    K
	hasMissed bool
	// bypassed are the first and the last left key of the parents since the last one that probed. The first is open
	// where a run before has dealt with it: there may have been others below it.
	bypassed    [2]K
	hasBypassed bool
	open        bool
	// passedOver is the last right key that is in no group: of a child that was passed over, or incomplete.
	passedOver    K
	hasPassedOver bool
	// incomplete is the right key of the last child that was probed for and is incomplete.
	incomplete    K
	hasIncomplete bool
	// follows says whether runs before have dealt with parents and children.
	follows [2]bool
}

// probed returns the left key of the last parent that has probed: the last one that matched, or missed.
func (e *keyEdge[K]) probed() (key K, ok bool) {
	h := &e.history
	if !e.hasMatched || h.hasMissed && e.compare(h.missed, e.matched) > 0 {
		return h.missed, h.hasMissed
	}
	return e.matched, true
}

// Bypass implements [Edge].
func (e *keyEdge[K]) Bypass() {
	h := &e.history
	if !e.bypassing() {
		h.bypassed[0], h.hasBypassed, h.open = e.left.key, true, false
	}
	h.bypassed[1] = e.left.key
}

// bypassing reports whether parents have bypassed the edge since the last one that probed.
func (e *keyEdge[K]) bypassing() bool {
	h := &e.history
	if !h.hasBypassed {
		return false
	}
	probed, ok := e.probed()
	return !ok || e.compare(h.bypassed[1], probed) > 0
}

// PassOver implements [Edge].
func (e *keyEdge[K]) PassOver(keys *Neighbours) Verdict {
	h, key := &e.history, e.right.key
	h.passedOver, h.hasPassedOver = key, true
	before, ok := e.probed()
	after := e.left.key
	verdict := Gap
	if e.bypassing() {
		switch first, last := h.bypassed[0], h.bypassed[1]; {
		case e.compare(key, last) > 0:
			before, ok = last, true
		case h.open || e.compare(key, first) >= 0:
			verdict, before, after, ok = Incomplete, first, last, !h.open
		default:
			after = first
		}
	}
	if verdict == Gap && !ok && !h.follows[0] {
		verdict = Behind
	}
	if keys != nil {
		*keys = Neighbours{Key: key, After: after}
		if ok {
			keys.Before = before
		}
	}
	return verdict
}

// NoteIncomplete implements [Edge].
func (e *keyEdge[K]) NoteIncomplete() {
	h := &e.history
	h.passedOver, h.hasPassedOver = e.right.key, true
	h.incomplete, h.hasIncomplete = e.right.key, true
}

// Miss implements [Edge].
func (e *keyEdge[K]) Miss(above bool, keys *Neighbours) Verdict {
	h, key := &e.history, e.left.key
	h.missed, h.hasMissed = key, true
	if h.hasIncomplete && e.compare(h.incomplete, key) == 0 {
		if keys != nil {
			*keys = Neighbours{Key: key}
		}
		return Incomplete
	}
	before, ok := h.passedOver, h.hasPassedOver
	if e.hasMatched && (!ok || e.compare(e.matched, before) > 0) {
		before, ok = e.matched, true
	}
	if keys != nil {
		*keys = Neighbours{Key: key}
		if ok {
			keys.Before = before
		}
		if above {
			keys.After = e.right.key
		}
	}
	switch {
	case !above:
		return Ended
	case ok || h.follows[1]:
		return Gap
	}
	return Behind
}

// Follow implements [Edge].
func (e *keyEdge[K]) Follow(parents, children bool) { e.history.follows = [2]bool{parents, children} }

// ResumeRight implements [Edge].
func (e *keyEdge[K]) ResumeRight() { e.history.passedOver, e.history.hasPassedOver = e.right.key, true }

// ResumeLeft implements [Edge].
func (e *keyEdge[K]) ResumeLeft() {
	h := &e.history
	h.bypassed, h.hasBypassed, h.open = [2]K{e.left.key, e.left.key}, true, true
}
