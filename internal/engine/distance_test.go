package engine_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// A verdict in a join with a reach says how far the nearest element of the other side is, whatever the edge takes and
// needs; where some are within reach, it says what keeps them apart.
func TestVerdictsSayHowFarTheNearestIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := pair(nil, nil)
		child := &tree{name: "child", kind: "int"}
		for drawEdge(t, child); child.lo == 0 && child.hi == 0; {
			child.lo, child.hi = -1, 2
		}
		child.items, tr.children = drawItems(t, child), []*tree{child}
		tr.items = drawItems(t, tr)
		b := tr.storage()
		tr.fill(t, b)
		spec := tr.spec(b)
		spec.OnUnmatched = func(u *observe.Unmatched) {
			key, others := u.Key, ups(child.items)
			if u.Node == "child" {
				others = downs(tr.items)
			}
			switch {
			case u.Apart != "":
				checkApart(t, tr, u)
			case u.Distance != nil:
				d, above, below := nearest(key.(int), others)
				if u.Distance.By != d || u.Distance.Later && !above || !u.Distance.Later && !below {
					t.Fatalf("%+v: %v, but it is %d", *u, u.Distance, d)
				}
			case u.Node == "child":
				checkPassedOver(t, tr, u)
			case u.Node == "master" && u.Verdict != observe.Excluded && u.Verdict != observe.Ended:
				t.Fatalf("nothing is said of how far away the nearest is: %+v", *u)
			}
		}
		if err := engine.Run(t.Context(), spec, nil); err != nil {
			t.Fatalf("run: %v", err)
		}
	})
}

// checkPassedOver checks what is said of a child of which no distance is told: that it is a candidate of a master which took
// another, unless the masters lie elsewhere for other reasons.
func checkPassedOver(t *rapid.T, tr *tree, u *observe.Unmatched) {
	child := tr.children[0]
	if u.Verdict != observe.Gap && u.Verdict != observe.Behind || child.by || child.unequal {
		return
	}
	t.Fatalf("%+v: either a master has it within reach, and it isn't taken, or the distance is known", *u)
}

// checkApart checks that there are elements within reach, and none that is a candidate.
func checkApart(t *rapid.T, tr *tree, u *observe.Unmatched) {
	child, key := tr.children[0], u.Key.(int)
	within := func(left, right int) bool { return child.lo <= right-left && right-left <= child.hi }
	if u.Node == "child" {
		if !slices.ContainsFunc(tr.items, func(m item) bool { return within(m.Down[0], key) }) {
			t.Fatalf("%+v: no master is within reach", *u)
		}
		return
	}
	if found := tr.candidates(tr.items[u.Offset], 0); len(found) > 0 {
		t.Fatalf("%+v: %+v are within reach", *u, found)
	}
}

func ups(items []item) (keys []int) {
	for _, it := range items {
		keys = append(keys, it.Up)
	}
	return keys
}

func downs(items []item) (keys []int) {
	for _, it := range items {
		keys = append(keys, it.Down[0])
	}
	return keys
}
