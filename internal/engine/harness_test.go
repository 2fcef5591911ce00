package engine_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// output is the result of a call: what it got, rendered as the reference does.
type output struct {
	Call string `json:"call"`
}

// failed is a letter about an element that was put aside.
type failed struct {
	Offset int64  `json:"offset"`
	Node   string `json:"node"`
	Err    string `json:"err"`
}

// function renders its calls, and answers the hooks of a test.
type function struct {
	before, after func(call *engine.Call) error // may be nil
}

func (f *function) Call(_ context.Context, call *engine.Call, emit engine.Emit) error {
	var masters []string
	for i := range call.Masters {
		masters = append(masters, render(&call.Masters[i]))
	}
	if f.before != nil {
		if err := f.before(call); err != nil {
			return err
		}
	}
	if err := emit(0, &output{Call: strings.Join(masters, ",")}); err != nil || f.after == nil {
		return err
	}
	return f.after(call)
}

func render(e *engine.Element) string {
	var s strings.Builder
	fmt.Fprint(&s, e.Value.(*item).ID)
	for _, matches := range e.Matches {
		s.WriteByte('[')
		for i := range matches {
			if i > 0 {
				s.WriteByte(' ')
			}
			s.WriteString(render(&matches[i]))
		}
		s.WriteByte(']')
	}
	return s.String()
}

// nodes returns t and the trees below it, parents first.
func (t *tree) nodes() []*tree {
	nodes := []*tree{t}
	for _, c := range t.children {
		nodes = append(nodes, c.nodes()...)
	}
	return nodes
}

// storage returns a storage with the streams of the tree, one partition each, that hold nothing yet.
func (t *tree) storage(options ...memory.Option) *memory.Broker {
	for _, n := range t.nodes() {
		options = append(options, memory.Stream[item](n.name, memory.Named(n.name)))
	}
	options = append(options, memory.Stream[output]("output"), memory.Stream[failed]("failed"))
	return memory.New(options...)
}

// fill appends the tree's items to its streams, as they lie there, with end-of-stream marks behind.
func (t *tree) fill(tb fatal, b *memory.Broker) {
	for _, n := range t.nodes() {
		items := n.items
		if n.stored != nil {
			items = n.stored
		}
		if err := memory.Append(b, n.name, 0, items...); err != nil {
			tb.Fatalf("append: %v", err)
		}
		if err := b.End(n.name); err != nil {
			tb.Fatalf("end: %v", err)
		}
	}
}

// fatal is what *testing.T and *rapid.T have in common.
type fatal interface {
	Fatalf(format string, args ...any)
}

// spec returns the mill that renders the calls of the tree.
func (t *tree) spec(b *memory.Broker) *engine.Spec {
	return &engine.Spec{
		Name:        "test",
		Source:      recycling{b},
		Sink:        b,
		Master:      t.node(b, 0),
		Outputs:     []broker.Stream{stream(b, "output"), stream(b, "failed")},
		NewFunction: func() engine.Function { return &function{} },
		Letter: func(f engine.Failure) any {
			return &failed{Offset: f.Position.Offset, Node: f.Node, Err: f.Err.Error()}
		},
		LetterOutput: 1,
		Logger:       slog.New(slog.DiscardHandler),
	}
}

// node returns the node of t, which is the c-th child of its parent.
func (t *tree) node(b *memory.Broker, c int) *engine.Node {
	n := &engine.Node{Name: t.name, Stream: stream(b, t.streamName()), Unique: t.unique, Copied: t.kind != "func"}
	n.Sort = t.sort.spec()
	if t.kind != "" {
		n.NewEdge = t.edge(c)
		n.Take, n.Need, n.Unequal = t.take, t.need, t.unequal
	}
	for i, child := range t.children {
		n.Children = append(n.Children, child.node(b, i))
		n.Copied = n.Copied && child.kind != "func"
	}
	return n
}

// edge returns the edge to the parent, whose c-th child t is.
func (t *tree) edge(c int) func() engine.Edge {
	switch t.kind {
	case "int":
		return edgeOf(t, c, func(key int) int { return key }, func(key int) int { return key })
	case "float":
		return edgeOf(t, c, func(key int) float64 { return float64(key) / 4 }, func(d float64) int { return int(d * 4) })
	case "string":
		return edgeOf(t, c, func(key int) string { return fmt.Sprintf("%08d", key+1_000_000) }, func(key string) int {
			n, err := strconv.Atoi(key)
			if err != nil {
				panic(err)
			}
			return n - 1_000_000
		})
	}
	return engine.FuncEdge(func(left, right any) (int, error) {
		return cmp.Compare(left.(*item).Down[c], right.(*item).Up), nil
	}, t.unique)
}

