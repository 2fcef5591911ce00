package engine

import "slices"

// complete is what stands in place of a child without a match: each child has one.
const complete = -1

// An evaluation is the state in which a node finds the matches of an element of its own.
type evaluation struct {
	// running is set while next is evaluated, and below holds where the nodes below stood when that began: a window by the
	// clock may close meanwhile, and its commit needs the positions from which next can be evaluated again (R8).
	running bool
	below   []position
	// lists is the memory that the Matches of the elements are cut from.
	lists [][]Element
}

// evaluateNext evaluates next, and remembers meanwhile where the nodes below stood before.
func (n *node) evaluateNext() (missing int, err error) {
	for _, child := range n.children {
		child.positions(n.evaluation.below, n.index+1)
	}
	n.evaluation.running = true
	if missing, err = n.evaluate(&n.cursor.next[0]); err != nil {
		return 0, err // the task ends, with the positions that next needs
	}
	n.evaluation.running = false
	return missing, nil
}

// evaluate finds the matches of an element: it probes the children one after the other. Missing is the index of the
// first one that has no match for it; those behind aren't probed, so that nothing waits for their streams.
//
// REQUIRES: the element is the one whose keys were set last.
func (n *node) evaluate(e *Element) (missing int, err error) {
	if len(n.children) == 0 {
		return complete, nil
	}
	lists := n.evaluation.lists
	first := len(lists)
	if first+len(n.children) > cap(lists) {
		lists, first = make([][]Element, 0, groupSize*len(n.children)), 0
	}
	for c, child := range n.children {
		if !child.candidates.leftNull {
			if err := child.advance(); err != nil {
				return 0, err
			}
		}
		if child.candidates.leftNull || child.candidates.none() {
			n.evaluation.lists = lists[:first]
			return c, nil
		}
		lists = append(lists, child.candidates.matches())
	}
	n.evaluation.lists = lists
	e.Matches = slices.Clip(lists[first:])
	return complete, nil
}
