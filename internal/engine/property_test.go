package engine_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

var errCrash = errors.New("crash")

// drawTree draws a join tree of up to six nodes of any form, with streams whose keys have duplicates and gaps on every
// side; some streams are empty, and keys may be negative.
func drawTree(t *rapid.T) *tree { return drawTreeOf(t, drawEdge) }

// drawPlainTree draws a tree of which each edge joins equal keys, takes all and needs one.
func drawPlainTree(t *rapid.T) *tree { return drawTreeOf(t, func(*rapid.T, *tree) {}) }

func drawTreeOf(t *rapid.T, drawEdge func(*rapid.T, *tree)) *tree {
	nodes := make([]*tree, rapid.IntRange(1, 6).Draw(t, "nodes"))
	for i := range nodes {
		nodes[i] = &tree{name: fmt.Sprintf("n%d", i)}
		if i > 0 {
			nodes[i].kind = rapid.SampledFrom([]string{"int", "float", "string", "func"}).Draw(t, "kind")
			nodes[i].unique = rapid.IntRange(0, 4).Draw(t, "unique") == 0
			drawEdge(t, nodes[i])
			parent := nodes[rapid.IntRange(0, i-1).Draw(t, "parent")]
			parent.children = append(parent.children, nodes[i])
		}
	}
	for _, n := range nodes {
		// A comparison knows no null.
		n.nulls = n.kind != "func" && !slices.ContainsFunc(n.children, func(c *tree) bool { return c.kind == "func" }) &&
			rapid.Bool().Draw(t, "nulls")
		n.items = drawItems(t, n)
	}
	return nodes[0]
}

// drawEdge draws what an edge says beside its keys, of what leat.New takes.
func drawEdge(t *rapid.T, n *tree) {
	needs := []engine.Need{engine.NeedOne, engine.NeedOne, engine.NeedNone, engine.NeedAbsent}
	n.need = rapid.SampledFrom(needs).Draw(t, "need")
	if n.kind == "func" || rapid.Bool().Draw(t, "plain") {
		return
	}
	n.by = rapid.IntRange(0, 2).Draw(t, "by") == 0
	if n.need != engine.NeedAbsent {
		n.take = engine.Take(rapid.IntRange(0, 3).Draw(t, "take"))
	}
	if n.kind == "string" {
		return
	}
	n.lo = rapid.SampledFrom([]int{-unbounded, -3, -2, -1, -1, 0, 0, 1}).Draw(t, "lo")
	n.hi = rapid.SampledFrom([]int{unbounded, 3, 2, 1, 0, 0, 0, -1}).Draw(t, "hi")
	if n.lo == -unbounded && n.take == engine.TakeAll && n.need != engine.NeedAbsent {
		n.lo = -2
	}
	if n.hi == unbounded && (n.by || n.take == engine.TakeAll || n.take == engine.TakeLast) {
		n.hi = 2
	}
	n.hi = max(n.hi, n.lo)
	n.unequal = (n.lo < 0 || n.hi > 0) && rapid.IntRange(0, 2).Draw(t, "unequal") == 0
}

// drawItems draws a stream whose keys, one to the parent and one to each child, grow by steps of their own.
func drawItems(t *rapid.T, n *tree) []item {
	keys := make([]int, 2+len(n.children)) // up, window, down...
	for k := range keys {
		keys[k] = rapid.SampledFrom([]int{-2, -1, -1, -1, 0}).Draw(t, "start")
	}
	items := make([]item, rapid.SampledFrom([]int{0, 3, 8, 12, 16, 20, 24, 24}).Draw(t, "length"))
	up := null
	for i := range items {
		for k := range keys {
			keys[k] += rapid.SampledFrom([]int{0, 0, 0, 1, 1, 1, 1, 2}).Draw(t, "step")
		}
		if n.unique && keys[0] == up {
			keys[0]++
		}
		up = keys[0]
		items[i] = item{ID: i, Up: up, Window: keys[1] / 4, Down: slices.Clone(keys[2:])}
		items[i].ByUp, items[i].ByDown = rapid.IntRange(0, 2).Draw(t, "by"), make([]int, len(n.children))
		for c := range n.children {
			items[i].ByDown[c] = rapid.IntRange(0, 2).Draw(t, "by of child")
		}
		if n.nulls {
			drawNulls(t, &items[i])
		}
	}
	return items
}

// drawNulls makes some keys of an item null.
func drawNulls(t *rapid.T, it *item) {
	for _, key := range slices.Concat([]*int{&it.Up, &it.ByUp}, pointers(it.Down), pointers(it.ByDown)) {
		if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
			*key = null
		}
	}
}

func pointers(keys []int) []*int {
	all := make([]*int, len(keys))
	for i := range keys {
		all[i] = &keys[i]
	}
	return all
}

