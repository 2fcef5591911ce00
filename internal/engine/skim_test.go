package engine_test

import (
	"slices"
	"testing"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
	"pgregory.net/rapid"
)

// Where verdicts aren't explained, a node without children goes over many elements at a time. It hands over the same, and
// counts the same verdicts, as where it looks at each element to explain it.
func TestSkimmingCountsWhatIsExplained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		batch := memory.Batch(rapid.IntRange(1, 20).Draw(t, "batch"))
		isWindowed, concurrency := rapid.Bool().Draw(t, "windowed"), rapid.SampledFrom([]int{1, 1, 3}).Draw(t, "concurrency")
		runOnce := func(explained bool) (calls []string, nodes []observe.NodeState) {
			b := tr.storage(batch)
			tr.fill(t, b)
			spec := tr.spec(b)
			spec.Concurrency = concurrency
			spec.OnDisorder.Kind = engine.Skip
			if isWindowed {
				windowed(spec)
			}
			stats := &engine.Stats{KeepRecent: explained}
			if err := engine.Run(t.Context(), spec, stats); err != nil {
				t.Fatalf("run: %v", err)
			}
			return outputs(t, b), totals(stats)
		}
		calls, nodes := runOnce(true)
		skimmedCalls, skimmed := runOnce(false)
		if !slices.Equal(calls, skimmedCalls) {
			t.Fatalf("calls differ\nskimmed   %q\nexplained %q", skimmedCalls, calls)
		}
		for i := range nodes {
			want, got := &nodes[i], &skimmed[i]
			if got.Read != want.Read || got.Matched != want.Matched || got.WithoutMatch != want.WithoutMatch ||
				got.Offset != want.Offset || got.Group != want.Group {
				t.Fatalf("node %d differs\nskimmed   %+v\nexplained %+v", i, *got, *want)
			}
			for verdict, count := range want.Unmatched {
				if got.Unmatched[verdict] != count {
					t.Fatalf("node %d has the verdict %s for %d elements, not %d", i, verdict, got.Unmatched[verdict], count)
				}
			}
		}
	})
}
