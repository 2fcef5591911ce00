package engine

import (
	"log/slog"
	"testing"

	"github.com/leat-go/leat/observe"
)

// BenchmarkWatched measures what it costs to be watched, per element: elements that match cost nothing more where
// verdicts are told, and calls the measuring of their time where metrics are shown. Elements that don't match are
// explained where verdicts are told.
func BenchmarkWatched(b *testing.B) {
	leaf := func(children ...*Node) *Node { return &Node{NewEdge: benchEdge, Children: children} }
	apart := chunksOf(5_000, 1) // the keys of no other chunk
	for _, c := range apart {
		for i := range c.values {
			c.values[i] = &element{Key: c.values[i].(*element).Key + 1_000_000}
		}
	}
	trees := []struct {
		name    string
		master  *Node
		streams [][]*chunk
	}{
		{"matched", &Node{Children: []*Node{leaf()}}, [][]*chunk{chunksOf(5_000, 1), chunksOf(5_000, 1)}},
		{"matched-chain", &Node{Children: []*Node{leaf(leaf())}},
			[][]*chunk{chunksOf(3_333, 1), chunksOf(3_333, 1), chunksOf(3_333, 1)}},
		{"unmatched", &Node{Children: []*Node{leaf()}}, [][]*chunk{apart, chunksOf(5_000, 1)}},
	}
	modes := []struct {
		name  string
		watch func(*Spec, *Stats)
	}{
		{"off", func(*Spec, *Stats) {}},
		{"told", func(spec *Spec, _ *Stats) { spec.OnUnmatched = func(*observe.Unmatched) {} }},
		{"metrics", func(_ *Spec, stats *Stats) { stats.TimeCalls = true }},
	}
	for _, tree := range trees {
		for _, mode := range modes {
			b.Run(tree.name+"/"+mode.name, func(b *testing.B) {
				spec := &Spec{
					Master:      tree.master,
					NewFunction: func() Function { return &sum{} },
					Logger:      slog.New(slog.DiscardHandler),
				}
				elements := 0
				for b.Loop() {
					stats := &Stats{}
					mode.watch(spec, stats)
					benchRunWatched(b, spec, stats, tree.streams)
					elements += 10_000
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(elements), "ns/element")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
