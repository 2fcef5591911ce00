package engine_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// values is how many match keys the streams of these tests have.
const values = 100

// R11: a join as of the masters' time by a match key holds one element for each value of it, however long the streams are,
// and its memory doesn't grow. LEAT_TEST_ELEMENTS says how many each stream has.
func TestAsOfHoldsOneForEachMatchKey(t *testing.T) {
	length := int64(100_000)
	if text := os.Getenv("LEAT_TEST_ELEMENTS"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		must(t, err)
		length = n
	}
	key := func(e any) (int64, error) { return e.(*number).N, nil }
	by := func(e any) (int64, error) { return e.(*number).N * 7919 / 3 % values, nil }
	masters, children := broker.NewStream[number]("masters"), broker.NewStream[number]("children")
	masters.Codec, children.Codec = binaryCodec{}, binaryCodec{}
	spec := &engine.Spec{
		Source: &generator{first: []int64{0, 0}, last: length},
		Master: &engine.Node{Name: "master", Stream: masters, Children: []*engine.Node{{
			Name: "child", Stream: children, Take: engine.TakeLast, Need: engine.NeedNone,
			NewEdge: engine.ReachEdge(engine.ReachSpec[int64]{Left: key, Right: key, Compare: cmp.Compare[int64],
				Reach: engine.Reach[int64]{High: func(left, right int64) int { return cmp.Compare(right, left) }},
				By:    engine.NewMatchKey(by, by)}),
		}}},
		Logger: slog.New(slog.DiscardHandler),
	}
	stats, most, first, heap := &engine.Stats{}, 0, uint64(0), uint64(0)
	calls := int64(0)
	spec.NewFunction = func() engine.Function {
		return &function{before: func(*engine.Call) error {
			if calls++; calls%1000 == 0 {
				snapshot := stats.Snapshot()
				most = max(most, snapshot.Tasks[0].Nodes[1].Group)
			}
			if calls%(length/5) == length/10 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				first, heap = cmp.Or(first, m.HeapAlloc), max(heap, m.HeapAlloc)
			}
			return errSilent
		}}
	}
	spec.NewFunction = silent(spec.NewFunction)
	must(t, engine.Run(t.Context(), spec, stats))
	if child := totals(stats)[1]; calls != length+1 || most < values || most > values+1 || child.Matched != length+1 {
		t.Errorf("%d calls, %d elements held, %d matched", calls, most, child.Matched)
	}
	if heap > first+1<<20 {
		t.Errorf("the heap has grown from %d to %d bytes", first, heap)
	}
	t.Logf("%d elements in each stream: at most %d held, %d KiB of heap at first and %d KiB at most", length, most, first>>10,
		heap>>10)
}

// errSilent is what a hook returns where its function has no result.
var errSilent = errors.New("no result")

// silent has functions return after their first hook, without a result.
func silent(of func() engine.Function) func() engine.Function {
	return func() engine.Function { return silentFunction{of().(*function)} }
}

type silentFunction struct{ f *function }

func (s silentFunction) Call(_ context.Context, call *engine.Call, _ engine.Emit) error {
	if err := s.f.before(call); err != errSilent {
		return err
	}
	return nil
}

// begun notes where readers begin, by node.
type begun struct {
	broker.Source
	mu   sync.Mutex
	from map[int]int64
}

func (b *begun) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := b.Source.OpenSource(ctx, job)
	return begunInput{in, b}, err
}

type begunInput struct {
	broker.Input
	begun *begun
}

func (in begunInput) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	in.begun.mu.Lock()
	in.begun.from[node] = from
	in.begun.mu.Unlock()
	return in.Input.Reader(ctx, node, partition, from)
}

// R8, R11: a restart reads again no more than what was retained: from the oldest of the elements on that the next master may
// match, which is one for each value of the match key, wherever the run has died.
func TestRestartReadsWhatWasRetained(t *testing.T) {
	for _, commit := range []int{1, 100, 777, 1999} {
		tr := asOf()
		c := tr.children[0]
		c.by = true
		for i := range 2000 {
			it := item{ID: i, Up: i, Down: []int{i}, ByUp: i * 7919 / 3 % values, ByDown: []int{i * 7919 / 3 % values}}
			tr.items, c.items = append(tr.items, it), append(c.items, it)
		}
		b := tr.storage(memory.Pace(broker.Pace{Results: 1, Bytes: 1}))
		tr.fill(t, b)
		b.LoseCommit(commit, errCrash)
		if err := engine.Run(t.Context(), tr.spec(b), nil); !errors.Is(err, errCrash) {
			t.Fatalf("the run ends with %v", err)
		}
		next := int(b.Progress("test", 0).Nodes[0].Offset) + 1 // the master that is handed over next
		last := map[int]int64{}
		for _, it := range c.items[:next] {
			last[it.ByUp] = int64(it.ID)
		}
		oldest := int64(next)
		for _, offset := range last {
			oldest = min(oldest, offset)
		}
		source := &begun{Source: b, from: map[int]int64{}}
		spec := tr.spec(b)
		spec.Source = source
		must(t, engine.Run(t.Context(), spec, nil))
		if source.from[0] < int64(next)-1 || source.from[1] < oldest {
			t.Errorf("behind commit %d: masters are read from %d, where %d is next, and children from %d, where the oldest "+
				"retained is %d", commit, source.from[0], next, source.from[1], oldest)
		}
		if got := len(outputs(t, b)); got != len(tr.items) {
			t.Errorf("behind commit %d: %d results", commit, got)
		}
	}
}
