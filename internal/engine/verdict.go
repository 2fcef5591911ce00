package engine

import (
	"math"

	"github.com/leat-go/leat/observe"
)

// This file finds out why elements are not handed over. An element of a node has one of these fates:
//
//   - No parent probes for it: it is passed over, and its verdict is final.
//   - It is probed for, or is a master, and has itself no match at one of its children: it is incomplete, and its
//     verdict is final.
//   - It is complete, and a candidate of a parent that turns out to be incomplete: its verdict is provisional, since
//     another parent may still hand it over (provisional.go).
//   - It is open at the end of the session, and gets its verdict then.
//
// INVARIANT: for an element that matches, nothing is done here.

// A Verdict is an [observe.Verdict] as a number, so that to count one is to index.
type Verdict int

// The verdicts.
const (
	Gap Verdict = iota
	Behind
	Ended
	Idled
	Incomplete
	Null
	OutOfOrder
	Undecodable
	NotTaken
	Excluded
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
	case Idled:
		return observe.Idled
	case Incomplete:
		return observe.Incomplete
	case Null:
		return observe.Null
	case OutOfOrder:
		return observe.OutOfOrder
	case Undecodable:
		return observe.Undecodable
	case NotTaken:
		return observe.NotTaken
	case Excluded:
		return observe.Excluded
	}
	return "unknown"
}

// String returns the verdict's name, which is that of the observers.
func (v Verdict) String() string { return string(v.observed()) }

// passOver enters the verdict about next, which no parent probes for.
func (n *node) passOver() {
	var u *unmatched
	verdict := Gap
	if n.task.ledgers.explains {
		var keys Neighbours
		verdict = n.passedOver(n.edge.PassOver(&keys))
		u = n.explain(&n.cursor.next[0], verdict, n.parent, keys)
		if verdict == Incomplete {
			u.because(n.ledger.bypassedBy)
		}
	} else {
		verdict = n.passedOver(n.edge.PassOver(nil))
	}
	n.ledger.enter(n.cursor.next[0].Record.Offset, verdict, u)
	bypass(n.children, u)
}

// passedOver returns the verdict about an element for one of the edge. What isn't taken where there must be no match is one
// that excludes; an edge that selects knows.
func (n *node) passedOver(verdict Verdict) Verdict {
	if verdict == NotTaken && n.candidates.need == NeedAbsent && n.candidates.selection == nil {
		return Excluded
	}
	return verdict
}

// passOverNull enters the verdict about next, whose key for the parent is null (R7a).
func (n *node) passOverNull() {
	var u *unmatched
	if n.task.ledgers.explains {
		u = n.explain(&n.cursor.next[0], Null, n.parent, Neighbours{})
	}
	n.ledger.enter(n.cursor.next[0].Record.Offset, Null, u)
	bypass(n.children, u)
}

// bypass says that their parent's element at hand doesn't probe the children; because is the verdict about it.
func bypass(children []*node, because *unmatched) {
	for _, c := range children {
		if c.candidates.leftNull {
			continue
		}
		c.edge.Bypass()
		c.ledger.bypassedBy = because
	}
}

// enterUntaken enters the verdict about a candidate that is dropped and was no match of any parent's element: these took
// others, or none had its match keys, or one its key where that is no match. Of what was overtaken, by another of its match keys,
// nobody knows whether one that has it within reach is still to come, but whoever does takes another; and of what came behind a
// match that was certain, whether it would have been one. What it has matches of may
// be handed over by others.
func (n *node) enterUntaken(i int, overtaken bool) {
	s := n.candidates.selection
	verdict, apart := NotTaken, observe.Apart("")
	switch wasLookedFor := s.lookedFor(i); {
	case s.exists && s.about.items[i].excludes:
		verdict = Excluded
	case overtaken, s.about.items[i].unasked:
	case !wasLookedFor:
		verdict, apart = Gap, observe.ByMatchKey
	case s.take == TakeAll:
		verdict, apart = Gap, observe.ByEqualKeys
	}
	e := &n.candidates.group[i]
	var u *unmatched
	if n.task.ledgers.explains {
		u = n.explain(e, verdict, n.parent, Neighbours{Key: s.keyOf(i), Apart: apart})
	}
	n.ledger.enter(e.Record.Offset, verdict, u)
	for c, matches := range e.Matches {
		n.children[c].enterProvisionally(matches, u, Incomplete)
	}
}

