package engine

import (
	"cmp"
	"log/slog"
	"strconv"
	"testing"

	"github.com/leat-go/leat/broker"
)

// BenchmarkNear measures joins of near keys per element that is read: four elements for each of the master, which takes one
// of those within reach, or all.
func BenchmarkNear(b *testing.B) {
	symbols := make([]string, 100)
	for i := range symbols {
		symbols[i] = "S" + strconv.Itoa(i)
	}
	// Multiples of a number that is prime to it, so that the symbols come in another order on each side.
	symbolOf := func(e any) (string, error) { return symbols[e.(*element).Key*37%100], nil }
	keyOf := func(e any) (int, error) { return e.(*element).Key, nil }
	at := func(d int) func(left, right int) int {
		return func(left, right int) int { return cmp.Compare(right-left, d) }
	}
	for _, bench := range []struct {
		name          string
		before, after int
		take          Take
		by            func() MatchKeys
	}{
		{"as-of", 50, 0, TakeLast, nil},
		{"as-of by", 500, 0, TakeLast, NewMatchKey(symbolOf, symbolOf)},
		{"nearest", 4, 4, TakeNearest, nil},
		{"interval", 2, 2, TakeAll, nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			edge := ReachEdge(ReachSpec[int]{Left: keyOf, Right: keyOf, Compare: cmp.Compare[int], By: bench.by,
				Reach: Reach[int]{Low: at(-bench.before), High: at(bench.after), Farther: func(left, before, after int) bool {
					return after-left >= left-before
				}}})
			child := &Node{NewEdge: edge, Take: bench.take, Need: NeedNone}
			spec := &Spec{Master: &Node{Children: []*Node{child}}, NewFunction: func() Function { return &sum{} },
				Logger: slog.New(slog.DiscardHandler)}
			const masters = 2_000
			streams := [][]*chunk{spaced(masters, 4), spaced(4*masters, 1)}
			b.ReportAllocs()
			elements := 0
			for b.Loop() {
				benchRun(b, spec, streams)
				elements += 5 * masters
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(elements), "ns/element")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// spaced returns decoded elements in chunks, with keys so far apart.
func spaced(count, apart int) (chunks []*chunk) {
	slab, c := make([]element, count), &chunk{}
	for i := range slab {
		slab[i].Key = i * apart
		c.values, c.records = append(c.values, &slab[i]), append(c.records, broker.Record{Offset: int64(i)})
		if len(c.values) == chunkSize {
			chunks, c = append(chunks, c), &chunk{}
		}
	}
	return append(chunks, c)
}
