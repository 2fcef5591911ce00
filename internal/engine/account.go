package engine

// This file finds out up to which offset all elements of each node are accounted for: handed over, or about to be
// reported. A run that starts again reports those above, so that each is reported once (broker.Rewind.Accounted).

// noteDecided notes up to where all elements are dealt with.
//
// REQUIRES: no master is being evaluated.
func (t *task) noteDecided() {
	for _, n := range t.nodes {
		n.ledger.decided = n.cursor.firstOpen()
	}
}

// noteDecidedMeanwhile is noteDecided at any moment: while a master is being evaluated, only what lies before the
// positions is certain to be decided.
func (t *task) noteDecidedMeanwhile() {
	if !t.root.cursor.hasNext {
		t.noteDecided()
		return
	}
	for i, n := range t.nodes {
		n.ledger.decided = max(n.ledger.decided, t.positions[i].first())
	}
}

// account moves on up to where all elements are accounted for.
//
// REQUIRES: no window is open, or the first master of one is about to be added.
func (t *task) account() {
	if t.ledgers.provisional > 0 {
		t.confirmLost()
	}
	for _, n := range t.nodes {
		n.ledger.account()
	}
}

// accountNow is account at any moment. As long as a window is open, its elements are not accounted for.
func (t *task) accountNow() {
	if t.window != nil && t.window.open() {
		return
	}
	t.noteDecidedMeanwhile()
	t.account()
}
