package kafka_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
)

// The elements of a mill that joins each order with the next order's and its own items: a self-join and another topic,
// with equal keys on both sides.
type (
	Order     struct{ ID, Serial int }
	NextOrder Order
	Item      struct{ Order, Serial int }
)

const partitions = 4

// A world is a cluster with what a mill on it must come to.
type world struct {
	*cluster
	random *rand.Rand
	orders []content
	// next is the ID of the next order, and serial numbers all elements.
	next, serial int
}

// content is what a partition holds.
type content struct {
	orders []Order
	items  []Item
}

func newWorld(c *cluster, seed uint64) *world { return newNarrowWorld(c, seed, partitions) }

// newNarrowWorld makes a world with another number of partitions.
func newNarrowWorld(c *cluster, seed uint64, partitions int) *world {
	w := &world{cluster: c, random: rand.New(rand.NewPCG(seed, 0)), orders: make([]content, partitions)}
	w.create(c.prefix+"orders", partitions)
	w.create(c.prefix+"items", partitions)
	return w
}

// widen gives both inputs another number of partitions, together.
func (w *world) widen(partitions int) {
	w.Helper()
	topics := []string{w.prefix + "orders", w.prefix + "items"}
	replies, err := kadm.NewClient(w.client).UpdatePartitions(context.Background(), partitions, topics...)
	must(w, err)
	must(w, replies.Error())
	w.cluster = w.again("orders", partitions)
	w.orders = append(w.orders, make([]content, partitions-len(w.orders))...)
}

// fill appends n orders, with items, to every partition; some in transactions that are aborted or committed, so that
// offsets have holes.
func (w *world) fill(n int) {
	for p := range w.orders {
		var orders, items []string
		c := &w.orders[p]
		for id := w.next; id < w.next+n; id++ {
			for range 1 + w.random.IntN(2) {
				w.serial++
				c.orders = append(c.orders, Order{id, w.serial})
				orders = append(orders, fmt.Sprintf(`{"ID":%d,"Serial":%d}`, id, w.serial))
			}
			for range w.random.IntN(3) {
				w.serial++
				c.items = append(c.items, Item{id, w.serial})
				items = append(items, fmt.Sprintf(`{"Order":%d,"Serial":%d}`, id, w.serial))
			}
		}
		w.produce(w.prefix+"orders", p, orders...)
		w.produce(w.prefix+"items", p, items...)
	}
	w.next += n
}

// end puts marks into all partitions.
func (w *world) end() {
	for p := range w.orders {
		w.produce(w.prefix+"orders", p, mark)
		w.produce(w.prefix+"items", p, mark)
	}
}

// want returns what must come out of a partition, by nested loops.
func (c *content) want() []string {
	var all []string
	for _, o := range c.orders {
		var nexts []NextOrder
		var items []Item
		for _, n := range c.orders {
			if n.ID == o.ID+1 {
				nexts = append(nexts, NextOrder(n))
			}
		}
		for _, i := range c.items {
			if i.Order == o.ID {
				items = append(items, i)
			}
		}
		if len(nexts) > 0 && len(items) > 0 {
			all = append(all, join(o, nexts, items).Text)
		}
	}
	return all
}

type Joined struct{ Text string }

func join(o Order, nexts []NextOrder, items []Item) Joined {
	return Joined{fmt.Sprint(o, nexts, items)}
}

// check compares what a read_committed reader sees with what must be there.
func (w *world) check() {
	w.Helper()
	for p := range w.orders {
		want := append(w.orders[p].want(), mark)
		var got []string
		for _, r := range w.committed(w.prefix+"joined", p) {
			value := string(r.Value)
			if value != mark {
				var j Joined
				must(w, json.Unmarshal(r.Value, &j))
				value = j.Text
			}
			got = append(got, value)
		}
		if !slices.Equal(got, want) {
			w.Errorf("partition %d: %s", p, firstDifference(got, want))
		}
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("result %d of %d is\n%s, wanted of %d\n%s", i, len(got), got[i], len(want), want[i])
		}
	}
	return fmt.Sprintf("there are %d results, wanted are %d", len(got), len(want))
}

