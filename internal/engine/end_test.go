package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// crash is one commit that a run dies at: the n-th, before it is visible or behind it with its answer lost.
type crash struct {
	commit int
	behind bool
}

func (c crash) plan(b *memory.Broker) {
	if c.behind {
		b.LoseCommit(c.commit, errCrash)
	} else {
		b.FailCommit(c.commit, errCrash)
	}
}

// endsAt has the function end the session with the master given, with a result beside.
func endsAt(spec *engine.Spec, master int) {
	spec.NewFunction = func() engine.Function {
		return &function{after: func(call *engine.Call) error {
			if last := call.Masters[len(call.Masters)-1].Value.(*item); last.ID == master {
				return engine.EndOfStream
			}
			return nil
		}}
	}
}

// runPastCrashes runs the mill again as long as it crashes before the end of its session is committed.
func runPastCrashes(t *testing.T, b *memory.Broker, spec *engine.Spec) {
	t.Helper()
	for range 100 {
		err := engine.Run(t.Context(), spec, nil)
		if err == nil || b.Progress(spec.Name, 0).Sessions > 0 {
			return
		}
		if !errors.Is(err, errCrash) {
			t.Fatalf("run: %v", err)
		}
	}
	t.Fatal("the run never ends")
}

// R6: what the call that ends a session returns, the positions and the end are one commit: wherever the run dies,
// before a commit or behind it, the session ends with that call, once.
func TestR6TheEndIsOneCommit(t *testing.T) {
	masters := make([]int, 20)
	for i := range masters {
		masters[i] = i
	}
	want := make([]string, 10)
	for i := range want {
		want[i] = fmt.Sprintf("%d[%d]", i, i)
	}
	for _, concurrency := range []int{1, 4} {
		for n := range 2 * len(masters) {
			c := crash{commit: n/2 + 1, behind: n%2 == 1}
			t.Run(fmt.Sprintf("concurrency %d, %+v", concurrency, c), func(t *testing.T) {
				tr := pair(masters, masters)
				b := tr.storage(memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
				tr.fill(t, b)
				spec := tr.spec(b)
				spec.Concurrency = concurrency
				spec.SetCallBatch(1)
				endsAt(spec, 9)
				c.plan(b)
				runPastCrashes(t, b, spec)
				expectSessions(t, b, want, nil)
			})
		}
	}
}

// expectSessions checks what lies between the end-of-stream marks of the output.
func expectSessions(t *testing.T, b *memory.Broker, want ...[]string) {
	t.Helper()
	got := sessions(t, b, 0)
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("the output's sessions differ\n got %q\nwant %q", got, want)
	}
}

// R5: a session that the data timeout has ended has no mark. The next run goes on at the places of then: what came
// later is joined, and what was open is decided then.
func TestR5DataTimeout(t *testing.T) {
	tests := []struct {
		name          string
		master, child [][]int // what comes before each run
		want          [][]string
	}{
		{"the master is ahead", [][]int{{1, 2, 3}, {4, 5}}, [][]int{{1}, {2, 4, 5}},
			[][]string{{"0[0]"}, {"1[1]", "3[2]", "4[3]"}}},
		{"the child is ahead", [][]int{{1}, {2, 3}}, [][]int{{1, 2, 3}, {4}}, [][]string{{"0[0]"}, {"1[1]", "2[2]"}}},
		{"nothing was there", [][]int{nil, {1}}, [][]int{nil, {1}}, [][]string{nil, {"0[0]"}}},
		{"nothing of the child was there", [][]int{{1, 2}, nil}, [][]int{nil, {2}}, [][]string{nil, {"1[0]"}}},
		{"a group goes on", [][]int{{1}, {1}}, [][]int{{1}, {1}}, [][]string{{"0[0]"}, {"1[0 1]"}}},
		{"nothing new", [][]int{{1, 2}, nil, {3}}, [][]int{{1}, nil, {2, 3}}, [][]string{{"0[0]"}, nil, {"1[1]", "2[2]"}}},
	}
	for _, test := range tests {
		for _, concurrency := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, concurrency %d", test.name, concurrency), func(t *testing.T) {
				tr := pair(nil, nil)
				b := tr.storage(memory.DataTimeout(time.Nanosecond), memory.Stream[reported]("unmatched"))
				spec := tr.spec(b)
				spec.Concurrency = concurrency
				reporting(spec, b)
				for i := range test.master {
					must(t, memory.Append(b, "master", 0, numbered(tr, 1, test.master[i])...))
					must(t, memory.Append(b, "child", 0, numbered(tr.children[0], 0, test.child[i])...))
					run(t, spec)
				}
				expectSessions(t, b, append(test.want, nil)...)
			})
		}
	}
}

