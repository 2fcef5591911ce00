//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/internal/testserver"
)

// expectShared compares the totals with what SQL makes of the tables: each is there once, and those of a partition are
// in order.
func (d *database) expectShared() {
	d.Helper()
	got := d.query("SELECT id, items, total FROM totals ORDER BY id, place")
	want := d.query("SELECT order_id, count(*), sum(price) FROM items GROUP BY order_id ORDER BY order_id")
	if fmt.Sprint(got) != fmt.Sprint(want) {
		d.Errorf("there are %d results, not these %d:\n%.2000s\n%.2000s", len(got), len(want), fmt.Sprint(got),
			fmt.Sprint(want))
	}
	if late := d.query(`SELECT id FROM (SELECT id, lag(id) OVER (PARTITION BY
		(hashtextextended(id::text COLLATE "C", 0) & 9223372036854775807) % 3 ORDER BY place) AS before FROM totals) t
		WHERE before >= id`); len(late) > 0 {
		d.Errorf("results of a partition are out of order: %v", late)
	}
}

// A swarm is some instances, each a process.
type swarm struct {
	*database
	random          *rand.Rand
	running, frozen []*exec.Cmd
}

// pick removes one of some processes.
func (s *swarm) pick(all *[]*exec.Cmd) *exec.Cmd {
	i := s.random.IntN(len(*all))
	c := (*all)[i]
	*all = append((*all)[:i:i], (*all)[i+1:]...)
	return c
}

// step does something to an instance.
func (s *swarm) step() string {
	what := s.random.IntN(6)
	switch {
	case what == 0 && len(s.running) > 0:
		s.must(s.pick(&s.running).Process.Kill())
		return "killed"
	case what == 1 && len(s.running) > 1:
		s.leave(s.pick(&s.running))
		return "left"
	case what == 2 && len(s.running) > 1:
		c := s.pick(&s.running)
		s.must(testserver.Freeze(c.Process))
		s.frozen = append(s.frozen, c)
		return "frozen"
	case what == 3 && len(s.frozen) > 0:
		c := s.pick(&s.frozen)
		s.must(testserver.Thaw(c.Process))
		s.running = append(s.running, c)
		return "thawed"
	case what == 4:
		s.cut()
		return "cut"
	case len(s.running) < 4:
		s.running = append(s.running, s.helper("shared"))
		return "came"
	}
	return "stayed"
}

// leave ends an instance as a user does, and expects that it ends well.
func (s *swarm) leave(c *exec.Cmd) {
	s.must(c.Process.Signal(syscall.SIGTERM))
	if err := c.Wait(); err != nil {
		s.Errorf("an instance ends with %v", err)
	}
}

// Instances come, leave, are killed, frozen and cut off in any order: the results are those of one run that never
// stopped, and no instance fails.
func TestInstances(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { testInstances(t, seed) })
	}
}

func testInstances(t *testing.T, seed uint64) {
	s := &swarm{database: shop(t, 60), random: rand.New(rand.NewPCG(seed, 7))}
	s.running = append(s.running, s.helper("shared"), s.helper("shared"))
	s.wait("SELECT FROM totals HAVING count(*) > 20")
	var steps []string
	for range 14 {
		steps = append(steps, s.step())
		s.grow(10)
		<-time.After(time.Duration(s.random.IntN(1200)) * time.Millisecond)
	}
	t.Log(steps)
	for _, c := range s.frozen {
		s.must(testserver.Thaw(c.Process))
	}
	s.running = append(s.running, s.helper("shared"))
	// These make the items of the last orders certain, in each partition.
	s.exec("INSERT INTO items SELECT n, 1, 0 FROM generate_series(1000000, 1000020) n")
	s.wait(`SELECT FROM totals HAVING count(*) >= (SELECT count(DISTINCT order_id) FROM items WHERE order_id < 1000000)`)
	for _, c := range append(s.running, s.frozen...) {
		s.leave(c)
	}
	s.exec("DELETE FROM items WHERE order_id >= 1000000")
	s.expectShared()
}

