package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/leat-go/leat/observe"
)

// This file finds out what becomes of the elements that are not handed over, and why. An element of a node has one of
// these fates:
//
//   - no parent asks for it: it is passed over, and judged at once (pass);
//   - it is asked for, but incomplete: judged at once (incomplete), like a master;
//   - it is complete and in the group of a parent that turns out to be incomplete: it is at risk, since another parent
//     may still hand it over, and judged when it is out of every parent's reach (judgeLost);
//   - it is open at the end of the session: judged then (judgeOpen).
//
// INVARIANT: nothing here is done for an element that matches, but for a look at whether anything is at risk.

// A Verdict is an [observe.Verdict] as a number, so that to count one is to index.
type Verdict int

// The verdicts.
const (
	Gap Verdict = iota
	Behind
	Ended
	Incomplete
	Null
	OutOfOrder
	Undecodable
	// Verdicts is the number of verdicts.
	Verdicts int = iota
)

// observed returns the verdict as observers, metrics and letters have it; "unknown" for what is none.
func (v Verdict) observed() observe.Verdict {
	switch v {
	case Gap:
		return observe.Gap
	case Behind:
		return observe.Behind
	case Ended:
		return observe.Ended
	case Incomplete:
		return observe.Incomplete
	case Null:
		return observe.Null
	case OutOfOrder:
		return observe.OutOfOrder
	case Undecodable:
		return observe.Undecodable
	}
	return "unknown"
}

// String returns the verdict's name, which is that of the observers.
func (v Verdict) String() string { return string(v.observed()) }

// atRisk is a complete element of a parent that is incomplete.
type provisional struct {
	offset int64
	// verdict is what counts if nobody hands it over, and explained what is told then; nil where nobody wants to know.
	verdict Verdict
	about   *unmatched
}

// pass judges next, which no parent asks for.
func (n *node) passOver() {
	var u *unmatched
	verdict := Gap
	if n.task.explains {
		var keys Neighbours
		verdict = n.edge.PassOver(&keys)
		u = n.explain(&n.cursor.next[0], verdict, n.parent, keys)
		if verdict == Incomplete {
			u.because(n.ledger.bypassedBy)
		}
	} else {
		verdict = n.edge.PassOver(nil)
	}
	n.enter(n.cursor.next[0].Record.Offset, verdict, u)
	n.bypass(n.children, u)
}

// passNull judges next, which has no key for the parent (R7a).
func (n *node) passOverNull() {
	var u *unmatched
	if n.task.explains {
		u = n.explain(&n.cursor.next[0], Null, n.parent, Neighbours{})
	}
	n.enter(n.cursor.next[0].Record.Offset, Null, u)
	n.bypass(n.children, u)
}

// neglect tells children that an element of n doesn't ask for matches, for the reason given.
func (n *node) bypass(children []*node, because *unmatched) {
	for _, c := range children {
		if c.candidates.leftNull {
			continue
		}
		c.edge.Bypass()
		c.ledger.bypassedBy = because
	}
}

// resume remembers the keys of an element that a run before has dealt with. null says that it has none for the parent.
func (n *node) resume(null bool) {
	if n.edge != nil && !null {
		n.edge.Resume(true)
	}
	for _, c := range n.children {
		if !c.candidates.leftNull {
			c.edge.Resume(false)
		}
	}
}

// incomplete judges next, which has no match at the child with the index given.
func (n *node) enterIncomplete(missing int) {
	e, child := &n.cursor.next[0], n.children[missing]
	var keys *Neighbours
	if n.task.explains {
		keys = &Neighbours{}
	}
	verdict := child.miss(keys)
	u := n.explainMiss(e, verdict, child, keys)
	if n.edge != nil {
		n.edge.NoteIncomplete()
		n.ledger.incomplete = u
		verdict = Incomplete
	}
	n.enter(e.Record.Offset, verdict, u)
	for _, c := range n.children[:missing] {
		c.enterProvisionally(c.candidates.group, u, Incomplete)
	}
	n.bypass(n.children[missing+1:], u)
}

