package engine

// A node is a node of the join tree within one task. It joins the elements of its stream to those of its parent, with
// three parts that know nothing of each other:
//
//   - the cursor reads the stream, and knows from which position it must be read again;
//   - the candidates are what the parent's element at hand may match;
//   - the ledger says what has become of each element: it was handed over, or has a verdict.
//
// INVARIANTS: Elements are evaluated in stream order, each at most once, and only those that match an element of the
// parent. The group of candidates holds complete elements only. No key of the group is above the parent's left key.
// Below the parent's left key there is nothing that was not read.
type node struct {
	spec     *Node
	task     *task
	edge     Edge // to the parent; nil for the master
	parent   *node
	children []*node
	// index is that in task.nodes, and size the number of nodes from this one down: they lie side by side there.
	index, size int

	cursor     cursor
	candidates candidates
	evaluation evaluation
	ledger     ledger
}

// advance moves the candidates on to the elements that match the parent's element whose key is the edge's left key
// (R2): with left key 7 it drops a group of 5s, passes over a 6, adds the 7s that are complete, and stops at an 8,
// which stays next.
func (n *node) advance() error {
	if err := n.dropBelow(); err != nil {
		return err
	}
	for len(n.children) == 0 || !n.childExhausted() {
		if !n.cursor.hasNext {
			if n.candidates.certain(n.edge) {
				return nil
			}
			if ok, err := n.read(); !ok || err != nil {
				return err
			}
			continue
		}
		order := n.edge.Compare()
		if order < 0 {
			return nil
		}
		if order > 0 {
			n.passOver()
		} else if open, err := n.admit(); open || err != nil {
			return err
		}
		n.cursor.consume()
	}
	return nil
}

// dropBelow drops the candidates that are below the left key.
func (n *node) dropBelow() error {
	if n.candidates.none() {
		return nil
	}
	dropped, err := n.edge.DropBelow(n.candidates.group)
	if err != nil || dropped == 0 {
		return err
	}
	n.candidates.drop(dropped)
	if len(n.children) > 0 && n.candidates.reuse && n.candidates.none() {
		n.evaluation.lists = n.evaluation.lists[:0]
	}
	return nil
}

// admit evaluates next and makes it a candidate if it is complete. It stays next where that is left open: the stream
// that would tell has ended by the data timeout.
func (n *node) admit() (open bool, err error) {
	if len(n.children) > 0 {
		missing, err := n.evaluateNext()
		switch {
		case err != nil:
			return false, err
		case missing == complete:
		case n.undecided(missing):
			n.leaveOpen(missing)
			return true, nil
		default:
			n.enterIncomplete(missing)
			return false, nil
		}
	}
	n.candidates.add(n.cursor.next[0], n.evaluation.below)
	n.edge.Add()
	return false, nil
}

// exhausted reports whether the node can't have a match for any further element of its parent (R5).
func (n *node) exhausted() bool {
	return n.candidates.none() && (n.cursor.atEnd() || n.childExhausted())
}

func (n *node) childExhausted() bool {
	for _, child := range n.children {
		if child.exhausted() {
			return true
		}
	}
	return false
}

// positions writes the positions from which the nodes of the subtree must be read again (R8). dst begins with the
// position of the node whose index is from.
func (n *node) positions(dst []position, from int) {
	own := dst[n.index-from : n.index-from+n.size]
	own[0] = n.position()
	switch {
	case n.size == 1:
	case !n.candidates.none():
		copy(own[1:], n.candidates.below)
	case n.evaluation.running:
		copy(own[1:], n.evaluation.below)
	default:
		for _, child := range n.children {
			child.positions(dst, from)
		}
	}
}

// position returns that of the first candidate, which the next parent may match, too, and that of the cursor without
// any.
func (n *node) position() position {
	if !n.candidates.none() {
		return at(n.candidates.group[0].Record.Offset)
	}
	return n.cursor.position()
}

// countHandedOver counts the elements of a list, and those below them, that reach the function and that no call got
// before.
func (n *node) countHandedOver(list []Element) {
	l := &n.ledger
	last := list[len(list)-1].Record.Offset
	if last <= l.handedOver {
		return
	}
	if len(l.provisional) > 0 || len(list) > 1 && list[0].Record.Offset <= l.handedOver {
		list = l.claim(list)
	}
	l.handedOver = last
	l.countMatched(list)
	if len(n.children) > 0 {
		n.countHandedOverBelow(list)
	}
}

// countHandedOverBelow counts the matches of a list of n's elements.
func (n *node) countHandedOverBelow(list []Element) {
	for i := range list {
		for c, matches := range list[i].Matches {
			n.children[c].countHandedOver(matches)
		}
	}
}
