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
type atRisk struct {
	offset int64
	// verdict is what counts if nobody hands it over, and explained what is told then; nil where nobody wants to know.
	verdict   Verdict
	explained *unmatched
}

// pass judges next, which no parent asks for.
func (n *node) pass() {
	var u *unmatched
	verdict := Gap
	if n.task.explains {
		var keys Neighbours
		verdict = n.edge.PassRight(&keys)
		u = n.explain(&n.cursor.next[0], verdict, n.parent, keys)
		if verdict == Incomplete {
			u.because(n.ledger.neglectedBy)
		}
	} else {
		verdict = n.edge.PassRight(nil)
	}
	n.judge(n.cursor.next[0].Record.Offset, verdict, u)
	n.neglect(n.children, u)
}

// passNull judges next, which has no key for the parent (R7a).
func (n *node) passNull() {
	var u *unmatched
	if n.task.explains {
		u = n.explain(&n.cursor.next[0], Null, n.parent, Neighbours{})
	}
	n.judge(n.cursor.next[0].Record.Offset, Null, u)
	n.neglect(n.children, u)
}

// neglect tells children that an element of n doesn't ask for matches, for the reason given.
func (n *node) neglect(children []*node, because *unmatched) {
	for _, c := range children {
		if c.candidates.unasked {
			continue
		}
		c.edge.Neglect()
		c.ledger.neglectedBy = because
	}
}

// resume remembers the keys of an element that a run before has dealt with. null says that it has none for the parent.
func (n *node) resume(null bool) {
	if n.edge != nil && !null {
		n.edge.Resume(true)
	}
	for _, c := range n.children {
		if !c.candidates.unasked {
			c.edge.Resume(false)
		}
	}
}

// incomplete judges next, which has no match at the child with the index given.
func (n *node) incomplete(missing int) {
	e, child := &n.cursor.next[0], n.children[missing]
	var keys *Neighbours
	if n.task.explains {
		keys = &Neighbours{}
	}
	verdict := child.miss(keys)
	u := n.explainMiss(e, verdict, child, keys)
	if n.edge != nil {
		n.edge.FailRight()
		n.ledger.failed = u
		verdict = Incomplete
	}
	n.judge(e.Record.Offset, verdict, u)
	for _, c := range n.children[:missing] {
		c.endanger(c.candidates.group, u, Incomplete)
	}
	n.neglect(n.children[missing+1:], u)
}

// miss returns why the parent's element at hand has no match at n.
func (n *node) miss(keys *Neighbours) Verdict {
	if n.candidates.unasked {
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
		u.because(child.ledger.failed)
	case n.edge != nil:
		cause := u.Unmatched
		u.verdict, u.Verdict, u.Cause = Incomplete, observe.Incomplete, &cause
	}
	return u
}

// judge counts the verdict about an element and tells it. An element that a run before has accounted for doesn't count
// here.
func (n *node) judge(offset int64, verdict Verdict, u *unmatched) {
	if offset < n.ledger.accounted {
		n.countRead(offset, -1)
		return
	}
	if !n.ledger.before.hasFate(offset) {
		n.ledger.count.unmatched[verdict]++
	}
	if u != nil {
		n.task.tell(n, u)
	}
}

// endanger puts elements that were not handed over, and those below them, at risk.
func (n *node) endanger(list []Element, because *unmatched, verdict Verdict) {
	if len(list) == 0 || n.areAtRisk(list) {
		return
	}
	for i := range list {
		e := &list[i]
		offset := e.Record.Offset
		if offset <= n.ledger.handed {
			continue
		}
		at, found := n.findRisk(offset)
		if found {
			continue
		}
		var u *unmatched
		if n.task.explains {
			u = n.explain(e, verdict, n.parent, Neighbours{})
			u.because(because)
		}
		n.ledger.risk = slices.Insert(n.ledger.risk, at, atRisk{offset, verdict, u})
		n.task.risks++
		for c, matches := range e.Matches {
			n.children[c].endanger(matches, u, verdict)
		}
	}
}

func (n *node) findRisk(offset int64) (int, bool) {
	return slices.BinarySearchFunc(n.ledger.risk, offset, func(r atRisk, offset int64) int { return cmp.Compare(r.offset, offset) })
}