// miss returns why the parent's element at hand has no match at n.
func (n *node) miss(keys *Neighbours) Verdict {
	if n.candidates.leftNull {
		return Null
	}
	return n.edge.Miss(n.cursor.hasNext && n.edge.Compare() < 0, keys)
}

// explainMiss explains the verdict of an element without a match at a child. For a master it is that of the edge; other
// elements were asked for and are incomplete, because of it.
func (n *node) explainMiss(e *Element, verdict Verdict, child *node, keys *Neighbours) *unmatched {
	if keys == nil {
		return nil
	}
	u := n.explain(e, verdict, child, *keys)
	switch {
	case verdict == Incomplete:
		u.because(child.ledger.incomplete)
	case n.edge != nil:
		cause := u.Unmatched
		u.verdict, u.Verdict, u.Cause = Incomplete, observe.Incomplete, &cause
	}
	return u
}

// judge counts the verdict about an element and tells it. An element that a run before has accounted for doesn't count
// here.
func (n *node) enter(offset int64, verdict Verdict, u *unmatched) {
	if offset < n.ledger.accountedBefore {
		n.countRead(offset, -1)
		return
	}
	if !n.ledger.counted.hasFate(offset) {
		n.ledger.counts.unmatched[verdict]++
	}
	if u != nil {
		n.task.tell(n, u)
	}
}

// endanger puts elements that were not handed over, and those below them, at risk.
func (n *node) enterProvisionally(list []Element, because *unmatched, verdict Verdict) {
	if len(list) == 0 || n.areProvisional(list) {
		return
	}
	for i := range list {
		e := &list[i]
		offset := e.Record.Offset
		if offset <= n.ledger.handedOver {
			continue
		}
		at, found := n.findProvisional(offset)
		if found {
			continue
		}
		var u *unmatched
		if n.task.explains {
			u = n.explain(e, verdict, n.parent, Neighbours{})
			u.because(because)
		}
		n.ledger.provisional = slices.Insert(n.ledger.provisional, at, provisional{offset, verdict, u})
		n.task.provisional++
		for c, matches := range e.Matches {
			n.children[c].enterProvisionally(matches, u, verdict)
		}
	}
}

func (n *node) findProvisional(offset int64) (int, bool) {
	return slices.BinarySearchFunc(n.ledger.provisional, offset, func(r provisional, offset int64) int { return cmp.Compare(r.offset, offset) })
}

// areAtRisk reports whether all elements of a group are at risk already.
func (n *node) areProvisional(list []Element) bool {
	first, ok := n.findProvisional(list[0].Record.Offset)
	last := first + len(list) - 1
	return ok && last < len(n.ledger.provisional) && n.ledger.provisional[last].offset == list[len(list)-1].Record.Offset
}

// reclaim takes elements that are handed over from those at risk. What is at risk between two of them is among them, too.
func (n *node) withdraw(list []Element) {
	first, _ := n.findProvisional(list[0].Record.Offset)
	behind, _ := n.findProvisional(list[len(list)-1].Record.Offset + 1)
	n.ledger.provisional = slices.Delete(n.ledger.provisional, first, behind)
	n.task.provisional -= behind - first
}

// judgeLost judges what is at risk and out of every parent's reach. What an element that is being evaluated may still take
// along lies in the groups at hand.
func (t *task) confirmLost() {
	if t.live == nil {
		t.live = make([]int64, len(t.nodes))
	}
	for i := range t.live {
		t.live[i] = math.MaxInt64
	}
	for _, n := range t.nodes {
		n.noteLive(n.candidates.group)
	}
	if t.window != nil {
		t.root.noteLive(t.window.masters)
	}
	for i, n := range t.nodes {
		n.confirmBelow(t.live[i])
		if len(n.ledger.provisional) > 0 && n.ledger.provisional[0].offset < n.ledger.handedOver {
			n.confirmOvertaken()
		}
	}
}

