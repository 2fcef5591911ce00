package engine_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// sorting says that a stream is put in order by item.Sort (R12): with a lateness, or as a whole.
type sorting struct {
	lateness int
	whole    bool
}

func (s *sorting) spec() *engine.Sort {
	if s == nil {
		return nil
	}
	spec := engine.SortSpec[int]{
		Key:     func(e any) (int, error) { return orNull(e.(*item).Sort, func(key int) int { return key }) },
		Compare: cmp.Compare[int],
		AppendOrdered: func(dst []byte, key int) []byte {
			return binary.BigEndian.AppendUint64(dst, uint64(key)^1<<63)
		},
	}
	if !s.whole {
		spec.Below = func(key int) (int, error) { return key - s.lateness, nil }
	}
	return &engine.Sort{NewKeys: engine.SortBy(spec), Whole: s.whole, Text: "by sort"}
}

// order is R12, naively: what comes out of a stream, in order, and what is late.
func (s *sorting) order(stored []item) (released, late []item) {
	if s.whole {
		last := func(it item) int {
			if it.Sort == null {
				return math.MaxInt
			}
			return it.Sort
		}
		released = slices.Clone(stored)
		slices.SortStableFunc(released, func(a, b item) int { return cmp.Compare(last(a), last(b)) })
		return released, nil
	}
	highest, bound := null, null
	var waiting []item // in order; those with a null key have the key of the highest before
	for _, it := range stored {
		key := it.Sort
		switch {
		case key == null && highest == null:
			released = append(released, it)
			continue
		case key == null:
			key = highest
		case key < bound:
			late = append(late, it)
			continue
		}
		highest = max(highest, key)
		at := 0
		for at < len(waiting) && waiting[at].Sort <= key {
			at++
		}
		it.Sort = key
		waiting = slices.Insert(waiting, at, it)
		for len(waiting) > 0 && waiting[0].Sort <= highest-s.lateness {
			bound = waiting[0].Sort
			released, waiting = append(released, waiting[0]), waiting[1:]
		}
	}
	return append(released, waiting...), late
}

// drawSorting draws how some of the tree's streams are put in order, and disorders them.
func drawSorting(t *rapid.T, tr *tree, whole bool) {
	for _, n := range tr.nodes() {
		if rapid.IntRange(0, 3).Draw(t, "in order") == 0 {
			continue
		}
		n.sort = &sorting{lateness: rapid.IntRange(0, 6).Draw(t, "lateness")}
		n.sort.whole = whole && rapid.Bool().Draw(t, "whole")
		drawDisorder(t, n)
	}
}

// drawDisorder disorders the stream of a node, within its lateness and beyond. Items with one sort key have equal keys, so
// that what comes out is in order.
func drawDisorder(t *rapid.T, n *tree) {
	key, spread := -3, rapid.IntRange(0, 8).Draw(t, "spread")
	arrival := make([]int, len(n.items))
	for i := range n.items {
		it := &n.items[i]
		step := rapid.SampledFrom([]int{0, 1, 1, 2, 5}).Draw(t, "sort step")
		if n.unique {
			step++
		}
		key += step
		if it.Sort = key; step == 0 && i > 0 {
			it.Up, it.Down = n.items[i-1].Up, n.items[i-1].Down
		}
		arrival[i] = 10*key + 10*rapid.IntRange(0, spread).Draw(t, "late by")
	}
	for i := range n.items {
		if n.nulls && rapid.IntRange(0, 7).Draw(t, "null sort key") == 0 {
			it := &n.items[i]
			it.Sort, it.Up, it.Down = null, null, slices.Repeat([]int{null}, len(n.children))
		}
	}
	order := make([]int, len(n.items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(arrival[a], arrival[b]) })
	n.stored = make([]item, len(order))
	for to, from := range order {
		n.stored[to] = n.items[from]
	}
	n.items, _ = n.sort.order(n.stored)
}

// ending is a source whose streams have an end by themselves.
type ending struct{ broker.Source }

func (s ending) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := s.Source.OpenSource(ctx, job)
	if in == nil {
		return nil, err
	}
	return endingInput{in}, err
}

type endingInput struct{ broker.Input }

func (endingInput) Bounded(int) (ends, waits bool) { return true, false }

// drawSorted draws a tree with streams that are put in order, in a storage.
func drawSorted(t *rapid.T, whole bool) (tr *tree, b *memory.Broker, spec *engine.Spec, want []string) {
	tr = drawTree(t)
	drawSorting(t, tr, whole)
	b = tr.storage(memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")), memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
	tr.fill(t, b)
	spec, want = drawSpec(t, tr, b)
	spec.OnDisorder = engine.Policy{Kind: engine.DeadLetter}
	if whole {
		spec.Source = ending{spec.Source}
	}
	return tr, b, spec, want
}

// R12: a run over streams that are put in order gives what one over the sorted streams gives, and each late element is a
// letter, once.
func TestSortEqualsSortedStreams(t *testing.T) {
	for _, whole := range []bool{false, true} {
		rapid.Check(t, func(t *rapid.T) {
			tr, b, spec, want := drawSorted(t, whole)
			if err := engine.Run(t.Context(), spec, nil); err != nil {
				t.Fatalf("run: %v", err)
			}
			checkSorted(t, tr, b, want)
		})
	}
}

// R12, R8: so does one that dies behind every single commit.
func TestSortResumesBehindEveryCommit(t *testing.T) {
	for _, whole := range []bool{false, true} {
		rapid.Check(t, func(t *rapid.T) {
			tr, b, spec, want := drawSorted(t, whole)
			runUntilEnd(t, spec, func() { b.LoseCommit(1, errCrash) })
			checkSorted(t, tr, b, want)
		})
	}
}

// R12, R8: and one that dies at every record of every stream, before it is read for the first time.
func TestSortResumesBehindACrashAtEveryRecord(t *testing.T) {
	for _, whole := range []bool{false, true} {
		rapid.Check(t, func(t *rapid.T) {
			tr, b, spec, want := drawSorted(t, whole)
			for _, n := range tr.nodes() {
				for offset := range n.stored {
					if err := b.FailRead(n.name, 0, int64(offset), errCrash); err != nil {
						t.Fatal(err)
					}
				}
			}
			runUntilEnd(t, spec, func() {})
			checkSorted(t, tr, b, want)
		})
	}
}

// checkSorted checks the calls, and the letters about what was late: each once, and about all that the run has read.
func checkSorted(t *rapid.T, tr *tree, b *memory.Broker, want []string) {
	if got := outputs(t, b); !slices.Equal(got, want) {
		t.Fatalf("calls differ\n got %q\nwant %q", got, want)
	}
	letters, err := memory.Elements[failed](b, "failed", 0)
	if err != nil {
		t.Fatal(err)
	}
	told := map[position]int{}
	for _, l := range letters {
		told[position{l.Node, l.Offset}]++
	}
	nodes := b.Progress("test", 0).Nodes
	for i, n := range tr.nodes() {
		if n.sort == nil {
			continue
		}
		_, late := n.sort.order(n.stored)
		for offset, it := range n.stored {
			isLate := slices.ContainsFunc(late, func(l item) bool { return l.ID == it.ID })
			at := position{n.name, int64(offset)}
			if told[at] > 1 || told[at] == 1 && !isLate || told[at] == 0 && isLate && at.offset < nodes[i].Offset {
				t.Fatalf("%d letters about %+v, %+v; late are %+v", told[at], at, it, late)
			}
		}
	}
}
