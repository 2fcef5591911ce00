package engine_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// What Where leaves out isn't there: a run over streams with elements of any keys between the others, which dies behind
// every single commit, equals the reference without those.
func TestWhereEqualsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		b := tr.storage(memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")), memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
		for _, n := range tr.nodes() {
			n.stored = withOthers(t, n)
		}
		tr.fill(t, b)
		spec, want := drawSpec(t, tr, b)
		for _, n := range spec.Master.Nodes() {
			n.AddWhere(func(e any) (bool, error) { return e.(*item).ID >= 0, nil }, "id >= 0")
		}
		runUntilEnd(t, spec, func() { b.LoseCommit(1, errCrash) })
		if got := outputs(t, b); !slices.Equal(got, want) {
			t.Fatalf("calls differ\n got %q\nwant %q", got, want)
		}
	})
}

// withOthers returns a stream's items with some between them, of any keys, whose ID is below zero.
func withOthers(t *rapid.T, n *tree) (all []item) {
	for i := 0; i <= len(n.items); i++ {
		for range rapid.SampledFrom([]int{0, 0, 1, 2, 4}).Draw(t, "others") {
			other := item{ID: -1, Up: rapid.IntRange(-5, 50).Draw(t, "up"), Down: make([]int, len(n.children)),
				ByDown: make([]int, len(n.children))}
			for c := range other.Down {
				other.Down[c] = rapid.IntRange(-5, 50).Draw(t, "down")
			}
			all = append(all, other)
		}
		if i < len(n.items) {
			all = append(all, n.items[i])
		}
	}
	return all
}