// drawSpec draws how the tree is run: with or without windows, calls one at a time or side by side.
func drawSpec(t *rapid.T, tr *tree, b *memory.Broker) (spec *engine.Spec, want []string) {
	spec = tr.spec(b)
	spec.Concurrency = rapid.SampledFrom([]int{0, 0, 3}).Draw(t, "concurrency")
	spec.SetFeedAhead(rapid.IntRange(0, 1).Draw(t, "feed ahead"))
	spec.SetCallBatch(rapid.SampledFrom([]int{0, 2, 5, 100}).Draw(t, "call batch"))
	switch rapid.SampledFrom([]string{"", "", "key", "count"}).Draw(t, "window") {
	case "key":
		windowed(spec)
		return spec, tr.calls(true, 0)
	case "count":
		spec.Window = &engine.Window{Count: 3}
		return spec, tr.calls(false, 3)
	}
	return spec, tr.calls(false, 1)
}

// R1 to R4: the engine's calls are those of the naive reference, for any tree and any streams.
func TestEngineEqualsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		b := tr.storage(memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")))
		tr.fill(t, b)
		spec, want := drawSpec(t, tr, b)
		stats := &engine.Stats{}
		if err := engine.Run(t.Context(), spec, stats); err != nil {
			t.Fatalf("run: %v", err)
		}
		if got := outputs(t, b); !slices.Equal(got, want) {
			t.Fatalf("calls differ\n got %q\nwant %q", got, want)
		}
		checkMatched(t, stats, want)
		got, without := totals(stats), map[*tree]int64{}
		tr.countWithout(tr.completeItems(), without)
		for i, n := range tr.nodes() {
			if got[i].WithoutMatch != without[n] {
				t.Fatalf("%d elements were handed over without a match at %s, want %d", got[i].WithoutMatch, n.name, without[n])
			}
		}
	})
}

// checkMatched checks the count of masters in calls.
func checkMatched(t *rapid.T, stats *engine.Stats, calls []string) {
	masters := 0
	for _, call := range calls {
		masters += strings.Count(call, ",") + 1
	}
	if got := totals(stats)[0].Matched; got != int64(masters) {
		t.Fatalf("%d masters matched, want %d", got, masters)
	}
}

// R8: a run that dies behind every single commit, with the commit's acknowledgement lost, goes on without a loss or a
// double.
func TestResumeBehindEveryCommit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		b := tr.storage(memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")), memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
		tr.fill(t, b)
		spec, want := drawSpec(t, tr, b)
		runUntilEnd(t, spec, func() { b.LoseCommit(1, errCrash) })
		if got := outputs(t, b); !slices.Equal(got, want) {
			t.Fatalf("calls differ\n got %q\nwant %q", got, want)
		}
	})
}

// R8: the same for a run that dies at every record of every stream, before it is read for the first time.
func TestResumeBehindACrashAtEveryRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		b := tr.storage(memory.Batch(rapid.IntRange(1, 3).Draw(t, "batch")), memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
		tr.fill(t, b)
		for _, n := range tr.nodes() {
			for offset := range n.items {
				if err := b.FailRead(n.name, 0, int64(offset), errCrash); err != nil {
					t.Fatalf("%v", err)
				}
			}
		}
		spec, want := drawSpec(t, tr, b)
		runUntilEnd(t, spec, func() {})
		if got := outputs(t, b); !slices.Equal(got, want) {
			t.Fatalf("calls differ\n got %q\nwant %q", got, want)
		}
	})
}

// R8: commits that are aborted are tried again, and those that fail for good leave nothing behind.
func TestResumeBehindFailedCommits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		b := tr.storage(memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
		tr.fill(t, b)
		b.AbortCommit(rapid.IntRange(1, 3).Draw(t, "aborted"))
		b.FailCommit(rapid.IntRange(4, 9).Draw(t, "failed"), errCrash)
		spec, want := drawSpec(t, tr, b)
		runUntilEnd(t, spec, func() {})
		if got := outputs(t, b); !slices.Equal(got, want) {
			t.Fatalf("calls differ\n got %q\nwant %q", got, want)
		}
	})
}

// runUntilEnd runs the mill again as long as it crashes.
func runUntilEnd(t *rapid.T, spec *engine.Spec, before func()) {
	for range 1000 {
		before()
		sessions := spec.Sink.(*memory.Broker).Progress(spec.Name, 0).Sessions
		err := engine.Run(t.Context(), spec, nil)
		if err == nil {
			return
		}
		if !errors.Is(err, errCrash) {
			t.Fatalf("run: %v", err)
		}
		if spec.Sink.(*memory.Broker).Progress(spec.Name, 0).Sessions > sessions {
			return // it died behind the commit that ended the session
		}
	}
	t.Fatalf("the run never ends")
}

