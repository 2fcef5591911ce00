package engine

import (
	"cmp"
	"math"
	"slices"
)

// This file makes provisional verdicts final: those about elements that no parent can hand over any more.

// enterProvisionally enters provisional verdicts about elements that were not handed over, and those below them;
// because is the verdict that theirs follow from.
func (n *node) enterProvisionally(list []Element, because *unmatched, verdict Verdict) {
	if len(list) == 0 || !n.isSparse && n.ledger.hasAll(list) {
		return
	}
	for i := range list {
		if !n.isHandedOver(list[i].Record.Offset) {
			n.enterOneProvisionally(&list[i], because, verdict)
		}
	}
}

// enterOneProvisionally enters a provisional verdict about an element unless there is one.
func (n *node) enterOneProvisionally(e *Element, because *unmatched, verdict Verdict) {
	at, found := n.ledger.find(e.Record.Offset)
	if found {
		return
	}
	var u *unmatched
	if n.task.ledgers.explains {
		u = n.explain(e, verdict, n.parent, Neighbours{})
		u.because(because)
	}
	n.ledger.enterProvisionally(at, provisional{e.Record.Offset, verdict, u})
	if verdict == Excluded {
		verdict = Incomplete // what it has matches of has excluded nothing
	}
	for c, matches := range e.Matches {
		n.children[c].enterProvisionally(matches, u, verdict)
	}
}

// enterMatches enters provisional verdicts about the matches of the parent's element at hand.
func (n *node) enterMatches(because *unmatched, verdict Verdict) {
	if !n.candidates.leftNull {
		n.enterProvisionally(n.candidates.matches(), because, verdict)
	}
}

// enterHeld enters provisional verdicts about the candidates at the end of the session.
func (n *node) enterHeld() {
	n.enterCandidates(func(i int) { n.enterOneProvisionally(&n.candidates.group[i], nil, Ended) })
}

// leaveHeldOpen leaves the candidates to the next run. Those that were no match of any parent's element count as not
// read.
func (n *node) leaveHeldOpen() {
	n.enterCandidates(func(i int) {
		n.ledger.counts.read--
		for c, matches := range n.candidates.group[i].Matches {
			n.children[c].enterProvisionally(matches, nil, Ended)
		}
	})
}

// enterCandidates enters provisional verdicts about the candidates at the end of the session. other is called for those
// that a selection holds and that were no match of any parent's element.
func (n *node) enterCandidates(other func(i int)) {
	s := n.candidates.selection
	if s == nil {
		n.enterProvisionally(n.candidates.group, nil, Ended)
		return
	}
	for i := range s.about.items {
		switch a := &s.about.items[i]; {
		case a.list == nil:
		case a.taken:
			n.enterProvisionally(n.candidates.group[i:i+1], nil, Ended)
		default:
			other(i)
		}
	}
}

// confirmLost makes the verdicts final about elements that are lost: that no group and no open window leads to. What
// an element that is being evaluated may still take along lies in the groups at hand.
func (t *task) confirmLost() {
	live := t.ledgers.live
	for i := range live {
		live[i] = math.MaxInt64
	}
	for _, n := range t.nodes {
		n.noteLive(n.candidates.group)
	}
	if t.window != nil {
		t.root.noteLive(t.window.masters)
	}
	for i, n := range t.nodes {
		n.ledger.confirmBelow(live[i])
		if n.isSparse {
			n.confirmOvertaken()
			continue
		}
		if p := n.ledger.provisional; len(p) > 0 && p[0].offset < n.ledger.handedOver {
			n.confirmOvertaken()
		}
	}
}

// noteLive notes the least offsets that a list leads to. Lists are ordered, and so are those below them, unless they
// are sparse or may be empty, there or further down: the first of the first is the least. Say the master 1 has the match a,
// which has none at an optional node below, and the master 2 has b, which has the match c there: then c is live.
func (n *node) noteLive(list []Element) {
	if len(list) == 0 {
		return
	}
	live := &n.task.ledgers.live[n.index]
	*live = min(*live, list[0].Record.Offset)
	for c, child := range n.children {
		if child.isTight {
			child.noteLive(list[0].Matches[c])
			continue
		}
		for i := range list {
			child.noteLive(list[i].Matches[c])
		}
	}
}

// confirmOvertaken makes the verdicts final about elements before what was handed over last, as far as they are in no
// list any more. They are above the least live offset, so that confirmLost leaves them, and would keep what was
// handed over behind them from being accounted for.
//
// Say the elements a1, a2, a3 of one group match b1, b3 and b5 below, and a2 is incomplete at another child. The
// group is handed over, and b1 is live as long as the group is; but b3 was matched by a2 alone, and is lost.
//
// The look into the lists is for joins whose matches aren't everything between the first and the last of them, such
// as those with match keys: there a list may hold an element that a call has overtaken.
func (n *node) confirmOvertaken() {
	n.ledger.confirm(func(offset int64) bool {
		return (n.isSparse || offset < n.ledger.handedOver) &&
			!contains(n.candidates.group, offset) && !n.parent.leadsTo(n.index, offset)
	})
}

// contains reports whether an element is in a list.
func contains(list []Element, offset int64) bool {
	_, found := find(list, offset)
	return found
}

// find returns where an element is in a list.
func find(list []Element, offset int64) (at int, found bool) {
	return slices.BinarySearchFunc(list, offset, func(e Element, offset int64) int {
		return cmp.Compare(e.Record.Offset, offset)
	})
}

// leadsTo reports whether an element of the node with the index given is among the matches of the groups of n and the
// nodes above it, or of the open window.
func (n *node) leadsTo(index int, offset int64) bool {
	for m := n; m != nil; m = m.parent {
		if m.listLeadsTo(m.candidates.group, index, offset) {
			return true
		}
	}
	w := n.task.window
	return w != nil && n.task.root.listLeadsTo(w.masters, index, offset)
}

// listLeadsTo reports whether an element of the node with the index given is among the matches of a list of n's
// elements.
func (n *node) listLeadsTo(list []Element, index int, offset int64) bool {
	for i := range list {
		for c, matches := range list[i].Matches {
			child := n.children[c]
			if index < child.index || index >= child.index+child.size {
				continue
			}
			if child.index == index && contains(matches, offset) || child.listLeadsTo(matches, index, offset) {
				return true
			}
		}
	}
	return false
}