// An instance is a mill as a process of its own would run it.
type instance struct {
	mill *leat.Mill
	wire *wire
}

func (w *world) instance(name string, options ...kafka.Option) *instance {
	return w.instanceWith(logger().With("instance", name), name, options...)
}

func (w *world) instanceWith(log *slog.Logger, name string, options ...kafka.Option) *instance {
	in := &instance{wire: &wire{}}
	b := kafka.New(w.addresses, append([]kafka.Option{
		kafka.Topic[Order](w.prefix + "orders"),
		kafka.Topic[NextOrder](w.prefix + "orders"),
		kafka.Topic[Item](w.prefix + "items"),
		kafka.Topic[Joined](w.prefix + "joined"),
		kafka.Group(w.prefix + "join"),
		kafka.Instance(name),
		kafka.Options(
			kgo.HeartbeatInterval(30*time.Millisecond),
			kgo.Dialer(in.wire.dial),
		),
	}, options...)...)
	mill, err := leat.New(join,
		leat.Broker(b),
		leat.Logger(log),
		leat.CommitEvery(5*time.Millisecond, 0),
		leat.Join(func(o Order) int { return o.ID + 1 }, func(n NextOrder) int { return n.ID }),
		leat.Join(func(o Order) int { return o.ID }, func(i Item) int { return i.Order }),
	)
	must(w, err)
	in.mill = mill
	return in
}

// A wire is all connections of an instance.
type wire struct {
	mu    sync.Mutex
	conns []net.Conn
	dead  bool
	lost  []string // the addresses of brokers that can't be reached
	// stopped is the address of a broker that takes connections and never answers, as blackHole, which listens, does.
	stopped   string
	blackHole net.Listener
	// refused is where to tell of each connection that a broker has refused; nil for nobody.
	refused chan<- struct{}
}

var errCut = errors.New("the wire is cut")

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.dead:
		return nil, errCut
	case slices.Contains(w.lost, address):
		select {
		case w.refused <- struct{}{}:
		default:
		}
		return nil, noListener(network)
	}
	if address == w.stopped {
		address = w.blackHole.Addr().String()
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		conn = &stoppable{conn, w}
		w.conns = append(w.conns, conn)
	}
	return conn, err
}

// cut closes all connections; with forGood no new ones can be made, as for a process that was killed.
func (w *wire) cut(forGood bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = w.dead || forGood
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

// onMessage is a handler of log records that tells of one message.
type onMessage struct {
	slog.Handler
	message string
	told    chan<- bool
}

func (h *onMessage) Enabled(context.Context, slog.Level) bool { return true }

func (h *onMessage) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &onMessage{h.Handler.WithAttrs(attrs), h.message, h.told}
}

func (h *onMessage) WithGroup(name string) slog.Handler {
	return &onMessage{h.Handler.WithGroup(name), h.message, h.told}
}

func (h *onMessage) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == h.message {
		h.told <- true
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// A joins, B leaves: R5 and R8 with one instance and with several.
func TestMillOnAllPartitions(t *testing.T) {
	for _, instances := range []int{1, 2, 3, 6} {
		t.Run(fmt.Sprint(instances), func(t *testing.T) {
			t.Parallel()
			w := newWorld(newCluster(t), uint64(instances))
			w.fill(200)
			ctx, cancel := context.WithTimeout(t.Context(), hung)
			defer cancel()
			var g sync.WaitGroup
			started := make(chan bool, instances)
			for i := range instances {
				g.Go(func() {
					log := slog.New(&onMessage{Handler: logger().Handler(), message: "run starts", told: started})
					if err := w.instanceWith(log, fmt.Sprint("i", i)).mill.Run(ctx); err != nil {
						t.Errorf("instance %d: %v", i, err)
					}
				})
			}
			w.fill(100)
			// One that starts when the others have ended the session is for the next, which this test doesn't have.
			for range instances {
				select {
				case <-started:
				case <-ctx.Done():
				}
			}
			w.end()
			g.Wait()
			w.check()
		})
	}
}

// R8: whatever goes wrong and whenever, each result is committed once and in order; also where partitions are added
// meanwhile.
func TestMillSurvivesFaults(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			tryFaults(t, newWorld(newFake(t), seed), seed, func(int) {})
		})
		t.Run(fmt.Sprint(seed, " with added partitions"), func(t *testing.T) {
			t.Parallel()
			w := newNarrowWorld(newFake(t), seed, 2)
			tryFaults(t, w, seed, func(round int) {
				switch round {
				case 4:
					w.widen(3)
				case 5 + w.random.IntN(5):
					w.widen(partitions)
				}
			}, kafka.GrowOutputs(), kafka.MetadataAge(100*time.Millisecond))
		})
	}
}

