package engine_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// What is said of an element that isn't handed over is true, word by word of what observe says of the verdicts, at each node
// below the master, whatever its edge takes and needs.
func TestVerdictsOfChildrenAreTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		withoutFunctions(tr)
		b := tr.storage(memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")))
		tr.fill(t, b)
		spec, _ := drawSpec(t, tr, b)
		told := map[position]observe.Verdict{}
		spec.OnUnmatched = func(u *observe.Unmatched) {
			at := position{u.Node, u.Offset}
			if before, twice := told[at]; twice {
				t.Fatalf("%v is %s, and %s", at, before, u.Verdict)
			}
			told[at] = u.Verdict
		}
		stats := &engine.Stats{}
		if err := engine.Run(t.Context(), spec, stats); err != nil {
			t.Fatalf("run: %v", err)
		}
		handed := map[position]bool{}
		tr.eachBelow(tr.completeItems(), func(n *tree, it item) { handed[position{n.name, int64(it.ID)}] = true })
		read := map[*tree]int64{}
		for i, n := range totals(stats) {
			read[tr.nodes()[i]] = n.Read
		}
		for _, parent := range tr.nodes() {
			for c, n := range parent.children {
				side := otherSide{parent: parent, node: n, c: c, handed: handed, read: int(read[parent])}
				for _, it := range n.items[:read[n]] {
					at := position{n.name, int64(it.ID)}
					switch verdict, isTold := told[at]; {
					case isTold == handed[at]:
						t.Fatalf("%v is handed over: %v, and told: %v", at, handed[at], isTold)
					case isTold && !side.allows(it, verdict):
						t.Fatalf("%v is said to be %s\n%s", at, verdict, tr)
					}
				}
			}
		}
	})
}

// An otherSide is what a child's elements are judged against: the parent's elements, of which read were read.
type otherSide struct {
	parent, node *tree
	c, read      int
	handed       map[position]bool
}

// where says how an item lies to a parent's: below its reach (-1), within it, or above.
func (s *otherSide) where(p, it item) int {
	switch distance := it.Up - p.Down[s.c]; {
	case distance < s.node.lo:
		return -1
	case distance > s.node.hi:
		return 1
	}
	return 0
}

// any says whether there is one of the parent's items that has a key and of which a condition is true; handedOver says that
// it must have been handed over, so that it has surely looked for matches.
func (s *otherSide) any(handedOver bool, condition func(p item) bool) bool {
	return slices.ContainsFunc(s.parent.items[:s.read], func(p item) bool {
		return p.Down[s.c] != null && !(s.node.by && p.ByDown[s.c] == null) &&
			(!handedOver || s.handed[position{s.parent.name, int64(p.ID)}]) && condition(p)
	})
}

// allows says whether a verdict about an item that isn't handed over is true.
func (s *otherSide) allows(it item, verdict observe.Verdict) bool {
	n := s.node
	isNull := it.Up == null || n.by && it.ByUp == null
	if isNull || verdict == observe.Null {
		return isNull && verdict == observe.Null
	}
	within := func(p item) bool { return s.where(p, it) == 0 }
	isCandidate := func(p item) bool {
		return within(p) && !(n.by && it.ByUp != p.ByDown[s.c]) && !(n.unequal && it.Up == p.Down[s.c])
	}
	isIncomplete := func(p item) bool { return !s.handed[position{s.parent.name, int64(p.ID)}] }
	switch verdict {
	case observe.Gap:
		return !s.any(true, isCandidate)
	case observe.Behind:
		return !s.any(false, func(p item) bool { return s.where(p, it) > 0 }) && !s.any(true, isCandidate)
	case observe.Ended:
		// It may be held as a match of one that the session's end has left open.
		return !s.any(true, func(p item) bool { return s.where(p, it) < 0 }) ||
			s.any(false, func(p item) bool { return isIncomplete(p) && isCandidate(p) })
	case observe.Incomplete:
		return s.any(false, within) && !n.complete(it) || s.any(false, isIncomplete)
	case observe.NotTaken:
		if (n.by || n.unequal && n.need == engine.NeedAbsent) && s.any(false, within) {
			return true // of one that was overtaken, or came behind what was certain, nobody knows who would have it
		}
		return n.need != engine.NeedAbsent && n.take != engine.TakeAll && s.any(false, within)
	case observe.Excluded:
		return n.need == engine.NeedAbsent && s.any(false, isCandidate)
	}
	return false
}
