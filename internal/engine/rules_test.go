package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/engine"
)

// keys makes a stream of items whose keys, to the parent, to each child and of the window, are those given.
func keys(children int, keys ...int) []item {
	items := make([]item, len(keys))
	for i, key := range keys {
		items[i] = item{ID: i, Up: key, Window: key, Down: slices.Repeat([]int{key}, children)}
	}
	return items
}

// pair is a master with one child, joined by equal numbers.
func pair(master, child []int) *tree {
	return &tree{name: "master", items: keys(1, master...), children: []*tree{
		{name: "child", kind: "int", items: keys(0, child...)},
	}}
}

func expect(t *testing.T, b *memory.Broker, want ...string) {
	t.Helper()
	if got := outputs(t, b); !slices.Equal(got, want) {
		t.Errorf("calls differ\n got %q\nwant %q", got, want)
	}
}

func TestRules(t *testing.T) {
	chain := func(master, middle, last []int) *tree {
		return &tree{name: "master", items: keys(1, master...), children: []*tree{
			{name: "middle", kind: "int", items: keys(1, middle...), children: []*tree{
				{name: "last", kind: "int", items: keys(0, last...)},
			}},
		}}
	}
	tests := []struct {
		name string
		tree *tree
		want []string
	}{
		{"R2 matches come in stream order", pair([]int{1}, []int{1, 1, 1}), []string{"0[0 1 2]"}},
		{"R3 two masters with one key get the same matches", pair([]int{1, 1}, []int{1, 1}), []string{"0[0 1]", "1[0 1]"}},
		{"R3 a right element may serve no master", pair([]int{2}, []int{1, 2, 3}), []string{"0[1]"}},
		{"R3 an incomplete master makes no call", pair([]int{1, 2, 3}, []int{1, 3}), []string{"0[0]", "2[1]"}},
		{"R3 keys may be negative and zero", pair([]int{-1, 0}, []int{-1, 0}), []string{"0[0]", "1[1]"}},
		{"R2 an element without a match below is left out alone", chain([]int{1}, []int{1, 1}, []int{1}),
			[]string{"0[0[0] 1[0]]"}},
		{"R2 a child that misses its own child doesn't match", chain([]int{1, 2}, []int{1, 2}, []int{2}),
			[]string{"1[1[0]]"}},
		{"no element anywhere", pair(nil, nil), nil},
		{"no master", pair(nil, []int{1}), nil},
		{"no child", pair([]int{1}, nil), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := test.tree.storage()
			test.tree.fill(t, b)
			run(t, test.tree.spec(b))
			expect(t, b, test.want...)
		})
	}
}

// R5: a run ends when the other stream has ended and the master has moved past its last group, though the master goes
// on; and when the master has ended, though the other stream hasn't.
func TestR5EndsWhenNoCallIsPossible(t *testing.T) {
	for _, live := range []string{"master", "child"} {
		t.Run(live+" goes on", func(t *testing.T) {
			tr := pair([]int{1, 2, 3}, []int{1, 2})
			if live == "child" {
				tr.children[0].items = keys(0, 1, 2, 4)
			}
			b := tr.storage()
			for _, n := range tr.nodes() {
				must(t, memory.Append(b, n.name, 0, n.items...))
				if n.name != live {
					must(t, b.End(n.name))
				}
			}
			run(t, tr.spec(b))
			expect(t, b, "0[0]", "1[1]")
			sessions, err := memory.Sessions[output](b, "output", 0)
			must(t, err)
			if len(sessions) != 2 {
				t.Errorf("%d sessions in the output, want the one that ended and an empty one", len(sessions))
			}
			// The session that this run has ended goes on in the live stream. The next one begins behind its mark.
			must(t, memory.Append(b, live, 0, keys(1, 5)...))
			must(t, b.End(live))
			tr.items, tr.children[0].items = keys(1, 1), keys(0, 1, 1)
			tr.fill(t, b)
			run(t, tr.spec(b))
			expect(t, b, "0[0]", "1[1]", "0[0 1]")
		})
	}
}

