package engine_test

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// reported is a report about an element that was not handed over.
type reported struct {
	Node    string `json:"node"`
	Offset  int64  `json:"offset"`
	Verdict string `json:"verdict"`
}

// reporting has spec write reports into the stream "unmatched", which storage must have.
func reporting(spec *engine.Spec, b *memory.Broker) {
	spec.Outputs = append(spec.Outputs, stream(b, "unmatched"))
	spec.Unmatched = func(u *observe.Unmatched) any {
		return &reported{u.Node, u.Offset, string(u.Verdict)}
	}
	spec.UnmatchedOutput = len(spec.Outputs) - 1
}

// reports returns the committed reports by node, in the order of the elements.
func reports(t fatal, tr *tree, b *memory.Broker) [][]reported {
	all, err := memory.Elements[reported](b, "unmatched", 0)
	if err != nil {
		t.Fatalf("reports: %v", err)
	}
	byNode := make([][]reported, len(tr.nodes()))
	for i, n := range tr.nodes() {
		for _, r := range all {
			if r.Node == n.name {
				byNode[i] = append(byNode[i], r)
			}
		}
		slices.SortStableFunc(byNode[i], func(a, b reported) int { return cmp.Compare(a.Offset, b.Offset) })
	}
	return byNode
}

// Every element that was read is matched or has a verdict, and the verdicts are those of the naive reference, for any
// tree and any streams, with and without windows and calls side by side. Each is counted, and told once.
func TestVerdictsEqualReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawPlainTree(t)
		withoutFunctions(tr)
		b := tr.storage(memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")), memory.Stream[reported]("unmatched"))
		tr.fill(t, b)
		spec, _ := drawSpec(t, tr, b)
		isReporting := rapid.Bool().Draw(t, "reported")
		if isReporting {
			reporting(spec, b)
		}
		stats := &engine.Stats{KeepRecent: rapid.Bool().Draw(t, "explained")}
		if err := engine.Run(t.Context(), spec, stats); err != nil {
			t.Fatalf("run: %v", err)
		}
		fates := checkVerdicts(t, tr, totals(stats))
		if !isReporting {
			return
		}
		for i, got := range reports(t, tr, b) {
			if want := reportsOf(tr.nodes()[i].name, fates[i]); !slices.Equal(got, want) {
				t.Fatalf("reports about %s\n got %v\nwant %v", tr.nodes()[i].name, got, want)
			}
		}
	})
}

// reportsOf returns what is told about the elements of a node.
func reportsOf(node string, fates []engine.Verdict) (reports []reported) {
	for offset, fate := range fates {
		if fate != matched {
			reports = append(reports, reported{node, int64(offset), fate.String()})
		}
	}
	return reports
}

// R8: whatever crashes, each element that is not handed over is told exactly once, and none that is.
func TestResumeTellsVerdictsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawPlainTree(t)
		withoutFunctions(tr)
		batch := memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch"))
		b := tr.storage(batch, memory.Stream[reported]("unmatched"), memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
		tr.fill(t, b)
		spec, calls := drawSpec(t, tr, b)
		reporting(spec, b)
		var last broker.Progress // before the last run
		runUntilEnd(t, spec, func() {
			last = b.Progress(spec.Name, 0)
			b.LoseCommit(rapid.IntRange(1, 3).Draw(t, "commit"), errCrash)
		})
		if got := outputs(t, b); !slices.Equal(got, calls) {
			t.Fatalf("calls differ\n got %q\nwant %q", got, calls)
		}
		progress := b.Progress(spec.Name, 0).Nodes
		read := make([]int64, len(progress))
		for i, n := range progress {
			// A run that starts again doesn't know which streams have ended, and may look a little beyond the end.
			read[i] = min(n.Offset, int64(len(tr.nodes()[i].items)))
		}
		got := reports(t, tr, b)
		for i, fates := range tr.fates(read) {
			want := reportsOf(progress[i].Node, fates)
			want = slices.DeleteFunc(want, func(r reported) bool { return !reached(r, got[i], last, i) })
			if !slices.EqualFunc(got[i], want, sameReport) {
				t.Fatalf("reports about %s\n got %v\nwant %v\nread %v, progress %v before the last run and %v after it\nfates %v",
					progress[i].Node, got[i], want, read, last, progress, fates)
			}
		}
	})
}

// reached reports whether the last run has come to an element that was not told before. What a run that was killed
// had read ahead, the next doesn't come to where the session ends before it is needed again.
func reached(r reported, got []reported, last broker.Progress, node int) bool {
	if len(last.Nodes) == 0 || r.Offset < last.Nodes[node].Accounted || r.Offset >= last.Nodes[node].Seen {
		return true
	}
	return slices.ContainsFunc(got, func(other reported) bool { return other.Offset == r.Offset })
}

// sameReport compares what a run that was interrupted and one that never was agree on. The verdict may be another: the
// former doesn't know the keys that were before, nor which streams have ended.
func sameReport(a, b reported) bool { return a.Node == b.Node && a.Offset == b.Offset }