// judgePassed judges what is at risk before what was handed over, and in no list any more: it would keep that from being
// accounted for.
func (n *node) confirmOvertaken() {
	n.ledger.provisional = slices.DeleteFunc(n.ledger.provisional, func(r provisional) bool {
		if r.offset > n.ledger.handedOver || n.contains(n.candidates.group, r.offset) || n.parent.isMatched(n.index, r.offset) {
			return false
		}
		n.enter(r.offset, r.verdict, r.about)
		n.task.provisional--
		return true
	})
}

// holds reports whether an element is in a list of the node's.
func (*node) contains(list []Element, offset int64) bool {
	_, found := slices.BinarySearchFunc(list, offset, func(e Element, offset int64) int {
		return cmp.Compare(e.Record.Offset, offset)
	})
	return found
}

// matchesHold reports whether an element of the child with the index given is among the matches of what the node, or a window,
// holds, or a node above.
func (n *node) isMatched(index int, offset int64) bool {
	for m := n; m != nil; m = m.parent {
		if m.areMatchedWith(m.candidates.group, index, offset) {
			return true
		}
	}
	w := n.task.window
	return w != nil && n.task.root.areMatchedWith(w.masters, index, offset)
}

// listHolds reports whether an element of the node with the index given is among what elements of n are joined with.
func (n *node) areMatchedWith(list []Element, index int, offset int64) bool {
	for i := range list {
		for c, matches := range list[i].Matches {
			child := n.children[c]
			if index < child.index || index >= child.index+child.size {
				continue
			}
			if child.index == index && child.contains(matches, offset) || child.areMatchedWith(matches, index, offset) {
				return true
			}
		}
	}
	return false
}

// reach notes the least offsets that can be reached from a list. Lists are ordered, and so are those below them: the first
// of the first is the least.
func (n *node) noteLive(list []Element) {
	if len(list) == 0 {
		return
	}
	alive := &n.task.live[n.index]
	*alive = min(*alive, list[0].Record.Offset)
	for c, matches := range list[0].Matches {
		n.children[c].noteLive(matches)
	}
}

// judgeRisks judges what is at risk below an offset.
func (n *node) confirmBelow(below int64) {
	lost := 0
	for ; lost < len(n.ledger.provisional) && n.ledger.provisional[lost].offset < below; lost++ {
		r := &n.ledger.provisional[lost]
		n.enter(r.offset, r.verdict, r.about)
	}
	n.ledger.provisional = slices.Delete(n.ledger.provisional, 0, lost)
	n.task.provisional -= lost
}

// judgeOpen judges what is open at the end of the session.
func (t *task) enterOpen() {
	for _, n := range t.nodes[1:] {
		n.enterProvisionally(n.candidates.group, nil, Ended)
	}
	for _, n := range t.nodes {
		n.confirmBelow(math.MaxInt64)
		if n.cursor.hasNext {
			n.enter(n.cursor.next[0].Record.Offset, Ended, n.explainOpen())
		}
	}
}

// explainOpen explains the verdict of next at the end of the session: the stream of a child has ended, or the session has
// before a parent has asked.
func (n *node) explainOpen() *unmatched {
	if !n.task.explains {
		return nil
	}
	keys := Neighbours{}
	other := n.parent
	if n.edge != nil {
		keys = Neighbours{Key: n.edge.RightKey(), Before: n.edge.LeftKey()}
	}
	for _, c := range n.children {
		if c.exhausted() {
			other = c
			keys = Neighbours{Key: c.edge.LeftKey(), Before: c.edge.RightKey()}
			if c.candidates.leftNull {
				keys.Key = nil
			}
		}
	}
	return n.explain(&n.cursor.next[0], Ended, other, keys)
}