// The session over finite tables ends for all instances together, and at one row for all.
func TestSharedSessions(t *testing.T) {
	d := shop(t, 200)
	for session := range 3 {
		var running sync.WaitGroup
		var calls [3]atomic.Int64
		for i := range calls {
			mill, err := d.sharedMill(func(o order, items []item) total {
				calls[i].Add(1)
				<-time.After(20 * time.Millisecond)
				return sum(o, items)
			})
			d.must(err)
			running.Go(func() {
				if err := mill.Run(t.Context()); err != nil {
					t.Errorf("session %d: an instance ends with %v", session, err)
				}
			})
		}
		running.Wait()
		d.expectShared()
		if n := d.query("SELECT DISTINCT progress->>'sessions' FROM leat_positions"); len(n) != 1 {
			t.Errorf("session %d: the partitions have ended %v sessions", session, n)
		}
		if session == 0 && (calls[0].Load() == 0 || calls[1].Load() == 0 || calls[2].Load() == 0) {
			t.Errorf("not all instances have worked: %d, %d and %d calls", calls[0].Load(), calls[1].Load(), calls[2].Load())
		}
		d.grow(60)
	}
	if left := d.query("SELECT instance FROM leat_instances"); len(left) > 0 {
		t.Errorf("after all have ended, there are still the instances %v", left)
	}
}

// Streams that are divided differently, columns that aren't there, and positions of another division are refused.
func TestDivisionsAreChecked(t *testing.T) {
	d := shop(t, 20)
	run := func(orders, items []postgres.StreamOption) error {
		mill, err := leat.New(sum, leat.Name("totals"), quiet,
			leat.Broker(postgres.New(d.url, postgres.Table[order]("orders", orders...),
				postgres.Table[item]("items", items...), postgres.Table[total]("totals"))),
			leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
		d.must(err)
		return mill.Run(t.Context())
	}
	by := func(column string, n int) []postgres.StreamOption {
		return []postgres.StreamOption{postgres.PartitionBy(column, n)}
	}
	for _, c := range []struct {
		orders, items []postgres.StreamOption
		want          string
	}{
		{by("id", 3), by("order_id", 4), "table orders has 3 partitions and table items 4"},
		{by("id", 3), nil, "table orders has 3 partitions and table items 1"},
		{by("idd", 3), by("order_id", 3), "there is no column idd, did you mean id?"},
		{by("id", 2), by("order_id", 2), ""},
		{by("id", 3), by("order_id", 3), "give the changed mill another name"},
		{by("id", 2), by("price", 2), "give the changed mill another name"},
		{nil, nil, "give the changed mill another name"},
	} {
		err := run(c.orders, c.items)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("the error is %v, wanted %q", err, c.want)
		}
	}
}

// A server that is killed and comes back leaves the partitions where they are.
func TestServerOfInstancesIsKilled(t *testing.T) {
	d := shop(t, 40)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 2 {
		mill, err := d.sharedMill(sum, postgres.Follow())
		d.must(err)
		running.Go(func() {
			if err := mill.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("an instance ends with %v", err)
			}
		})
	}
	const shared = "SELECT FROM leat_shares HAVING count(instance) = 3 AND count(DISTINCT instance) = 2"
	d.wait("SELECT FROM pg_class WHERE relname = 'leat_shares'")
	d.wait(shared)
	before := d.query("SELECT * FROM leat_shares ORDER BY partition")
	d.must(server.Kill())
	d.must(server.Restart(t.Context()))
	d.connect()
	d.grow(20)
	d.exec("INSERT INTO items SELECT n, 1, 0 FROM generate_series(1000000, 1000020) n")
	d.wait("SELECT FROM totals HAVING count(*) >= (SELECT count(DISTINCT order_id) FROM items WHERE order_id < 1000000)")
	if after := d.query("SELECT * FROM leat_shares ORDER BY partition"); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the partitions were %v before the server was killed, and are %v", before, after)
	}
	cancel()
	running.Wait()
	d.exec("DELETE FROM items WHERE order_id >= 1000000")
	d.expectShared()
}