// With comparisons in place of keys, the elements that are matched, those that are told are the same, and so are the
// verdicts, but for what a comparison can't know.
func TestVerdictsOfComparisons(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawPlainTree(t)
		b := tr.storage(memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")), memory.Stream[reported]("unmatched"))
		tr.fill(t, b)
		spec, _ := drawSpec(t, tr, b)
		reporting(spec, b)
		stats := &engine.Stats{}
		if err := engine.Run(t.Context(), spec, stats); err != nil {
			t.Fatalf("run: %v", err)
		}
		var read []int64
		for _, n := range totals(stats) {
			read = append(read, n.Read)
		}
		got := reports(t, tr, b)
		for i, fates := range tr.fates(read) {
			node := tr.nodes()[i]
			want := reportsOf(node.name, fates)
			if !slices.EqualFunc(got[i], want, sameButFor(node.kind)) {
				t.Fatalf("reports about %s\n got %v\nwant %v", node.name, got[i], want)
			}
		}
	})
}

// sameButFor compares reports about a node that is joined by keys or by a function. The function can't tell whether a
// parent that asked for nothing has the key of one that asked, so that for it a gap may be between parents that are
// incomplete.
func sameButFor(kind string) func(got, want reported) bool {
	return func(got, want reported) bool {
		if kind == "func" && got.Verdict == engine.Incomplete.String() && want.Verdict == engine.Gap.String() {
			want.Verdict = got.Verdict
		}
		return got == want
	}
}

// withoutFunctions has all joins by keys: a comparison can't tell the keys of two parents apart.
func withoutFunctions(tr *tree) {
	for _, n := range tr.nodes() {
		if n.kind == "func" {
			n.kind = "int"
		}
	}
}

// checkVerdicts checks the counts of a run, and returns what has become of each element that it read.
func checkVerdicts(t *rapid.T, tr *tree, got []observe.NodeState) [][]engine.Verdict {
	read := make([]int64, len(got))
	for i := range got {
		read[i] = got[i].Read
	}
	all := tr.fates(read)
	for i, fates := range all {
		want := observe.NodeState{Read: int64(len(fates)), Waited: got[i].Waited}
		unmatched := map[observe.Verdict]int64{}
		for _, fate := range fates {
			if fate == matched {
				want.Matched++
			} else {
				unmatched[observe.Verdict(fate.String())]++
			}
		}
		if len(unmatched) > 0 {
			want.Unmatched = unmatched
		}
		if !reflect.DeepEqual(got[i], want) {
			t.Fatalf("node %s\n got %+v\nwant %+v\nfates %v", tr.nodes()[i].name, got[i], want, fates)
		}
	}
	return all
}

// Elements of one group may have different keys further down. Here the master 1 matches a1, a2 and a3, which match b
// 1, 3 and 5; a2 has no match at c. As long as the group is held for the next master 1, so is b 1, but b 3 can't be
// handed over any more: it is reported, and accounted for, with the call that gets the elements around it.
func TestOvertakenElementsAreReportedWithTheCall(t *testing.T) {
	leaf := func(name string, up ...int) *tree { return &tree{name: name, kind: "int", items: keys(0, up...)} }
	a := &tree{name: "a", kind: "int", children: []*tree{leaf("b", 1, 3, 5, 7), leaf("c", 1, 5, 7)}}
	for id, key := range []int{1, 3, 5} {
		a.items = append(a.items, item{ID: id, Up: 1, Down: []int{key, key}})
	}
	a.items = append(a.items, item{ID: 3, Up: 2, Down: []int{7, 7}})
	tr := &tree{name: "master", children: []*tree{a}}
	for id, key := range []int{1, 2} {
		tr.items = append(tr.items, item{ID: id, Down: []int{key}})
	}
	b := tr.storage(memory.Stream[reported]("unmatched"))
	tr.fill(t, b)
	spec := tr.spec(b)
	reporting(spec, b)
	spec.NewFunction = func() engine.Function {
		return &function{before: func(call *engine.Call) error {
			if call.Masters[0].Value.(*item).ID == 1 {
				return errors.New("the second call fails")
			}
			return nil
		}}
	}
	if err := engine.Run(t.Context(), spec, nil); err == nil {
		t.Fatal("the run went on")
	}
	if got, want := outputs(t, b), []string{"0[0[0][0] 2[2][1]]"}; !slices.Equal(got, want) {
		t.Errorf("calls are %q, want %q", got, want)
	}
	if got, want := reports(t, tr, b)[2], []reported{{"b", 1, "incomplete"}}; !slices.Equal(got, want) {
		t.Errorf("reports about b are %v, want %v", got, want)
	}
	if n := b.Progress(spec.Name, 0).Nodes[2]; n.Offset != 0 || n.Accounted != 3 {
		t.Errorf("b begins at %d and is accounted for below %d, want 0 and 3", n.Offset, n.Accounted)
	}
}
