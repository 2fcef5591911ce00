package engine

// A partition may be lost while a run goes on, and come back to it. Its task begins again then, at the rewind points
// that were committed, and meets elements that the task before has counted. This file sees to it that a run counts
// each once.

// A tally says which elements of a node were counted by the tasks that a run had for the partition before. The zero
// tally is that of a partition's first task.
type tally struct {
	// below is behind the last element that was read.
	below int64
	// open holds those below it, by their offsets, that were neither matched nor had a verdict. unread says that they
	// don't count as read either.
	open   map[int64]bool
	unread bool
	// stored is behind the last record that was read, in the stream as it lies in the storage, where it is put in order.
	stored int64
}

// hasRead reports whether an element was counted as read.
func (t *tally) hasRead(offset int64) bool { return offset < t.below && !(t.unread && t.open[offset]) }

// hasFate reports whether an element was counted as matched or unmatched.
func (t *tally) hasFate(offset int64) bool { return offset < t.below && !t.open[offset] }

// tallies returns what was counted, node by node, for the task that the partition may have after this one.
func (t *task) tallies(ended bool) []tally {
	tallies := make([]tally, len(t.nodes))
	for i, n := range t.nodes {
		tallies[i] = tally{below: max(n.cursor.seen, n.ledger.counted.below), open: map[int64]bool{}, unread: ended}
		if n.sorter != nil {
			tallies[i].stored = max(n.sorter.read())
		}
	}
	if t.window != nil && !ended {
		t.root.leaveUncounted(t.window.masters, tallies)
	}
	for i, n := range t.nodes {
		open := tallies[i].open
		for _, r := range n.ledger.provisional {
			open[r.offset] = true
		}
		if !ended {
			n.leaveUncounted(n.candidates.group, tallies)
		}
		if n.cursor.hasNext && (!ended || t.timedOut) {
			n.leaveUncounted(n.cursor.next[:], tallies)
		}
	}
	for i, n := range t.nodes {
		n.ledger.counted.leaveTo(&tallies[i], n.cursor.reached())
	}
	return tallies
}

// leaveTo adds what was counted before to a later tally, whose task has reached an offset.
func (t *tally) leaveTo(later *tally, reached int64) {
	for offset := range later.open {
		if t.hasFate(offset) {
			delete(later.open, offset)
		}
	}
	for offset := range t.open {
		if offset >= reached {
			later.open[offset] = true
		}
	}
}

// leaveUncounted notes the elements of a list, and those below them, that were not handed over.
func (n *node) leaveUncounted(list []Element, tallies []tally) {
	for i := range list {
		if offset := list[i].Record.Offset; !n.isHandedOver(offset) {
			tallies[n.index].open[offset] = true
		}
		for c, matches := range list[i].Matches {
			n.children[c].leaveUncounted(matches, tallies)
		}
	}
}