// areAtRisk reports whether all elements of a group are at risk already.
func (n *node) areAtRisk(list []Element) bool {
	first, ok := n.findRisk(list[0].Record.Offset)
	last := first + len(list) - 1
	return ok && last < len(n.ledger.risk) && n.ledger.risk[last].offset == list[len(list)-1].Record.Offset
}

// reclaim takes elements that are handed over from those at risk. What is at risk between two of them is among them, too.
func (n *node) reclaim(list []Element) {
	first, _ := n.findRisk(list[0].Record.Offset)
	behind, _ := n.findRisk(list[len(list)-1].Record.Offset + 1)
	n.ledger.risk = slices.Delete(n.ledger.risk, first, behind)
	n.task.risks -= behind - first
}

// judgeLost judges what is at risk and out of every parent's reach. What an element that is being evaluated may still take
// along lies in the groups at hand.
func (t *task) judgeLost() {
	if t.alive == nil {
		t.alive = make([]int64, len(t.nodes))
	}
	for i := range t.alive {
		t.alive[i] = math.MaxInt64
	}
	for _, n := range t.nodes {
		n.reach(n.candidates.group)
	}
	if t.window != nil {
		t.root.reach(t.window.masters)
	}
	for i, n := range t.nodes {
		n.judgeRisks(t.alive[i])
		if len(n.ledger.risk) > 0 && n.ledger.risk[0].offset < n.ledger.handed {
			n.judgePassed()
		}
	}
}

// judgePassed judges what is at risk before what was handed over, and in no list any more: it would keep that from being
// accounted for.
func (n *node) judgePassed() {
	n.ledger.risk = slices.DeleteFunc(n.ledger.risk, func(r atRisk) bool {
		if r.offset > n.ledger.handed || n.holds(n.candidates.group, r.offset) || n.parent.matchesHold(n.index, r.offset) {
			return false
		}
		n.judge(r.offset, r.verdict, r.explained)
		n.task.risks--
		return true
	})
}

// holds reports whether an element is in a list of the node's.
func (*node) holds(list []Element, offset int64) bool {
	_, found := slices.BinarySearchFunc(list, offset, func(e Element, offset int64) int {
		return cmp.Compare(e.Record.Offset, offset)
	})
	return found
}

// matchesHold reports whether an element of the child with the index given is among the matches of what the node, or a window,
// holds, or a node above.
func (n *node) matchesHold(index int, offset int64) bool {
	for m := n; m != nil; m = m.parent {
		if m.listHolds(m.candidates.group, index, offset) {
			return true
		}
	}
	w := n.task.window
	return w != nil && n.task.root.listHolds(w.masters, index, offset)
}

// listHolds reports whether an element of the node with the index given is among what elements of n are joined with.
func (n *node) listHolds(list []Element, index int, offset int64) bool {
	for i := range list {
		for c, matches := range list[i].Matches {
			child := n.children[c]
			if index < child.index || index >= child.index+child.size {
				continue
			}
			if child.index == index && child.holds(matches, offset) || child.listHolds(matches, index, offset) {
				return true
			}
		}
	}
	return false
}

// reach notes the least offsets that can be reached from a list. Lists are ordered, and so are those below them: the first
// of the first is the least.
func (n *node) reach(list []Element) {
	if len(list) == 0 {
		return
	}
	alive := &n.task.alive[n.index]
	*alive = min(*alive, list[0].Record.Offset)
	for c, matches := range list[0].Matches {
		n.children[c].reach(matches)
	}
}

// judgeRisks judges what is at risk below an offset.
func (n *node) judgeRisks(below int64) {
	lost := 0
	for ; lost < len(n.ledger.risk) && n.ledger.risk[lost].offset < below; lost++ {
		r := &n.ledger.risk[lost]
		n.judge(r.offset, r.verdict, r.explained)
	}
	n.ledger.risk = slices.Delete(n.ledger.risk, 0, lost)
	n.task.risks -= lost
}

// judgeOpen judges what is open at the end of the session.
func (t *task) judgeOpen() {
	for _, n := range t.nodes[1:] {
		n.endanger(n.candidates.group, nil, Ended)
	}
	for _, n := range t.nodes {
		n.judgeRisks(math.MaxInt64)
		if n.cursor.hasNext {
			n.judge(n.cursor.next[0].Record.Offset, Ended, n.explainOpen())
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
			if c.candidates.unasked {
				keys.Key = nil
			}
		}
	}
	return n.explain(&n.cursor.next[0], Ended, other, keys)
}
