package kafka_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker/kafka"
)

// R8: a broker that dies takes nothing with it that the others have taken over, whichever it is: the coordinator of
// the group or of the transactions, the leader of partitions, or the first of the addresses that a run begins with.
func TestABrokerDies(t *testing.T) {
	const brokers = 3
	for dead := range int32(brokers) {
		t.Run(fmt.Sprint(dead), func(t *testing.T) {
			t.Parallel()
			w := newWorld(newFake(t, kfake.NumBrokers(brokers)), uint64(dead))
			ctx, cancel := context.WithTimeout(t.Context(), hung)
			defer cancel()
			results := w.follow()
			in := w.instance("i")
			done := make(chan error, 1)
			go func() { done <- in.mill.Run(ctx) }()
			for _, node := range []int32{w.CoordinatorFor("join"), w.CoordinatorFor("join-i"), dead} {
				w.fill(10)
				results.wait(ctx)
				in.wire.lose(w.addresses[node])
				w.replace(node, "join", "join-i")
				// What a member that was expelled does afresh, it must not ask of the dead broker either.
				w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownMemberID})
				w.fill(10)
				results.wait(ctx)
				in.wire.lose()
			}
			w.end()
			if err := <-done; err != nil {
				t.Error(err)
			}
			w.check()
		})
	}
}

// A run can begin while a broker is away, also the first one of the addresses that it was given.
func TestARunBeginsWithoutABroker(t *testing.T) {
	const brokers = 3
	for dead := range int32(brokers) {
		t.Run(fmt.Sprint(dead), func(t *testing.T) {
			t.Parallel()
			w := newWorld(newFake(t, kfake.NumBrokers(brokers)), uint64(dead))
			w.fill(20)
			w.end()
			ctx, cancel := context.WithTimeout(t.Context(), hung)
			defer cancel()
			w.create("joined", partitions)
			w.replace(dead, "join", "join-i")
			in := w.instance("i")
			in.wire.lose(w.addresses[dead])
			must(t, in.mill.Run(ctx))
			w.check()
		})
	}
}

// R8: a broker that is stopped refuses nothing and answers nothing. When the others have replaced it, what was asked
// of it is asked of them, and nobody waits until the client would look at the cluster by itself.
func TestABrokerStops(t *testing.T) {
	for name, role := range map[string]func(w *world) int32{
		"coordinator of the group":        func(w *world) int32 { return w.CoordinatorFor("join") },
		"coordinator of the transactions": func(w *world) int32 { return w.CoordinatorFor("join-i") },
		"leader of an input":              func(w *world) int32 { return w.LeaderFor("orders", 0) },
		"leader of the output":            func(w *world) int32 { return w.LeaderFor("joined", 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(newFake(t, kfake.NumBrokers(3)), 1)
			ctx, cancel := context.WithTimeout(t.Context(), hung)
			defer cancel()
			results := w.follow()
			const short = 300 * time.Millisecond
			in := w.instance("i", kafka.MetadataAge(time.Hour), kafka.Options(kgo.RequestTimeoutOverhead(short),
				kgo.ProduceRequestTimeout(short)))
			done := make(chan error, 1)
			go func() { done <- in.mill.Run(ctx) }()
			w.fill(10)
			results.wait(ctx)
			node := role(w)
			in.wire.stop(t, w.addresses[node])
			w.replace(node, "join", "join-i")
			must(t, w.RemoveNode(node))
			w.fill(10)
			results.wait(ctx)
			w.end()
			if err := <-done; err != nil {
				t.Error(err)
			}
			w.check()
		})
	}
}

// R8: who can't reach any broker for a while keeps its place in the group, its partitions and the session of its
// transactions. To leave and come back would take seconds, and what was under way would be done again.
func TestNoBrokerForAWhile(t *testing.T) {
	t.Parallel()
	const many = 100 // more than it takes a heartbeat and a commit to fail by, beside all else that is asked for
	w := newWorld(newFake(t, kfake.NumBrokers(3)), 1)
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	results := w.follow()
	in := w.instance("i")
	refused := make(chan struct{}, many)
	in.wire.refused = refused
	done := make(chan error, 1)
	go func() { done <- in.mill.Run(ctx) }()
	w.fill(10)
	results.wait(ctx)
	var joins atomic.Int32
	for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.InitProducerID} {
		w.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
			w.KeepControl()
			joins.Add(1)
			return nil, nil, false
		})
	}
	in.wire.lose(w.addresses...)
	w.fill(10)
	for range many {
		<-refused
	}
	in.wire.lose()
	results.wait(ctx)
	if n := joins.Load(); n > 0 {
		t.Errorf("the member joined its group again, or began a session of transactions: %d times", n)
	}
	w.end()
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.check()
}

// replace makes other brokers coordinate what the keys say, and lead the partitions.
func (w *world) replace(node int32, keys ...string) {
	w.Helper()
	for slices.ContainsFunc(keys, func(key string) bool { return w.CoordinatorFor(key) == node }) {
		w.RehashCoordinators()
	}
	for _, topic := range []string{"orders", "items", "joined"} {
		for p := range int32(partitions) {
			if w.LeaderFor(topic, p) == node {
				must(w, w.MoveTopicPartition(topic, p, (node+1)%int32(len(w.addresses))))
			}
		}
	}
}

// A follower reads results as they are committed, for as long as a test goes on.
type follower struct {
	*world
	client *kgo.Client
	counts [partitions]int
}

// follow creates the topic of the results and reads it.
func (w *world) follow() *follower {
	w.Helper()
	w.create("joined", partitions)
	offsets := map[int32]kgo.Offset{}
	for p := range int32(partitions) {
		offsets[p] = kgo.NewOffset().AtStart()
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(w.addresses...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(10*time.Millisecond), kgo.MetadataMinAge(10*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{"joined": offsets}))
	must(w, err)
	w.Cleanup(client.Close)
	return &follower{world: w, client: client}
}

// wait waits until all results are there that are certain, which takes the next order but one.
func (f *follower) wait(ctx context.Context) {
	f.Helper()
	for p := range partitions {
		c := f.orders[p]
		last := c.items[len(c.items)-1].Order
		c.orders = slices.DeleteFunc(slices.Clone(c.orders), func(o Order) bool { return o.ID == f.next-1 || o.ID > last })
		for want := len(c.want()); f.counts[p] < want; {
			fetches := f.client.PollFetches(ctx)
			if ctx.Err() != nil {
				f.Fatalf("partition %d stands still: it has %d results of %d", p, f.counts[p], want)
			}
			fetches.EachRecord(func(r *kgo.Record) { f.counts[r.Partition]++ })
		}
	}
}

// lose makes brokers refuse all connections, those that there are among them; without addresses, none does any more.
func (w *wire) lose(addresses ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = addresses
	for _, c := range w.conns {
		if slices.Contains(addresses, c.RemoteAddr().String()) {
			c.Close()
		}
	}
}

// stop makes a broker take connections and requests, and never answer.
func (w *wire) stop(t *testing.T, address string) {
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { must(t, hole.Close()) })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped, w.blackHole = address, hole
}

// A stoppable connection swallows what is written to a broker that is stopped.
type stoppable struct {
	net.Conn
	wire *wire
}

func (c *stoppable) Write(b []byte) (int, error) {
	c.wire.mu.Lock()
	stopped := c.wire.stopped == c.RemoteAddr().String()
	c.wire.mu.Unlock()
	if stopped {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// noListener is what a system says where nobody listens.
func noListener(network string) error {
	return &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}