// numbered returns items with the keys given behind those that the node has, and gives it those, too.
func numbered(n *tree, children int, values []int) []item {
	more := keys(children, values...)
	for i := range more {
		more[i].ID = len(n.items) + i
	}
	n.items = append(n.items, more...)
	return more
}

// What the data timeout leaves open is neither told nor counted, until a run decides it.
func TestR5DataTimeoutLeavesOpen(t *testing.T) {
	tr := pair(nil, nil)
	b := tr.storage(memory.DataTimeout(time.Nanosecond), memory.Stream[reported]("unmatched"))
	spec := tr.spec(b)
	reporting(spec, b)
	add := func(master, child []int) {
		must(t, memory.Append(b, "master", 0, numbered(tr, 1, master)...))
		must(t, memory.Append(b, "child", 0, numbered(tr.children[0], 0, child)...))
	}
	expectCounts := func(what string, want ...observe.NodeState) {
		t.Helper()
		got := totals(run(t, spec))
		for i := range want {
			got[i].Waited = 0
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s: %s counts\n got %+v\nwant %+v", what, tr.nodes()[i].name, got[i], want[i])
			}
		}
	}
	add([]int{1, 3, 4}, []int{1, 2})
	expectCounts("3 is open", observe.NodeState{Read: 1, Matched: 1},
		observe.NodeState{Read: 2, Matched: 1, Unmatched: map[observe.Verdict]int64{observe.Gap: 1}})
	add(nil, []int{4, 5})
	expectCounts("5 is open", observe.NodeState{Read: 2, Matched: 1, Unmatched: map[observe.Verdict]int64{observe.Gap: 1}},
		observe.NodeState{Read: 1, Matched: 1})
	expectSessions(t, b, []string{"0[0]"}, []string{"2[2]"}, nil)
	told, err := memory.Elements[reported](b, "unmatched", 0)
	must(t, err)
	if want := []reported{{"child", 1, "gap"}, {"master", 1, "gap"}}; !slices.Equal(told, want) {
		t.Errorf("told are\n got %v\nwant %v", told, want)
	}
	must(t, b.End("child"))
	run(t, spec)
	if told, err = memory.Elements[reported](b, "unmatched", 0); err != nil || len(told) != 2 {
		t.Errorf("a run without a new master has told %v (%v)", told, err)
	}
}

// What ends a session is one commit with what its last call returns, that of the last window, too.
func TestTheLastWindowIsCommittedWithTheEnd(t *testing.T) {
	for _, end := range []string{"mark", "data timeout"} {
		for _, concurrency := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, concurrency %d", end, concurrency), func(t *testing.T) {
				tr := pair([]int{1, 1, 1}, []int{1})
				b := tr.storage(memory.Pace(broker.Pace{Results: 1, Bytes: 1}), memory.DataTimeout(time.Nanosecond))
				if end == "mark" {
					tr.fill(t, b)
				} else {
					must(t, memory.Append(b, "master", 0, tr.items...))
					must(t, memory.Append(b, "child", 0, tr.children[0].items...))
				}
				spec := tr.spec(b)
				spec.Concurrency = concurrency
				windowed(spec)
				run(t, spec)
				expectSessions(t, b, []string{"0[0],1[0],2[0]"}, nil)
				if b.Commits() != 1 {
					t.Errorf("there were %d commits, want one", b.Commits())
				}
			})
		}
	}
}

