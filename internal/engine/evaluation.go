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
	// from is the cursor's restart at that moment. Where elements may be complete without all keys, a restart evaluates
	// those again that come behind it, so that below stays what it was before the first of them.
	from position
	// lists is the memory that the Matches of the elements are cut from.
	lists [][]Element
}

// evaluateNext evaluates next, and remembers meanwhile where the nodes below stood before.
func (n *node) evaluateNext() (missing int, err error) {
	if !n.isLoose || n.cursor.keyless == 0 || n.evaluation.from != n.cursor.restart {
		for _, child := range n.children {
			child.positions(n.evaluation.below, n.index+1)
		}
		n.evaluation.from = n.cursor.restart
	}
	n.evaluation.running = true
	if missing, err = n.evaluate(&n.cursor.next[0]); err != nil {
		return 0, err // the task ends, with the positions that next needs
	}
	n.evaluation.running = false
	return missing, nil
}

// evaluate finds the matches of an element: it probes the children one after the other. Missing is the index of the
// first one that makes it incomplete, since it has no match and needs one, or has one and must not; those behind aren't
// probed, so that nothing waits for their streams.
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
		child.candidates.sure = false
		if !child.candidates.leftNull {
			if err := child.advance(); err != nil {
				return 0, err
			}
		}
		if child.isPlain {
			if child.candidates.leftNull || child.candidates.none() {
				n.evaluation.lists = lists[:first]
				return c, nil
			}
			lists = append(lists, child.candidates.group[:len(child.candidates.group):len(child.candidates.group)])
			continue
		}
		matches, lacks := n.find(c)
		if lacks {
			n.evaluation.lists = lists[:first]
			return c, nil
		}
		lists = append(lists, matches)
	}
	n.evaluation.lists = lists
	e.Matches = slices.Clip(lists[first:])
	return complete, nil
}

// find finds the matches of an element at a child, once that has advanced to it. It lacks one that it needs; it has one
// and must not; or neither is certain, because the data timeout has ended a stream.
func (n *node) find(c int) (matches []Element, lacks bool) {
	child := n.children[c]
	if !child.candidates.leftNull {
		matches = child.candidates.find()
	}
	switch {
	case len(matches) > 0:
		return matches, child.candidates.need == NeedAbsent
	case child.candidates.need == NeedOne, n.undecided(c):
		return nil, true
	case !child.candidates.leftNull:
		child.edge.Miss(true, nil)
	}
	return nil, false
}
