package engine

// A funcHistory is what an edge with a comparison remembers for verdicts: like history, with elements in place of keys.
type funcHistory struct {
	missed    any    // parent
	neglected [2]any // parents
	open      bool
	// since are the parents that had asked, with matches and in vain, when the first of neglected didn't.
	since  [2]any
	passed bool
	failed any // child
	// follows says that runs before have dealt with parents.
	follows bool
}

// neglecting reports whether parents have neglected to ask since the last one that asked.
func (e *funcEdge) neglecting() bool {
	return e.history.neglected[1] != nil && e.history.since == [2]any{e.matched, e.history.missed}
}

// Neglect implements [Edge].
func (e *funcEdge) Neglect() {
	h := &e.history
	if !e.neglecting() {
		h.neglected[0], h.open, h.since = e.left, false, [2]any{e.matched, h.missed}
	}
	h.neglected[1] = e.left
}

// PassRight implements [Edge].
func (e *funcEdge) PassRight(keys *Neighbours) Verdict {
	h := &e.history
	e.passed, h.passed = e.right, true
	if keys != nil {
		*keys = Neighbours{}
	}
	asked := e.matched != nil || h.missed != nil || h.follows
	if e.neglecting() {
		switch {
		case e.ordered(h.neglected[1], e.right) < 0:
			asked = true
		case h.open || e.ordered(h.neglected[0], e.right) <= 0:
			return Incomplete
		}
	}
	if asked {
		return Gap
	}
	return Behind
}

// ordered compares where an error has no say: a verdict is no reason to end a run.
func (e *funcEdge) ordered(left, right any) int {
	order, err := e.compare(left, right)
	if err != nil {
		return -1
	}
	return order
}

// FailRight implements [Edge].
func (e *funcEdge) FailRight() {
	e.matched = e.left
	e.history.passed, e.history.failed = true, e.right
}

// Miss implements [Edge].
func (e *funcEdge) Miss(above bool, keys *Neighbours) Verdict {
	h := &e.history
	h.missed = e.left
	if keys != nil {
		*keys = Neighbours{}
	}
	switch {
	case h.failed != nil && e.ordered(e.left, h.failed) == 0:
		return Incomplete
	case !above:
		return Ended
	case h.passed || e.passed != nil || e.matched != nil:
		return Gap
	}
	return Behind
}

// Follow implements [Edge].
func (e *funcEdge) Follow(parents, children bool) {
	e.history.follows, e.history.passed = parents, children
}

// Resume implements [Edge].
func (e *funcEdge) Resume(right bool) {
	if right {
		e.history.passed = true
		return
	}
	h := &e.history
	h.neglected, h.open, h.since = [2]any{e.left, e.left}, true, [2]any{e.matched, h.missed}
}