// R5: where the last session has no mark in a stream, what is left of it is what has come until the data timeout: it
// is passed over, what comes after it isn't.
func TestR5RestWithoutAMark(t *testing.T) {
	tr := pair(nil, nil)
	b := tr.storage(memory.DataTimeout(time.Nanosecond))
	add := func(master, child []int) {
		must(t, memory.Append(b, "master", 0, numbered(tr, 1, master)...))
		must(t, memory.Append(b, "child", 0, numbered(tr.children[0], 0, child)...))
	}
	add([]int{1, 2, 3}, []int{1, 2, 3})
	spec := tr.spec(b)
	endsAt(spec, 1)
	run(t, spec)
	add([]int{4}, []int{4})
	run(t, spec)
	add([]int{5}, []int{5})
	run(t, spec)
	expectSessions(t, b, []string{"0[0]", "1[1]"}, nil, []string{"4[4]"}, nil)
}

// R8: an output that shows nothing before all partitions have ended keeps no partition's positions before, either:
// where the run dies between the ends, the next one begins anew in all.
func TestPositionsOfAnOutputAtTheEnd(t *testing.T) {
	b := memory.New(memory.Stream[item]("master", memory.Named("master"), memory.Partitions(2)),
		memory.Stream[output]("output", memory.Partitions(2)), memory.Stream[failed]("failed", memory.Partitions(2)))
	must(t, memory.Append(b, "master", 0, keys(0, 1)...))
	must(t, memory.Append(b, "master", 1, keys(0, 1)...))
	must(t, b.End("master"))
	release, err := b.BlockRead("master", 1, 0)
	must(t, err)
	must(t, b.FailRead("master", 1, 0, errCrash)) // when partition 0 has ended
	spec := (&tree{name: "master"}).spec(b)
	sink := &sinkAtEnd{Broker: b}
	spec.Source, spec.Sink = b, sink // which keeps the positions
	sink.ended = func(partition int) {
		if partition == 0 {
			release()
		}
	}
	if err := engine.Run(t.Context(), spec, nil); !errors.Is(err, errCrash) {
		t.Fatalf("the run returns %v", err)
	}
	run(t, spec)
	for p := range 2 {
		if got := sessions(t, b, p); len(got[0]) != 1 {
			t.Errorf("partition %d has %q", p, got)
		}
	}
}

// sinkAtEnd shows all results when both partitions have ended.
type sinkAtEnd struct {
	*memory.Broker
	ended func(partition int)
}

func (s *sinkAtEnd) Guarantee() broker.Guarantee { return broker.AtEnd }

func (s *sinkAtEnd) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	inner, err := s.Broker.OpenSink(ctx, job)
	return &outputAtEnd{sink: s, inner: inner}, err
}

type outputAtEnd struct {
	sink  *sinkAtEnd
	inner broker.Output
	held  []broker.Commit
	ends  int
}

func (o *outputAtEnd) Commit(ctx context.Context, commits []broker.Commit) error {
	for _, c := range commits {
		results := slices.Clone(c.Results)
		for i := range results {
			results[i].Value = slices.Clone(results[i].Value)
		}
		c.Results = results
		o.held = append(o.held, c)
		if c.End {
			o.ends++
			defer o.sink.ended(c.Partition)
		}
	}
	if o.ends < 2 {
		return nil
	}
	for _, c := range o.held {
		if err := o.inner.Commit(ctx, []broker.Commit{c}); err != nil {
			return err
		}
	}
	return nil
}

func (o *outputAtEnd) Close() error { return o.inner.Close() }
