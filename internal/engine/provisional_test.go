package engine

import (
	"slices"
	"testing"

	"github.com/leat-go/leat/broker"
)

// list returns elements at the offsets given, without matches.
func list(offsets ...int64) []Element {
	elements := make([]Element, len(offsets))
	for i, offset := range offsets {
		elements[i].Record = &broker.Record{Offset: offset}
	}
	return elements
}

// matching returns an element at an offset with matches at each child.
func matching(offset int64, matches ...[]Element) []Element {
	elements := list(offset)
	elements[0].Matches = matches
	return elements
}

// overtaking returns a task with the nodes master, a below it, and b and c below a. b has provisional verdicts about
// the elements 1, 3 and 7, and the function has got its element 5.
func overtaking() (t *task, master, a, b *node) {
	t = &task{ledgers: ledgers{provisional: 3, live: make([]int64, 4)}}
	add := func(parent *node, size int) *node {
		n := &node{task: t, parent: parent, index: len(t.nodes), size: size}
		n.ledger = ledger{all: &t.ledgers, node: n.index, handedOver: -1}
		t.nodes = append(t.nodes, n)
		if parent != nil {
			parent.children = append(parent.children, n)
		}
		return n
	}
	master = add(nil, 4)
	a = add(master, 3)
	b = add(a, 1)
	add(a, 1)
	t.root = master
	b.ledger.handedOver = 5
	for _, offset := range []int64{1, 3, 7} {
		b.ledger.provisional = append(b.ledger.provisional, provisional{offset: offset, verdict: Incomplete})
	}
	return t, master, a, b
}

// A provisional verdict is final when the element lies before one that was handed over and is in no list any more,
// from which a later call might hand it over.
func TestOvertakenElementsGetTheirVerdicts(t *testing.T) {
	cases := []struct {
		name string
		// hold puts lists where a later call may find them.
		hold func(t *task, master, a, b *node)
		open []int64 // the elements whose verdicts stay provisional
	}{
		{"in no list", func(*task, *node, *node, *node) {}, []int64{7}},
		{"others in the lists", func(_ *task, _, a, b *node) {
			b.candidates.group = list(5, 6)
			a.candidates.group = matching(0, list(0, 2), list(1, 3))
		}, []int64{7}},
		{"in the node's own group", func(_ *task, _, _, b *node) {
			b.candidates.group = list(3, 5)
		}, []int64{3, 7}},
		{"matches of a parent in its group", func(_ *task, _, a, _ *node) {
			a.candidates.group = slices.Concat(matching(0, list(1), list(0)), matching(1, list(2), list(1)))
		}, []int64{1, 7}},
		{"matches of matches of a master in the open window", func(t *task, master, _, _ *node) {
			t.window = &window{masters: slices.Concat(
				matching(0, matching(0, list(0), list(0))), matching(1, matching(1, list(2, 3), list(0))))}
		}, []int64{3, 7}},
		{"of the same offset at another node", func(t *task, _, a, _ *node) {
			a.candidates.group = slices.Concat(matching(1, list(0), list(3)), matching(3, list(2), list(1)))
		}, []int64{7}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			task, master, a, b := overtaking()
			c.hold(task, master, a, b)
			b.confirmOvertaken()
			var open []int64
			for _, p := range b.ledger.provisional {
				open = append(open, p.offset)
			}
			if !slices.Equal(open, c.open) {
				t.Errorf("provisional are the verdicts about %v, want %v", open, c.open)
			}
			final := int64(3 - len(c.open))
			if got := b.ledger.counts.unmatched[Incomplete]; got != final {
				t.Errorf("%d verdicts are final, want %d", got, final)
			}
			if task.ledgers.provisional != len(c.open) {
				t.Errorf("the task has %d provisional verdicts, want %d", task.ledgers.provisional, len(c.open))
			}
		})
	}
}

// What lies below every list is lost, and what lies before the elements handed over, too; the rest waits.
func TestLostElementsGetTheirVerdicts(t *testing.T) {
	task, _, a, b := overtaking()
	a.candidates.group = matching(0, list(2, 7), list(0)) // 1 lies below it
	task.confirmLost()
	if p := b.ledger.provisional; len(p) != 1 || p[0].offset != 7 || b.ledger.counts.unmatched[Incomplete] != 2 {
		t.Errorf("provisional are %v, want that about 7 alone", p)
	}
	b.ledger.decided = 9
	if b.ledger.account(); b.ledger.accounted != 7 {
		t.Errorf("elements below %d are accounted for, want 7, whose verdict is provisional", b.ledger.accounted)
	}
	b.ledger.withdraw(list(6, 7))
	if b.ledger.account(); b.ledger.accounted != 9 || task.ledgers.provisional != 0 {
		t.Errorf("elements below %d are accounted for, want 9", b.ledger.accounted)
	}
}

// What the open window leads to isn't lost.
func TestTheOpenWindowKeepsVerdictsProvisional(t *testing.T) {
	task, _, _, b := overtaking()
	b.ledger.handedOver = 0
	task.window = &window{masters: matching(0, matching(0, list(3), list(0)))}
	task.confirmLost()
	if p := b.ledger.provisional; len(p) != 2 || p[0].offset != 3 {
		t.Errorf("provisional are %v, want those about 3 and 7", p)
	}
}

// A call counts each element once, whatever lists it comes in.
func TestElementsHandedOverAreCountedOnce(t *testing.T) {
	_, _, _, b := overtaking()
	for _, c := range []struct {
		list    []int64
		matched int64 // in all
		open    int
	}{
		{[]int64{4, 5}, 0, 3},
		{[]int64{5, 6}, 1, 3},
		{[]int64{7}, 2, 2},
		{[]int64{6, 7, 8}, 3, 2},
		{[]int64{6, 7, 8}, 3, 2},
		{[]int64{9, 10}, 5, 2},
	} {
		b.countHandedOver(list(c.list...))
		if b.ledger.counts.matched != c.matched || len(b.ledger.provisional) != c.open {
			t.Errorf("after %v: %d matched, %d provisional, want %d and %d", c.list,
				b.ledger.counts.matched, len(b.ledger.provisional), c.matched, c.open)
		}
	}
}
