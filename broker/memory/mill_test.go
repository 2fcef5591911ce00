package memory_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// Order, Item and Count are the elements of a mill that counts the items of each order.
type (
	Order struct{ ID int }
	Item  struct{ Order int }
	Count struct{ Order, Items int }
)

var errCrash = errors.New("injected crash")

const (
	orders     = 200
	partitions = 3
)

// R8: whatever is taken away, aborted or crashes, and with two instances too, each result is committed once and in
// order.
func TestMillsSurviveEveryFault(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { tryFaults(t, seed) })
		})
	}
}

func tryFaults(t *testing.T, seed uint64) {
	b := memory.New(
		memory.Stream[Order]("orders", memory.Partitions(partitions)),
		memory.Stream[Item]("items", memory.Partitions(partitions), memory.Gaps(1)),
		memory.Stream[Count]("counts", memory.Partitions(partitions)),
		memory.Pace(broker.Pace{Interval: 3 * time.Millisecond, Results: 5}),
		memory.Batch(3),
	)
	b.SlowCommits(2 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	instances := 1 + seed%2
	ended, crashes := make(chan error, instances), make(chan error, 1000)
	for range instances {
		go func() { ended <- runAgain(ctx, b, crashes) }()
	}
	want := fillAndDisturb(t, b, rand.New(rand.NewPCG(seed, 0)))
	for range instances {
		must(t, <-ended)
	}
	for p := range partitions {
		got, err := memory.Elements[Count](b, "counts", p)
		must(t, err)
		if !slices.Equal(got, want[p]) {
			t.Errorf("partition %d, after %d crashes: the committed results are\n%v, wanted\n%v",
				p, len(crashes), got, want[p])
		}
	}
}

// runAgain runs a mill until its session ends, and again after each crash.
func runAgain(ctx context.Context, b *memory.Broker, crashes chan<- error) error {
	count := func(o Order, items []Item) Count { return Count{o.ID, len(items)} }
	mill, err := leat.New(count,
		leat.Name("count"),
		leat.Broker(b),
		leat.Logger(slog.New(slog.DiscardHandler)),
		leat.Join(func(o Order) int { return o.ID }, func(i Item) int { return i.Order }),
	)
	for err == nil {
		err = mill.Run(ctx)
		if !errors.Is(err, errCrash) {
			return err
		}
		crashes <- err
		err = nil
	}
	return err
}

// fillAndDisturb fills the streams bit by bit, injects faults meanwhile, and returns the results that must come out.
func fillAndDisturb(t *testing.T, b *memory.Broker, random *rand.Rand) (want [partitions][]Count) {
	for id := range orders {
		for p := range partitions {
			items := make([]Item, random.IntN(3))
			for i := range items {
				items[i].Order = id
			}
			must(t, errors.Join(
				memory.Append(b, "orders", p, Order{id}),
				memory.Append(b, "items", p, items...)))
			if len(items) > 0 {
				want[p] = append(want[p], Count{id, len(items)})
			}
		}
		time.Sleep(time.Millisecond)
		disturb(t, b, random, id)
	}
	restoreAll(b)
	must(t, errors.Join(b.End("orders"), b.End("items")))
	return want
}

func disturb(t *testing.T, b *memory.Broker, random *rand.Rand, id int) {
	switch random.IntN(16) {
	case 0:
		b.Revoke(random.IntN(partitions))
	case 1, 2, 3:
		restoreAll(b)
	case 4:
		b.AbortCommit(1)
	case 5:
		b.FailCommit(1, errCrash)
	case 6:
		b.LoseCommit(1, errCrash)
	case 7:
		must(t, b.FailRead("items", random.IntN(partitions), int64(2*id), errCrash))
	}
}

func restoreAll(b *memory.Broker) {
	for p := range partitions {
		b.Restore(p)
	}
}
