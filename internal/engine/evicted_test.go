package engine_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"log/slog"
	"runtime"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// R11: what a node holds is what is within reach, also where no value of a match key ever comes back, whatever is taken, below
// another node, and of streams that are put in order: neither elements nor the values of match keys are left behind.
func TestMatchKeysThatNeverComeBackAreForgotten(t *testing.T) {
	const before, after = 40, 5
	for _, take := range []engine.Take{engine.TakeAll, engine.TakeFirst, engine.TakeLast, engine.TakeNearest} {
		for _, need := range []engine.Need{engine.NeedOne, engine.NeedNone, engine.NeedAbsent} {
			if need == engine.NeedAbsent && take != engine.TakeAll {
				continue
			}
			t.Run(fmt.Sprintf("take %d, need %d", take, need), func(t *testing.T) {
				held, grown := evicting(t, before, after, take, need)
				if held > 2*(before+after) {
					t.Errorf("a node holds %d elements, with a reach of %d and %d", held, before, after)
				}
				if grown > 512<<10 {
					t.Errorf("the heap has grown by %d bytes", grown)
				}
			})
		}
	}
}

// evicting joins a chain of three streams, of which each element has a match key of its own, and returns how many elements a
// node has held at most, and by how many bytes the heap has grown since the first part of the run.
func evicting(t *testing.T, before, after int64, take engine.Take, need engine.Need) (held int, grown int64) {
	const length = 30_000
	key := func(e any) (int64, error) { return e.(*number).N ^ 3, nil } // out of order by 3
	at := func(d int64) func(left, right int64) int {
		return func(left, right int64) int { return cmp.Compare(right-left, d) }
	}
	node := func(name string, children ...*engine.Node) *engine.Node {
		s := broker.NewStream[number](name)
		s.Codec = binaryCodec{}
		return &engine.Node{Name: name, Stream: s, Children: children, Sort: &engine.Sort{Text: "by key",
			NewKeys: engine.SortBy(engine.SortSpec[int64]{Key: key, Compare: cmp.Compare[int64],
				Below: func(k int64) (int64, error) { return k - 3, nil },
				AppendOrdered: func(dst []byte, k int64) []byte {
					return binary.BigEndian.AppendUint64(dst, uint64(k))
				}})}}
	}
	joined := func(n *engine.Node, need engine.Need) *engine.Node {
		n.Take, n.Need = take, need
		n.NewEdge = engine.ReachEdge(engine.ReachSpec[int64]{Left: key, Right: key, Compare: cmp.Compare[int64],
			By: engine.NewMatchKey(key, key), Reach: engine.Reach[int64]{Low: at(-before), High: at(after),
				Farther: func(left, before, after int64) bool { return after-left >= left-before }}})
		return n
	}
	below := engine.NeedOne
	if need == engine.NeedNone {
		below = engine.NeedNone
	}
	spec := &engine.Spec{
		Source: &generator{first: []int64{0, 0, 0}, last: length},
		Master: node("master", joined(node("child", joined(node("below"), below)), need)),
		Logger: slog.New(slog.DiscardHandler),
	}
	if need == engine.NeedAbsent { // of masters between the children's match keys, so that there are calls
		spec.Master.Children[0].NewEdge = engine.ReachEdge(engine.ReachSpec[int64]{Left: key, Right: key,
			Compare: cmp.Compare[int64], Reach: engine.Reach[int64]{Low: at(-before), High: at(after)},
			By: engine.NewMatchKey(func(e any) (int64, error) { return -1 - e.(*number).N, nil }, key)})
	}
	stats, calls, first, most := &engine.Stats{}, int64(0), uint64(0), uint64(0)
	spec.NewFunction = silent(func() engine.Function {
		return &function{before: func(*engine.Call) error {
			if calls++; calls%500 == 0 {
				for _, n := range stats.Snapshot().Tasks[0].Nodes[1:] {
					held = max(held, n.Group)
				}
			}
			if calls%(length/5) == length/10 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				first, most = cmp.Or(first, m.HeapAlloc), max(most, m.HeapAlloc)
			}
			return errSilent
		}}
	})
	must(t, engine.Run(t.Context(), spec, stats))
	if calls != length+1 {
		t.Errorf("%d calls, want %d", calls, length+1)
	}
	return held, int64(most) - int64(first)
}
