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
	neglected    [2]K
	hasNeglected bool
	open         bool
	// passed is the last right key that is in no group, and failed that of the last child that was asked for but is
	// incomplete.
	passed    K
	hasPassed bool
	failed    K
	hasFailed bool
	// follows says whether runs before have dealt with parents and children.
	follows [2]bool
}

// asked returns the left key of the last parent that asked.
func (e *keyEdge[K]) asked() (key K, ok bool) {
	h := &e.history
	if !e.hasKept || h.hasMissed && e.compare(h.missed, e.kept) > 0 {
		return h.missed, h.hasMissed
	}
	return e.kept, true
}

// Neglect implements [Edge].
func (e *keyEdge[K]) Neglect() {
	h := &e.history
	if !e.neglecting() {
		h.neglected[0], h.hasNeglected, h.open = e.left.taken, true, false
	}
	h.neglected[1] = e.left.taken
}

// neglecting reports whether parents have neglected to ask since the last one that asked.
func (e *keyEdge[K]) neglecting() bool {
	h := &e.history
	if !h.hasNeglected {
		return false
	}
	asked, ok := e.asked()
	return !ok || e.compare(h.neglected[1], asked) > 0
}

// PassRight implements [Edge].
func (e *keyEdge[K]) PassRight(keys *Neighbours) Verdict {
	h, key := &e.history, e.right.taken
	h.passed, h.hasPassed = key, true
	before, ok := e.asked()
	after := e.left.taken
	verdict := Gap
	if e.neglecting() {
		switch first, last := h.neglected[0], h.neglected[1]; {
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
func (e *keyEdge[K]) FailRight() {
	h := &e.history
	h.passed, h.hasPassed = e.right.taken, true
	h.failed, h.hasFailed = e.right.taken, true
}

// Miss implements [Edge].
func (e *keyEdge[K]) Miss(above bool, keys *Neighbours) Verdict {
	h, key := &e.history, e.left.taken
	h.missed, h.hasMissed = key, true
	if h.hasFailed && e.compare(h.failed, key) == 0 {
		if keys != nil {
			*keys = Neighbours{Key: key}
		}
		return Incomplete
	}
	before, ok := h.passed, h.hasPassed
	if e.hasKept && (!ok || e.compare(e.kept, before) > 0) {
		before, ok = e.kept, true
	}
	if keys != nil {
		*keys = Neighbours{Key: key}
		if ok {
			keys.Before = before
		}
		if above {
			keys.After = e.right.taken
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

// Resume implements [Edge].
func (e *keyEdge[K]) Resume(right bool) {
	h := &e.history
	if right {
		h.passed, h.hasPassed = e.right.taken, true
		return
	}
	h.neglected, h.hasNeglected, h.open = [2]K{e.left.taken, e.left.taken}, true, true
}