// isPlain says that an edge joins equal keys and takes all.
func (t *tree) isPlain() bool {
	return t.lo == 0 && t.hi == 0 && t.take == engine.TakeAll && !t.unequal && !t.by
}

func edgeOf[K cmp.Ordered](t *tree, c int, key func(int) K, number func(K) int) func() engine.Edge {
	left := func(e any) (K, error) { return orNull(e.(*item).Down[c], key) }
	right := func(e any) (K, error) { return orNull(e.(*item).Up, key) }
	if t.isPlain() {
		return engine.KeyEdge(left, right, cmp.Compare[K], t.unique)
	}
	spec := engine.ReachSpec[K]{Left: left, Right: right, Compare: cmp.Compare[K], Unique: t.unique}
	if t.lo > -unbounded {
		spec.Reach.Start = func(left K) K { return key(number(left) + t.lo) }
		spec.Reach.Low = func(left, right K) int { return cmp.Compare(number(right)-number(left), t.lo) }
	}
	if t.hi < unbounded {
		spec.Reach.High = func(left, right K) int { return cmp.Compare(number(right)-number(left), t.hi) }
	}
	spec.Reach.Farther = func(left, before, after K) bool {
		return number(after)-number(left) >= number(left)-number(before)
	}
	spec.Reach.End = func(left K) K { return key(number(left) + t.hi) }
	spec.Reach.Mirror = func(left, before K) K { return key(2*number(left) - number(before)) }
	spec.Reach.Between = func(a, b K) any { return number(b) - number(a) }
	spec.Reach.Before, spec.Reach.After = fmt.Sprint(-t.lo), fmt.Sprint(t.hi)
	if t.by {
		same := func(key int) int { return key }
		spec.By = engine.NewMatchKey(
			func(e any) (int, error) { return orNull(e.(*item).ByDown[c], same) },
			func(e any) (int, error) { return orNull(e.(*item).ByUp, same) })
	}
	return engine.ReachEdge(spec)
}

func orNull[K any](key int, of func(int) K) (K, error) {
	if key == null {
		return *new(K), engine.NullKey
	}
	return of(key), nil
}

func stream(b *memory.Broker, name string) broker.Stream {
	for _, s := range b.Streams() {
		if s.Name == name {
			return s
		}
	}
	panic("no stream " + name)
}

// windowed groups the masters of spec by item.Window.
func windowed(spec *engine.Spec) {
	spec.Window = &engine.Window{NewKey: func() func(any) (bool, error) {
		last, seen := 0, false
		return func(master any) (bool, error) {
			key := master.(*item).Window
			changed := seen && key != last
			last, seen = key, true
			return changed, nil
		}
	}}
}

// outputs returns the committed outputs of all sessions but the last one if that is empty.
func outputs(tb fatal, b *memory.Broker) []string {
	results, err := memory.Elements[output](b, "output", 0)
	if err != nil {
		tb.Fatalf("outputs: %v", err)
	}
	calls := make([]string, len(results))
	for i, r := range results {
		calls[i] = r.Call
	}
	return calls
}

// sessions returns the committed outputs of a partition, by session; the last is what lies behind the last mark.
func sessions(tb fatal, b *memory.Broker, partition int) [][]string {
	all, err := memory.Sessions[output](b, "output", partition)
	if err != nil {
		tb.Fatalf("outputs: %v", err)
	}
	calls := make([][]string, len(all))
	for i, session := range all {
		for _, r := range session {
			calls[i] = append(calls[i], r.Call)
		}
	}
	return calls
}

// run runs a mill that must reach the end of its session.
func run(tb testing.TB, spec *engine.Spec) *engine.Stats {
	tb.Helper()
	stats := &engine.Stats{}
	if err := engine.Run(tb.Context(), spec, stats); err != nil {
		tb.Fatalf("run: %v", err)
	}
	return stats
}

// totals returns the counts of a run, by node.
func totals(stats *engine.Stats) []observe.NodeState {
	snapshot := stats.Snapshot()
	return snapshot.Totals()
}