// R5: an ended partition stays ended until the others have ended, too.
func TestR5SessionEndsForAllPartitionsTogether(t *testing.T) {
	b := memory.New(
		memory.Stream[item]("master", memory.Named("master"), memory.Partitions(2)),
		memory.Stream[output]("output", memory.Partitions(2)),
		memory.Stream[failed]("failed", memory.Partitions(2)))
	tr := &tree{name: "master"}
	for p := range 2 {
		must(t, memory.Append(b, "master", p, keys(0, 1, 2)...))
		must(t, b.End("master", p))
		must(t, memory.Append(b, "master", p, keys(0, 1, 2, 3)...))
		must(t, b.End("master", p))
	}
	// The first run ends in partition 0 and dies in partition 1.
	must(t, b.FailRead("master", 1, 1, errCrash))
	if err := engine.Run(t.Context(), tr.spec(b), nil); !errors.Is(err, errCrash) {
		t.Fatalf("run: %v", err)
	}
	if b.Progress("test", 0).Sessions == 0 {
		// It was stopped by the crash before it had ended: let it end.
		must(t, b.FailRead("master", 1, 1, errCrash))
		_ = engine.Run(t.Context(), tr.spec(b), nil)
	}
	run(t, tr.spec(b))
	for p := range 2 {
		sessions, err := memory.Sessions[output](b, "output", p)
		must(t, err)
		if len(sessions) != 2 || len(sessions[0]) != 2 || len(sessions[1]) != 0 {
			t.Errorf("partition %d has the sessions %v, want one of two results", p, sessions)
		}
	}
}

// R6: what the function returns beside EndOfStream is written, later masters are not handed over, and the next run
// begins behind the marks.
func TestR6EarlyEnd(t *testing.T) {
	for _, concurrency := range []int{1, 4} {
		t.Run(fmt.Sprint("concurrency ", concurrency), func(t *testing.T) {
			tr := &tree{name: "master", items: keys(0, 1, 2, 3, 4, 5, 6, 7, 8)}
			b := tr.storage()
			tr.fill(t, b)
			spec := tr.spec(b)
			spec.Concurrency = concurrency
			spec.NewFunction = func() engine.Function { return &endAt{id: 2} }
			run(t, spec)
			expect(t, b, "0", "1", "2")
			tr.items = keys(0, 1)
			tr.fill(t, b)
			run(t, spec)
			expect(t, b, "0", "1", "2", "0")
		})
	}
}

// endAt ends the session at the master with an id, with a result beside it.
type endAt struct {
	function
	id int
}

func (f *endAt) Call(ctx context.Context, call *engine.Call, emit engine.Emit) error {
	if err := f.function.Call(ctx, call, emit); err != nil {
		return err
	}
	if call.Masters[0].Value.(*item).ID == f.id {
		return engine.EndOfStream
	}
	return nil
}

// R7: disorder stops the run, with an error that names stream, partition, offset and both keys, and all calls before it
// committed.
func TestR7DisorderFails(t *testing.T) {
	tests := []struct {
		name, want string
		tree       *tree
		calls      []string
	}{
		{"left key", "master[0]@2: join of master with child: left key 1 comes after 2: " +
			"keys must not decrease along a stream",
			pair([]int{1, 2, 1}, []int{1, 2, 3}), []string{"0[0]", "1[1]"}},
		{"right key", "child[0]@2: join of master with child: right key 1 comes after 2: " +
			"keys must not decrease along a stream",
			pair([]int{1, 2, 3}, []int{1, 2, 1}), []string{"0[0]"}},
		{"a key that an element without a match has", "master[0]@1: join of master with child: left key 1 comes after 5: " +
			"keys must not decrease along a stream",
			pair([]int{5, 1}, []int{1, 9}), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := test.tree.storage()
			test.tree.fill(t, b)
			err := engine.Run(t.Context(), test.tree.spec(b), nil)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			var at *broker.PositionError
			if !errors.As(err, &at) || at.Position.Offset < 1 {
				t.Errorf("the error has no position: %#v", err)
			}
			expect(t, b, test.calls...)
		})
	}
}

