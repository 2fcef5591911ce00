package engine

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// element is what the benchmarks join: decoded before, so that they measure the engine alone.
type element struct{ Key int }

// sum is a function on the direct path: it reads what it gets, and writes nothing.
type sum struct{ total int }

func (s *sum) Call(_ context.Context, call *Call, _ Emit) error {
	for i := range call.Masters {
		s.add(&call.Masters[i])
	}
	return nil
}

func (s *sum) add(e *Element) {
	s.total += e.Value.(*element).Key
	for _, matches := range e.Matches {
		for i := range matches {
			s.add(&matches[i])
		}
	}
}

// chunksOf returns decoded elements in chunks: each key of 0 to keys-1, per times.
func chunksOf(keys, per int) []*chunk {
	var chunks []*chunk
	offset := int64(0)
	c := &chunk{}
	slab := make([]element, keys*per)
	for key := range keys {
		for range per {
			slab[offset].Key = key
			c.values = append(c.values, &slab[offset])
			c.records = append(c.records, broker.Record{Offset: offset})
			offset++
			if len(c.values) == chunkSize {
				chunks = append(chunks, c)
				c = &chunk{}
			}
		}
	}
	return append(chunks, c)
}

func benchEdge() Edge {
	key := func(e any) (int, error) { return e.(*element).Key, nil }
	return KeyEdge(key, key, cmp.Compare[int], false)()
}

// BenchmarkMerge measures the join per element that is read: trees of several forms, from chunks in memory to a
// function that is called directly.
func BenchmarkMerge(b *testing.B) {
	leaf := func(children ...*Node) *Node { return &Node{NewEdge: benchEdge, Children: children} }
	benchmarks := []struct {
		name   string
		master *Node
		per    []int // elements per key, by node
		window int
	}{
		{"single", &Node{}, []int{1}, 0},
		{"window", &Node{}, []int{1}, 30},
		{"two", &Node{Children: []*Node{leaf()}}, []int{1, 1}, 0},
		{"one-to-many", &Node{Children: []*Node{leaf()}}, []int{1, 25}, 0},
		{"many-to-many", &Node{Children: []*Node{leaf()}}, []int{5, 5}, 0},
		{"star", &Node{Children: []*Node{leaf(), leaf(), leaf()}}, []int{1, 1, 1, 1}, 0},
		{"chain", &Node{Children: []*Node{leaf(leaf())}}, []int{1, 1, 1}, 0},
	}
	for _, bench := range benchmarks {
		b.Run(bench.name, func(b *testing.B) { benchMerge(b, bench.master, bench.per, bench.window) })
	}
}

// BenchmarkGrowth measures how the cost per element grows with the number of streams, the depth of the tree and the
// size of the groups.
func BenchmarkGrowth(b *testing.B) {
	for _, n := range []int{1, 4, 16} {
		star := &Node{}
		for range n {
			star.Children = append(star.Children, &Node{NewEdge: benchEdge})
		}
		b.Run(fmt.Sprintf("star of %d children", n), func(b *testing.B) {
			benchMerge(b, star, slices.Repeat([]int{1}, n+1), 0)
		})
		chain := &Node{}
		last := chain
		for range n {
			last.Children = []*Node{{NewEdge: benchEdge}}
			last = last.Children[0]
		}
		b.Run(fmt.Sprintf("chain of %d joins", n), func(b *testing.B) {
			benchMerge(b, chain, slices.Repeat([]int{1}, n+1), 0)
		})
	}
	for _, n := range []int{1, 10, 100, 1_000} {
		b.Run(fmt.Sprintf("groups of %d", n), func(b *testing.B) {
			benchMerge(b, &Node{Children: []*Node{{NewEdge: benchEdge}}}, []int{1, n}, 0)
		})
	}
}

// benchMerge measures one tree, with so many elements per key by node.
func benchMerge(b *testing.B, master *Node, per []int, window int) {
	perKey := 0
	for _, n := range per {
		perKey += n
	}
	keys := max(1, 10_000/perKey)
	spec := &Spec{
		Master:      master,
		NewFunction: func() Function { return &sum{} },
		Logger:      slog.New(slog.DiscardHandler),
	}
	if window > 0 {
		spec.Window = &Window{Count: window}
	}
	var streams [][]*chunk
	for _, n := range per {
		streams = append(streams, chunksOf(keys, n))
	}
	b.ReportAllocs()
	elements := 0
	for b.Loop() {
		benchRun(b, spec, streams)
		elements += keys * perKey
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(elements), "ns/element")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFunctionAlone measures what of BenchmarkMerge/two is the function's own cost: the same calls, made one
// after the other with nothing between them.
func BenchmarkFunctionAlone(b *testing.B) {
	const keys = 5_000
	masters, matches := chunksOf(keys, 1), chunksOf(keys, 1)
	var calls []Call
	for c := range masters {
		for i := range masters[c].values {
			match := []Element{{Value: matches[c].values[i], Record: &matches[c].records[i]}}
			master := Element{Value: masters[c].values[i], Record: &masters[c].records[i], Matches: [][]Element{match}}
			calls = append(calls, Call{Masters: []Element{master}})
		}
	}
	var f Function = &sum{}
	elements := 0
	for b.Loop() {
		for i := range calls {
			if err := f.Call(b.Context(), &calls[i], nil); err != nil {
				b.Fatal(err)
			}
		}
		elements += 2 * keys
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(elements), "ns/element")
	b.ReportMetric(0, "ns/op")
}

// benchRun runs a task over chunks that are there already.
func benchRun(b *testing.B, spec *Spec, streams [][]*chunk) {
	benchRunWatched(b, spec, &Stats{}, streams)
}

// benchRunWatched runs a task that tells stats of itself.
func benchRunWatched(b *testing.B, spec *Spec, stats *Stats, streams [][]*chunk) {
	r := &run{spec: spec, nodes: spec.Master.Nodes(), stats: stats}
	for i, n := range r.nodes {
		n.Name = fmt.Sprint(i)
	}
	r.stats.begin(spec, r.nodes)
	r.stats.tasks = make([]*taskStats, 1)
	r.encoder, _ = newEncoder(nil)
	r.decoders, r.keyDecoders = make([]codec.Decode, len(r.nodes)), make([]codec.Decode, len(r.nodes))
	r.committer = newCommitter(nil, r.stats, spec.Logger)
	p := newPending(0, r.nodes, 0, nil, 256, maxCallBatch)
	t := r.newTask(b.Context(), 0, make([]start, len(r.nodes)), p)
	for i, n := range t.nodes {
		n.cursor.feed.source.Store(&source{room: make(chan struct{}, 1)})
		n.cursor.feed.chunks = make(chan *chunk, len(streams[i])+1)
		for _, c := range streams[i] {
			n.cursor.feed.chunks <- c
		}
		n.cursor.feed.chunks <- &chunk{end: io.EOF}
	}
	if err := t.calls.during(t.join); err != nil {
		b.Fatal(err)
	}
}
