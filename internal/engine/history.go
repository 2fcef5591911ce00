package engine

// Neighbours are the keys that a verdict is about: that of the element, and those of the other side next to it. A key is
// nil where there is none, or where only a user's comparison knows it.
type Neighbours struct{ Key, Before, After any }

// A history is what an edge remembers for verdicts. It is written only where something does not match: what does costs
// nothing.
type history[K any] struct {
	// missed is the left key of the last parent that asked in vain.
	missed    K
	hasMissed bool
	// neglected are the first and the last left key of the parents since then that didn't ask: they have no match at
	// another child, or nobody asked for them. It is open at its beginning where a run before knew it.
	bypassed    [2]K
	hasBypassed bool
	open        bool
	// passed is the last right key that is in no group, and failed that of the last child that was asked for but is
	// incomplete.
	passedOver    K
	hasPassedOver bool
	incomplete    K
	hasIncomplete bool
	// follows says whether runs before have dealt with parents and children.
	follows [2]bool
}

// asked returns the left key of the last parent that asked.
func (e *keyEdge[K]) probed() (key K, ok bool) {
	h := &e.history
	if !e.hasMatched || h.hasMissed && e.compare(h.missed, e.matched) > 0 {
		return h.missed, h.hasMissed
	}
	return e.matched, true
}

// Neglect implements [Edge].
func (e *keyEdge[K]) Bypass() {
	h := &e.history
	if !e.bypassing() {
		h.bypassed[0], h.hasBypassed, h.open = e.left.key, true, false
	}
	h.bypassed[1] = e.left.key
}

// neglecting reports whether parents have neglected to ask since the last one that asked.
func (e *keyEdge[K]) bypassing() bool {
	h := &e.history
	if !h.hasBypassed {
		return false
	}
	asked, ok := e.probed()
	return !ok || e.compare(h.bypassed[1], asked) > 0
}

// PassRight implements [Edge].
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

// FailRight implements [Edge].
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