// R7: a unique right key that repeats is disorder, however the keys are compared.
func TestR7UniqueKeyRepeats(t *testing.T) {
	for kind, want := range map[string]string{
		"int": "child[0]@1: join of master with child: right key 1 repeats, but the join is declared unique",
		"func": "child[0]@1: join of master with child: the join function finds a second element for a key, " +
			"but the join is declared unique",
	} {
		t.Run(kind, func(t *testing.T) {
			tr := pair([]int{1, 2}, []int{1, 1, 2})
			tr.children[0].kind, tr.children[0].unique = kind, true
			b := tr.storage()
			tr.fill(t, b)
			err := engine.Run(t.Context(), tr.spec(b), nil)
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// R7: an element out of order is dropped and counted; as a dead letter it is written, once, whatever crashes.
func TestR7DisorderSkipped(t *testing.T) {
	for _, kind := range []engine.PolicyKind{engine.Skip, engine.DeadLetter} {
		tr := pair([]int{1, 2, 1, 3, 3}, []int{1, 2, 1, 3, 0, 3})
		b := tr.storage(memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
		tr.fill(t, b)
		spec := tr.spec(b)
		spec.OnDisorder = engine.Policy{Kind: kind}
		for crashes := 0; ; crashes++ {
			b.LoseCommit(1, errCrash)
			err := engine.Run(t.Context(), spec, nil)
			if err == nil || b.Progress("test", 0).Sessions == 1 {
				break
			}
			if crashes > 20 {
				t.Fatal(err)
			}
		}
		expect(t, b, "0[0]", "1[1]", "3[3 5]", "4[3 5]")
		letters, err := memory.Elements[failed](b, "failed", 0)
		must(t, err)
		var got []string
		for _, l := range letters {
			got = append(got, fmt.Sprint(l.Node, l.Offset))
		}
		var want []string
		if kind == engine.DeadLetter {
			want = []string{"child2", "master2", "child4"}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("letters %v, want %v", got, want)
		}
	}
}

// R7, R10: undecodable records go by their own policy.
func TestR10Undecodable(t *testing.T) {
	tr := &tree{name: "master"}
	storage := func() *memory.Broker {
		b := tr.storage()
		must(t, memory.Append(b, "master", 0, keys(0, 1)...))
		must(t, b.AppendRecords("master", 0, broker.Record{Value: []byte(`{"id": "x"}`)}))
		must(t, memory.Append(b, "master", 0, keys(0, 1)...))
		must(t, b.End("master"))
		return b
	}
	t.Run("fail", func(t *testing.T) {
		b := storage()
		err := engine.Run(t.Context(), tr.spec(b), nil)
		var at *broker.PositionError
		if !errors.As(err, &at) || at.Position.Offset != 1 || at.Position.Stream != "master" {
			t.Errorf("got %v, want an error at master[0]@1", err)
		}
		expect(t, b, "0")
	})
	t.Run("dead letter", func(t *testing.T) {
		b := storage()
		spec := tr.spec(b)
		spec.OnDecode = engine.Policy{Kind: engine.DeadLetter}
		var values []string
		spec.Letter = func(f engine.Failure) any {
			values = append(values, string(f.Value))
			return &failed{}
		}
		stats := run(t, spec)
		expect(t, b, "0", "0")
		if !slices.Equal(values, []string{`{"id": "x"}`}) {
			t.Errorf("letters about %q", values)
		}
		if n := totals(stats)[0]; n.Skipped != 1 || n.Read != 3 || n.Matched != 2 {
			t.Errorf("read %d, matched %d, skipped %d", n.Read, n.Matched, n.Skipped)
		}
	})
}

// R10: a record above its stream's limit goes by the same policy as one that can't be decoded, whatever the storage.
func TestR10TooLarge(t *testing.T) {
	tr := &tree{name: "master"}
	b := tr.storage()
	must(t, memory.Append(b, "master", 0, keys(0, 1)...))
	must(t, b.AppendRecords("master", 0, broker.Record{Value: []byte(`{"id": 7` + strings.Repeat(" ", 100) + `}`)}))
	must(t, memory.Append(b, "master", 0, keys(0, 1)...))
	must(t, b.End("master"))
	spec := tr.spec(b)
	spec.Master.Stream.MaxElement = 100
	err := engine.Run(t.Context(), spec, nil)
	want := "master[0]@1: element too large: it has more than the 100 bytes "
	if !errors.Is(err, broker.ErrTooLarge) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	spec.OnDecode = engine.Policy{Kind: engine.Skip}
	if n := totals(run(t, spec))[0]; n.Skipped != 1 {
		t.Errorf("skipped %d", n.Skipped)
	}
	expect(t, b, "0", "0")
}

// R10: a record that can't be decoded because a registry doesn't answer isn't skipped: the next run will decode it.
func TestR10RegistryAway(t *testing.T) {
	tr := &tree{name: "master", items: keys(0, 1, 2)}
	b := tr.storage()
	tr.fill(t, b)
	spec := tr.spec(b)
	spec.OnDecode = engine.Policy{Kind: engine.Skip}
	spec.Master.Stream.Codec = awayCodec{}
	err := engine.Run(t.Context(), spec, nil)
	if !errors.Is(err, codec.ErrUnavailable) || !strings.HasPrefix(err.Error(), "master[0]@0: ") {
		t.Errorf("got %v, want the registry's error at master[0]@0", err)
	}
}

// awayCodec needs a registry that is away.
type awayCodec struct{ codec.Codec }

func (awayCodec) Decoder(reflect.Type) (codec.Decode, error) {
	return func([]byte, any) error { return fmt.Errorf("schema 7: %w", codec.ErrUnavailable) }, nil
}

// R10: an error or a panic of the function stops the run with the positions before that call; the other policies go on.
func TestR10FunctionFails(t *testing.T) {
	boom := errors.New("boom")
	fail := func(times int32, how func() error) func() engine.Function {
		return func() engine.Function {
			var failures atomic.Int32
			return &function{before: func(call *engine.Call) error {
				if call.Masters[0].Value.(*item).ID == 1 && failures.Add(1) <= times {
					return how()
				}
				return nil
			}}
		}
	}
	failing := func() error { return boom }
	panicking := func() error { panic(boom) }
	tests := []struct {
		name     string
		policy   engine.Policy
		function func() engine.Function
		err      string
		calls    []string
		letters  int
	}{
		{"fail", engine.Policy{}, fail(1, failing), "master[0]@1: function test: boom", []string{"0"}, 0},
		{"panic", engine.Policy{}, fail(1, panicking), "master[0]@1: function test: panic: boom (", []string{"0"}, 0},
		{"skip", engine.Policy{Kind: engine.Skip}, fail(1, failing), "", []string{"0", "2"}, 0},
		{"dead letter", engine.Policy{Kind: engine.DeadLetter}, fail(1, panicking), "", []string{"0", "2"}, 1},
		{"retry", engine.Policy{Kind: engine.Retry, Attempts: 3}, fail(3, failing), "", []string{"0", "1", "2"}, 0},
		{"retry in vain", engine.Policy{Kind: engine.Retry, Attempts: 3}, fail(4, failing),
			"master[0]@1: function test: boom", []string{"0"}, 0},
	}
	for _, test := range tests {
		for _, concurrency := range []int{1, 3} {
			t.Run(fmt.Sprint(test.name, " ", concurrency), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tr := &tree{name: "master", items: keys(0, 1, 2, 3)}
					b := tr.storage()
					tr.fill(t, b)
					spec := tr.spec(b)
					if concurrency > 1 {
						spec.Sink = together{spec.Sink}
					}
					spec.OnError, spec.Concurrency = test.policy, concurrency
					spec.OnError.Backoff = time.Hour
					base := test.function()
					spec.NewFunction = func() engine.Function { return base }
					err := engine.Run(t.Context(), spec, nil)
					switch {
					case test.err == "":
						must(t, err)
					case err == nil || !strings.HasPrefix(err.Error(), test.err) || !errors.Is(err, boom):
						t.Errorf("got %v, want %s", err, test.err)
					}
					expect(t, b, test.calls...)
					letters, err := memory.Elements[failed](b, "failed", 0)
					must(t, err)
					if len(letters) != test.letters {
						t.Errorf("letters %v, want %d", letters, test.letters)
					}
				})
			})
		}
	}
}

// A join by a function slides its group where keys match by more than equality, as intervals do.
func TestJoinFuncOverIntervals(t *testing.T) {
	tr := pair([]int{0, 2, 4, 9}, []int{0, 1, 2, 3, 4, 5, 6})
	b := tr.storage()
	tr.fill(t, b)
	spec := tr.spec(b)
	spec.Master.Children[0].NewEdge = engine.FuncEdge(func(left, right any) (int, error) {
		from, at := left.(*item).Down[0], right.(*item).Up
		switch {
		case at < from:
			return 1, nil
		case at >= from+4:
			return -1, nil
		}
		return 0, nil
	}, false)
	run(t, spec)
	expect(t, b, "0[0 1 2 3]", "1[2 3 4 5]", "2[4 5 6]")
}

// A clean stop commits what is finished and returns the context's error; the next run goes on behind it.
func TestCleanStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &tree{name: "master", items: keys(0, 0, 1)}
		b := tr.storage(memory.Pace(broker.Pace{Interval: time.Hour, Results: 1000, Bytes: 1 << 20}))
		must(t, memory.Append(b, "master", 0, tr.items...))
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if err := engine.Run(ctx, tr.spec(b), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a stopped run returns %v", err)
		}
		expect(t, b, "0", "1")
		must(t, memory.Append(b, "master", 0, keys(0, 0)...))
		must(t, b.End("master"))
		run(t, tr.spec(b))
		expect(t, b, "0", "1", "0")
	})
}

// The positions of one join tree don't fit another.
func TestPositionsOfAnotherTree(t *testing.T) {
	tr := pair([]int{1}, []int{1})
	b := tr.storage()
	tr.fill(t, b)
	run(t, tr.spec(b))
	other := tr.spec(b)
	other.Master.Children = nil
	err := engine.Run(t.Context(), other, nil)
	want := `the positions kept for "test", partition 0, are those of another join tree: ` +
		`they have the nodes [master child], this one has [master]; give the changed mill another name`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