// resume remembers the keys of an element that a run before has dealt with. null says that its key for the parent is.
func (n *node) resume(null bool) {
	if n.idle != nil && n.sorter == nil {
		n.idle.come() // whoever has waited for this one doesn't any more
	}
	if n.edge != nil && !null {
		n.edge.ResumeRight()
	}
	for _, c := range n.children {
		if !c.candidates.leftNull {
			c.edge.ResumeLeft()
		}
	}
}

// enterIncomplete enters the verdict about next, which has no match at the child with the index given. The children
// before have candidates that it would have handed over, and those behind aren't probed.
func (n *node) enterIncomplete(missing int) {
	e, child := &n.cursor.next[0], n.children[missing]
	var keys *Neighbours
	if n.task.ledgers.explains {
		keys = &Neighbours{}
	}
	verdict := Excluded
	if child.candidates.need != NeedAbsent {
		verdict = child.miss(keys)
	} else if keys != nil {
		keys.Key = child.edge.LeftKey()
	}
	u := n.explainMiss(e, verdict, child, keys)
	if n.edge != nil {
		n.edge.NoteIncomplete()
		if n.ledger.incomplete = u; u != nil && n.candidates.selection != nil {
			n.candidates.selection.because(u)
		}
		verdict = Incomplete
	}
	n.ledger.enter(e.Record.Offset, verdict, u)
	for _, c := range n.children[:missing] {
		c.enterMatches(u, Incomplete)
	}
	if child.candidates.need == NeedAbsent {
		child.enterMatches(u, Excluded)
	}
	bypass(n.children[missing+1:], u)
}

// miss returns why the parent's element at hand has no match at n.
func (n *node) miss(keys *Neighbours) Verdict {
	if n.candidates.leftNull {
		return Null
	}
	verdict := n.edge.Miss(n.candidates.sure || n.cursor.hasNext && n.edge.Compare() < 0, keys)
	if n.idle != nil && verdict != Incomplete && n.idle.passed() {
		verdict = Idled
	}
	switch s := n.candidates.selection; {
	case keys == nil:
	case verdict == Ended && !n.cursor.atEnd():
		// A stream below has ended, and with it the session: what was not read would tell more.
		keys.Apart, keys.Distance = "", nil
	case s != nil && keys.Apart != "" && s.hasNoneOfLeft():
		keys.Apart = observe.ByMatchKey
	}
	return verdict
}

// explainMiss explains the verdict about an element without a match at a child. For a master it is that of the edge
// to the child. Another element has its counterpart, so that it is incomplete, and the verdict of the edge is the
// cause.
func (n *node) explainMiss(e *Element, verdict Verdict, child *node, keys *Neighbours) *unmatched {
	if keys == nil {
		return nil
	}
	u := n.explain(e, verdict, child, *keys)
	switch {
	case verdict == Incomplete && child.candidates.selection != nil:
		u.because(child.candidates.selection.cause())
	case verdict == Incomplete:
		u.because(child.ledger.incomplete)
	case n.edge != nil:
		cause := u.Unmatched
		u.verdict, u.Verdict, u.Cause = Incomplete, observe.Incomplete, &cause
	}
	return u
}

// enterOpen enters the verdicts about what is open at the end of the session.
func (t *task) enterOpen() {
	for _, n := range t.nodes[1:] {
		n.enterHeld()
	}
	for _, n := range t.nodes {
		n.ledger.confirmBelow(math.MaxInt64)
		if n.cursor.hasNext {
			n.ledger.enter(n.cursor.next[0].Record.Offset, Ended, n.explainOpen())
		}
	}
}

// explainOpen explains the verdict of next at the end of the session: the stream of a child has ended, or the session
// has before a parent has probed for it.
func (n *node) explainOpen() *unmatched {
	if !n.task.ledgers.explains {
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
