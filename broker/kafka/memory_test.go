package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
)

// Left is the master and Right what it is joined with: two elements for each of its keys.
type (
	Left  struct{ N int }
	Right struct{ N, ID int }
	Pair  struct {
		N   int
		IDs []int
	}
)

func pair(l Left, rights []Right) Pair {
	p := Pair{N: l.N}
	for _, r := range rights {
		p.IDs = append(p.IDs, r.ID)
	}
	return p
}

func (c *cluster) pairs(fn any) *leat.Mill {
	c.Helper()
	mill, err := leat.New(fn, leat.Join(func(l Left) int { return l.N }, func(r Right) int { return r.N }),
		leat.Logger(logger()),
		leat.Broker(kafka.New(c.addresses, kafka.Group(c.prefix+"pairs"), kafka.Topic[Left](c.prefix+"left"),
			kafka.Topic[Right](c.prefix+"right"), kafka.Topic[Pair](c.prefix+"out"))))
	must(c, err)
	return mill
}

const (
	// heapLimit is how much a run may hold beside what was there before it. Its read-ahead takes a mebibyte for each
	// node as it counts, several as they lie in memory, and more while answers are on their way; the backlog would
	// take hundreds.
	heapLimit = 64 << 20
	samples   = 8
	// backlog is how many elements lie there when a run begins.
	backlog = 1_000_000
)

// load appends the elements from one number to another to a topic, in partition 0.
func (c *cluster) load(topic string, from, to int, element func(n int) string) {
	c.Helper()
	failed := make(chan error, 1)
	for n := from; n < to; n++ {
		c.client.Produce(context.Background(), &kgo.Record{Topic: c.prefix + topic, Value: []byte(element(n))},
			func(_ *kgo.Record, err error) {
				if err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			})
	}
	must(c, c.client.Flush(context.Background()))
	select {
	case err := <-failed:
		c.Fatal(err)
	default:
	}
}

func leftOf(n int) string  { return fmt.Sprintf(`{"N":%d}`, n) }
func rightOf(n int) string { return fmt.Sprintf(`{"N":%d,"ID":%d}`, n/2, n) }

func (c *cluster) loadRights() {
	c.Helper()
	c.create(c.prefix+"left", 1)
	c.create(c.prefix+"right", 1)
	c.load("right", 0, backlog, rightOf)
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what has a finaliser takes two
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// expectFlat checks what a run holds in memory at one moment.
func expectFlat(t *testing.T, before int64, sample int) {
	t.Helper()
	grown := heap() - before
	t.Logf("sample %d: %d KiB", sample, grown>>10)
	if grown > heapLimit {
		t.Fatalf("sample %d: the heap has grown by %d MiB, which is more than %d", sample, grown>>20, heapLimit>>20)
	}
}

// Memory doesn't grow with the distance between two streams: one has all of its elements at the start, the other comes
// along a part of the way at a time.
func TestMemoryOneStreamAhead(t *testing.T) {
	c := newApart(t)
	c.loadRights()
	before := heap()
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.pairs(pair).Run(ctx) }()
	var want []string
	for sample := range samples {
		n := (sample + 1) * backlog / 2 / (samples + 1)
		c.produce(c.prefix+"left", 0, leftOf(n))
		want = append(want, fmt.Sprintf(`{"N":%d,"IDs":[%d,%d]}`, n, 2*n, 2*n+1))
		for !c.hasOutput(len(want)) && ctx.Err() == nil {
			<-time.After(20 * time.Millisecond)
		}
		expectFlat(t, before, sample)
	}
	c.produce(c.prefix+"left", 0, mark)
	must(t, <-done)
	c.expectOut(0, append(want, mark)...)
}

// Memory doesn't grow while a function takes its time and Kafka has plenty.
func TestMemorySlowFunction(t *testing.T) {
	c := newApart(t)
	c.loadRights()
	c.load("left", 0, backlog/2, leftOf)
	before := heap()
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	turns := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- c.pairs(func(ctx context.Context, l Left, rights []Right) (Pair, error) {
			select {
			case <-turns:
				return pair(l, rights), nil
			case <-ctx.Done():
				return Pair{}, ctx.Err()
			}
		}).Run(ctx)
	}()
	for sample := range samples {
		for range 100 {
			select {
			case turns <- struct{}{}:
			case err := <-done:
				t.Fatalf("the run has ended: %v", err)
			}
		}
		<-time.After(200 * time.Millisecond) // for what would be read meanwhile
		expectFlat(t, before, sample)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

// A backlog on one side while the other trickles: every result is there, once and in order.
func TestBacklogAgainstATrickle(t *testing.T) {
	c := newApart(t)
	c.loadRights()
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.pairs(pair).Run(ctx) }()
	lefts := backlog / 2
	for from, portion := 0, lefts/50; from < lefts; from += portion {
		c.load("left", from, min(from+portion, lefts), leftOf)
		<-time.After(20 * time.Millisecond)
	}
	c.produce(c.prefix+"left", 0, mark)
	c.produce(c.prefix+"right", 0, mark)
	must(t, <-done)
	n := 0
	c.eachCommitted(ctx, c.prefix+"out", 0, func(r *kgo.Record) {
		want := fmt.Sprintf(`{"N":%d,"IDs":[%d,%d]}`, n, 2*n, 2*n+1)
		if n == lefts {
			want = mark
		}
		if got := string(r.Value); got != want {
			t.Fatalf("result %d is %s, not %s", n, got, want)
		}
		n++
	})
	if n != lefts+1 {
		t.Errorf("there are %d results, a mark among them; wanted are %d", n, lefts+1)
	}
}