func tryFaults(t *testing.T, w *world, seed uint64, round func(int), options ...kafka.Option) {
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	kills := make([]chan bool, 1+seed%3)
	c := *w // what the world has come to is this goroutine's
	instance := func(name string) *instance { return c.instance(name, options...) }
	var g sync.WaitGroup
	for i := range kills {
		kills[i] = make(chan bool)
		g.Go(func() {
			if err := runAgain(ctx, instance, fmt.Sprint("i", i), kills[i]); err != nil {
				t.Errorf("instance %d: %v", i, err)
			}
		})
	}
	for n := range 15 {
		w.fill(10)
		round(n)
		w.disturb(kills)
		<-time.After(time.Duration(w.random.IntN(100)) * time.Millisecond)
	}
	w.end()
	g.Wait()
	w.check()
}

// runAgain runs an instance until its session ends; again where it is killed (true) or stopped (false).
func runAgain(ctx context.Context, start func(name string) *instance, name string, kill chan bool) error {
	for {
		run, cancel := context.WithCancel(ctx)
		in := start(name)
		done := make(chan error, 1)
		go func() { done <- in.mill.Run(run) }()
		select {
		case err := <-done:
			cancel()
			return err
		case hard := <-kill:
			if hard {
				in.wire.cut(true)
			}
			cancel()
			if hard {
				defer func() { <-done }() // what was killed fades away beside its successor
				continue
			}
			if err := <-done; err == nil || !errors.Is(err, context.Canceled) {
				return err
			}
		}
	}
}

// disturb does one of the things that go wrong.
func (w *world) disturb(kills []chan bool) {
	fault := func(key kmsg.Key, err *kerr.Error) { w.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: err}) }
	cut := func(key kmsg.Key) {
		w.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errCut, true })
	}
	kill := func(hard bool) {
		select {
		case kills[w.random.IntN(len(kills))] <- hard:
		case <-time.After(time.Second):
		}
	}
	switch w.random.IntN(16) {
	case 0:
		fault(kmsg.TxnOffsetCommit, kerr.IllegalGeneration)
	case 1:
		fault(kmsg.TxnOffsetCommit, kerr.CoordinatorLoadInProgress)
	case 2:
		fault(kmsg.EndTxn, kerr.InvalidProducerEpoch)
	case 3:
		cut(kmsg.EndTxn)
	case 4:
		cut(kmsg.Produce)
	case 5:
		fault(kmsg.Produce, kerr.NotLeaderForPartition)
	case 6:
		fault(kmsg.Produce, kerr.InvalidProducerEpoch)
	case 7:
		fault(kmsg.Heartbeat, kerr.UnknownMemberID)
	case 8:
		fault(kmsg.Heartbeat, kerr.RebalanceInProgress)
	case 9:
		cut(kmsg.Fetch)
	case 10:
		fault(kmsg.OffsetFetch, kerr.NotCoordinator)
	case 11, 12:
		kill(false)
	case 13, 14:
		kill(true)
	case 15:
		fault(kmsg.JoinGroup, kerr.UnknownMemberID)
	}
}