// R5: the next run goes on behind the mark in every stream, also in those that had not reached theirs, and wherever the
// runs before it died.
func TestSessions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		b := tr.storage(memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
		var want []string
		for range 3 {
			tr.fill(t, b)
			spec, calls := drawSpec(t, tr, b)
			want = append(want, calls...)
			runUntilEnd(t, spec, func() { b.LoseCommit(1, errCrash) })
			for _, n := range tr.nodes() {
				n.items = drawItems(t, n)
			}
		}
		if got := outputs(t, b); !reflect.DeepEqual(got, append([]string{}, want...)) {
			t.Fatalf("calls differ\n got %q\nwant %q", got, want)
		}
	})
}

// R7, R8: elements out of order are put aside once each, whatever crashes: results and letters are those of a run that
// never stopped.
func TestResumeWithDisorder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTree(t)
		for _, n := range tr.nodes() {
			n.unique = false
			if n.kind == "func" {
				n.kind = "int" // what a function over two elements shows of disorder depends on which it is asked about
			}
			for range rapid.IntRange(0, 3).Draw(t, "swaps") {
				if len(n.items) > 1 {
					i := rapid.IntRange(1, len(n.items)-1).Draw(t, "swap")
					n.items[i-1], n.items[i] = n.items[i], n.items[i-1]
				}
			}
		}
		resumesWithLetters(t, tr, func(b *memory.Broker) { b.LoseCommit(1, errCrash) })
	})
}

// R7, R7a, R8: a run that goes on behind elements without a key sees that a key is below those before them.
func TestResumeBehindNullKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tr *tree
		for _, name := range []string{"n2", "n1", "n0"} {
			n := &tree{name: name, kind: "int", items: drawUnsorted(t, name)}
			if tr != nil {
				n.children = []*tree{tr}
			}
			tr = n
		}
		tr.kind = ""
		resumesWithLetters(t, tr, func(b *memory.Broker) {
			stream := rapid.SampledFrom(tr.nodes()).Draw(t, "crash at a read of").name
			offset := rapid.Int64Range(0, 12).Draw(t, "offset")
			if err := b.FailRead(stream, 0, offset, errCrash); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// drawUnsorted draws a stream of which many keys are null and some out of order.
func drawUnsorted(t *rapid.T, name string) []item {
	keys := []int{null, null, null, 1, 2, 2, 3, 4}
	items := make([]item, rapid.IntRange(4, 12).Draw(t, name+" length"))
	for i := range items {
		up, down := rapid.SampledFrom(keys).Draw(t, "up"), rapid.SampledFrom(keys).Draw(t, "down")
		items[i] = item{ID: i, Up: up, Down: []int{down}, ByDown: []int{0}}
	}
	return items
}

// resumesWithLetters runs a tree without a crash and with some, a limited number of which is planned, and compares.
func resumesWithLetters(t *rapid.T, tr *tree, crash func(b *memory.Broker)) {
	crashes := 0
	calm := runWithLetters(t, tr, func(*memory.Broker) {})
	crashed := runWithLetters(t, tr, func(b *memory.Broker) {
		if crashes++; crashes < 100 {
			crash(b)
		}
	})
	if !slices.Equal(crashed.calls, calm.calls) {
		t.Fatalf("calls differ\n got %q\nwant %q", crashed.calls, calm.calls)
	}
	// A run that starts again doesn't know which streams have ended and may look a little beyond the end.
	for i, n := range calm.progress.Nodes {
		letters := slices.DeleteFunc(crashed.letters[i], func(offset int64) bool {
			return n.NextSession && offset >= n.Offset
		})
		if !slices.Equal(letters, calm.letters[i]) {
			t.Fatalf("letters about %s differ\n got %v\nwant %v", n.Node, letters, calm.letters[i])
		}
	}
}

// outcome is what a run with dead letters leaves behind.
type outcome struct {
	calls    []string
	letters  [][]int64 // offsets, by node
	progress broker.Progress
}

func runWithLetters(t *rapid.T, tr *tree, crash func(b *memory.Broker)) outcome {
	b := tr.storage(memory.Batch(3), memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
	tr.fill(t, b)
	spec := tr.spec(b)
	spec.OnDisorder = engine.Policy{Kind: engine.DeadLetter}
	runUntilEnd(t, spec, func() { crash(b) })
	failures, err := memory.Elements[failed](b, "failed", 0)
	if err != nil {
		t.Fatalf("letters: %v", err)
	}
	o := outcome{calls: outputs(t, b), progress: b.Progress(spec.Name, 0)}
	o.letters = make([][]int64, len(o.progress.Nodes))
	for i, n := range o.progress.Nodes {
		for _, f := range failures {
			if f.Node == n.Node {
				o.letters[i] = append(o.letters[i], f.Offset)
			}
		}
		slices.Sort(o.letters[i])
	}
	return o
}
