package engine_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// Every element that was read is matched or has a verdict, and the verdicts are those of the naive reference, for any tree
// and any streams, with and without windows and calls side by side.
func TestVerdictsEqualReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		withoutFunctions(tr)
		b := tr.storage(memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")))
		tr.fill(t, b)
		spec, _ := drawSpec(t, tr, b)
		stats := &engine.Stats{KeepRecent: rapid.Bool().Draw(t, "explained")}
		if err := engine.Run(t.Context(), spec, stats); err != nil {
			t.Fatalf("run: %v", err)
		}
		checkVerdicts(t, tr, totals(stats))
	})
}

// withoutFunctions has all joins by keys: a comparison can't tell the keys of two parents apart.
func withoutFunctions(tr *tree) {
	for _, n := range tr.nodes() {
		if n.kind == "func" {
			n.kind = "int"
		}
	}
}

func checkVerdicts(t *rapid.T, tr *tree, got []engine.NodeSnapshot) {
	read := make([]int64, len(got))
	for i := range got {
		read[i] = got[i].Read
	}
	for i, fates := range tr.fates(read) {
		want := engine.NodeSnapshot{Read: int64(len(fates)), Waited: got[i].Waited}
		for _, fate := range fates {
			if fate == matched {
				want.Matched++
			} else {
				want.Unmatched[fate]++
			}
		}
		if got[i] != want {
			t.Fatalf("node %s\n got %+v\nwant %+v\nfates %v", tr.nodes()[i].name, got[i], want, fates)
		}
	}
}
