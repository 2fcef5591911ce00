package engine

import "fmt"

// An awaited says which element of a node ends the join's wait for it: one that makes the matches of the parent's
// element at hand certain (R3a). Say the left key is 5 and the reach is to 2 above it: then an element above 7 does.
// Nothing of it is set where any element does, or where only a user's comparison knows.
type awaited struct {
	// key is what the key of the element must be above, or where atKey at least; nil where no key ends the wait.
	key   any
	atKey bool
	// isEnd says that key is the upper end of the reach, and not the left key itself. isBeyond says that the end has no
	// key that is known: key is the left key then.
	isEnd, isBeyond bool
	// match says that a match ends the wait, too.
	match bool
	// by says that there are match keys, which an element above the key needn't have.
	by bool
}

// awaiter is an edge that knows what ends the wait for an element.
type awaiter interface{ awaited() awaited }

// awaited returns what ends the wait for the node's next element.
func (n *node) awaited() awaited {
	if n.parent == nil || n.edge.LeftKey() == nil {
		return awaited{}
	}
	if s := n.candidates.selection; s != nil {
		return s.awaited()
	}
	e, ok := n.edge.(awaiter)
	if !ok {
		return awaited{}
	}
	a := e.awaited()
	a.match = n.candidates.need == NeedAbsent
	a.atKey = n.candidates.unique
	return a
}

// awaited implements [awaiter].
func (e *keyEdge[K]) awaited() awaited { return awaited{key: e.LeftKey()} }

// awaited implements [awaiter]: an element above the reach ends the wait.
func (e *reachEdge[K]) awaited() awaited {
	a := awaited{by: e.by != nil}
	switch r := &e.reach; {
	case r.High == nil:
	case r.High(e.left.key, e.left.key) == 0:
		a.key = e.left.key
	case r.End == nil:
		a.key, a.isBeyond = e.left.key, true
	default:
		a.key, a.isEnd = r.End(e.left.key), true
	}
	return a
}

// mirrored returns the key that is as far above the left key as a candidate is below it, if that is within reach.
func (e *reachEdge[K]) mirrored(i int) (key any, ok bool) {
	r := &e.reach
	if r.Mirror == nil {
		return nil, false
	}
	mirrored := r.Mirror(e.left.key, e.at(i))
	return mirrored, r.High == nil || r.High(e.left.key, mirrored) <= 0
}

// awaited returns what makes certain returns true.
func (s *selection) awaited() awaited {
	a := s.selector.awaited()
	isPoint := a.key != nil && !a.isEnd && !a.isBeyond // the reach ends at the left key
	list := s.leftList()
	switch {
	case s.exists, s.take == TakeFirst:
		a.match = true
	case s.take == TakeNearest && list != nil:
		return s.awaitedNearest(a, list)
	case s.take == TakeNearest:
		a.match = true
	case s.unique && s.by != nil:
		a.match = isPoint // the only one with its keys
	}
	a.atKey = isPoint && s.unequal || s.unique && s.by == nil
	return a
}

// awaitedNearest is awaited where the nearest is taken: what is as far above as the nearest below ends the wait.
func (s *selection) awaitedNearest(a awaited, list *valueList) awaited {
	before, _ := s.around(list)
	switch {
	case before < 0:
		a.match = true
	case s.side(before) == 0:
		a.key, a.isEnd, a.isBeyond = s.keyOf(before), false, false
	default:
		a.match = true
		if key, ok := s.mirrored(before); ok {
			a.key, a.isEnd, a.isBeyond, a.atKey = key, false, false, true
		}
	}
	return a
}

// String says it as people read it behind "for": "an element after 7, the reach's end".
func (a awaited) String() string {
	element, key := "an element", ""
	if a.by {
		element = "an element of any match key"
	}
	if a.key != nil {
		key, _, _ = describeKey(a.key)
	}
	switch {
	case a.key == nil && a.match:
		return "a match"
	case a.key == nil:
		return ""
	case a.isBeyond:
		key = "beyond the reach of " + key
	case a.atKey:
		key = "at or after " + key
	default:
		key = "after " + key
	}
	text := element + " " + key
	if a.isEnd {
		text += ", the reach's end"
	}
	if a.match {
		text = fmt.Sprintf("a match, or %s", text)
	}
	return text
}
