package engine

// A funcHistory is what an edge with a comparison remembers for verdicts: like history, with elements in place of keys.
type funcHistory struct {
	missed   any    // parent
	bypassed [2]any // parents
	open     bool
	// probedBefore are the parents that had probed last, with matches and in vain, when the first of bypassed came.
	// Where they are no longer the last, a parent has probed since.
	probedBefore [2]any
	// hasPassedOver says that there is a child that was passed over or incomplete. The first is funcEdge.passedOver.
	hasPassedOver bool
	incomplete    any // child
	// follows says that runs before have dealt with parents.
	follows bool
}

// bypassing reports whether parents have bypassed the edge since the last one that probed.
func (e *funcEdge) bypassing() bool {
	return e.history.bypassed[1] != nil && e.history.probedBefore == [2]any{e.matched, e.history.missed}
}

// Bypass implements [Edge].
func (e *funcEdge) Bypass() {
	h := &e.history
	if !e.bypassing() {
		h.bypassed[0], h.open, h.probedBefore = e.left, false, [2]any{e.matched, h.missed}
	}
	h.bypassed[1] = e.left
}

// PassOver implements [Edge].
func (e *funcEdge) PassOver(keys *Neighbours) Verdict {
	h := &e.history
	e.passedOver, h.hasPassedOver = e.right, true
	if keys != nil {
		*keys = Neighbours{}
	}
	probed := e.matched != nil || h.missed != nil || h.follows
	if e.bypassing() {
		switch {
		case e.ordered(h.bypassed[1], e.right) < 0:
			probed = true
		case h.open || e.ordered(h.bypassed[0], e.right) <= 0:
			return Incomplete
		}
	}
	if probed {
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

// NoteIncomplete implements [Edge].
func (e *funcEdge) NoteIncomplete() {
	e.matched = e.left
	e.history.hasPassedOver, e.history.incomplete = true, e.right
}

// Miss implements [Edge].
func (e *funcEdge) Miss(above bool, keys *Neighbours) Verdict {
	h := &e.history
	h.missed = e.left
	if keys != nil {
		*keys = Neighbours{}
	}
	switch {
	case h.incomplete != nil && e.ordered(e.left, h.incomplete) == 0:
		return Incomplete
	case !above:
		return Ended
	case h.hasPassedOver || e.passedOver != nil || e.matched != nil:
		return Gap
	}
	return Behind
}

// Follow implements [Edge].
func (e *funcEdge) Follow(parents, children bool) {
	e.history.follows, e.history.hasPassedOver = parents, children
}

// ResumeRight implements [Edge].
func (e *funcEdge) ResumeRight() { e.history.hasPassedOver = true }

// ResumeLeft implements [Edge].
func (e *funcEdge) ResumeLeft() {
	h := &e.history
	h.bypassed, h.open, h.probedBefore = [2]any{e.left, e.left}, true, [2]any{e.matched, h.missed}
}
