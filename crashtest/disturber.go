package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/internal/kafkaserver"
)

// A disturbance is one kind of what is done to the mill.
type disturbance string

// The disturbances.
const (
	// kills end processes at any moment, as kill -9 does, and start them again.
	kills disturbance = "kill"
	// zombies are processes that are stopped for longer than the group and the transaction wait for them, and then
	// continued.
	zombies disturbance = "zombie"
	// rebalances are instances that join and leave.
	rebalances disturbance = "rebalance"
	// servers are kills of Kafka itself, of all brokers there are, which are started again.
	servers disturbance = "server"
	// brokers are kills of one broker of several, which stays away for a while.
	brokers disturbance = "broker"
	// freezes stop one broker of several where it is, and continue it after a while.
	freezes disturbance = "freeze"
	// cuts close the connections between instances and Kafka.
	cuts disturbance = "cut"
	// grows add partitions to the topics.
	grows disturbance = "grow"
)

// weights says how often each disturbance is drawn, in relation to the others.
func weights() []struct {
	disturbance
	weight int
} {
	return []struct {
		disturbance
		weight int
	}{{kills, 60}, {cuts, 16}, {rebalances, 12}, {zombies, 6}, {servers, 3}, {brokers, 3}, {freezes, 3}, {grows, 8}}
}

// parseDisturbances reads a list of disturbances.
func parseDisturbances(list string) (map[disturbance]bool, error) {
	chosen := map[disturbance]bool{}
	var names []string
	for _, w := range weights() {
		names = append(names, string(w.disturbance))
	}
	for _, name := range strings.Split(list, ",") {
		known := false
		for _, w := range weights() {
			known = known || name == string(w.disturbance)
		}
		if !known {
			return nil, fmt.Errorf("there is no disturbance %q: choose from %s", name, strings.Join(names, ","))
		}
		chosen[disturbance(name)] = true
	}
	for _, what := range []disturbance{zombies, freezes} {
		if chosen[what] && !canFreeze {
			return nil, fmt.Errorf("processes can't be stopped on this system: leave out %q", what)
		}
	}
	return chosen, nil
}

// A disturber disturbs the fleet and Kafka, by chance.
type disturber struct {
	config     *config
	fleet      *fleet
	cluster    *kafkaserver.Cluster
	load       *load
	recoveries *recoveries
	outages    *outages
	// print prints a line about what is done.
	print  func(format string, arguments ...any)
	admin  *kgo.Client
	random *rand.Rand
	// lasting runs what goes on beside other disturbances.
	lasting *errgroup.Group

	mu     sync.Mutex
	counts map[string]int
}

func newDisturber(t *crashTest, f *fleet) *disturber {
	return &disturber{config: t.config, fleet: f, cluster: t.cluster, load: t.load, recoveries: t.recoveries, outages: t.outages,
		print: t.print, admin: t.load.client, random: rand.New(rand.NewPCG(t.config.seed, 0)), counts: map[string]int{}}
}

// run disturbs until there are enough kills or the time is up, and waits until everything that it has begun is over.
func (d *disturber) run(ctx context.Context) error {
	var lasting context.Context
	d.lasting, lasting = errgroup.WithContext(ctx)
	err := d.disturb(lasting)
	if failed := d.lasting.Wait(); failed != nil {
		return failed
	}
	return err
}

func (d *disturber) disturb(ctx context.Context) error {
	end := time.Now().Add(d.config.duration)
	for !d.enough(end) {
		if err := sleep(ctx, time.Duration(d.random.Int64N(2*int64(d.config.pause)+1))); err != nil {
			return err
		}
		if err := d.once(ctx, d.draw()); err != nil {
			return err
		}
	}
	return nil
}

// enough tells whether there were enough kills, or the time is up.
func (d *disturber) enough(end time.Time) bool {
	switch {
	case d.config.kills > 0 && d.config.disturb[kills]:
		return d.count("kills") >= d.config.kills
	case d.config.kills > 0:
		return d.count("brokers killed")+d.count("brokers stopped") >= d.config.kills
	}
	return time.Now().After(end)
}

func (d *disturber) draw() disturbance {
	total := 0
	for _, w := range weights() {
		if d.config.disturb[w.disturbance] {
			total += w.weight
		}
	}
	n := d.random.IntN(total)
	for _, w := range weights() {
		if !d.config.disturb[w.disturbance] {
			continue
		}
		if n -= w.weight; n < 0 {
			return w.disturbance
		}
	}
	return kills
}

func (d *disturber) once(ctx context.Context, what disturbance) error {
	switch what {
	case kills:
		return d.kill(ctx)
	case zombies:
		return d.zombie(ctx)
	case rebalances:
		return d.rebalance(ctx)
	case servers:
		return d.restartServers(ctx)
	case brokers:
		return d.killBroker(ctx)
	case freezes:
		return d.freezeBroker(ctx)
	case grows:
		return d.grow(ctx)
	default:
		d.cut()
		return nil
	}
}

func (d *disturber) note(what string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[what] += n
}

func (d *disturber) count(what string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts[what]
}

// kill kills one instance, or all of them at once, and starts them again: at once, or after a while.
func (d *disturber) kill(ctx context.Context) error {
	n := 1
	if d.random.IntN(12) == 0 {
		n = d.config.instances
	}
	for _, i := range d.fleet.choose(d.random, n) {
		later := time.Duration(0)
		if d.random.IntN(8) == 0 {
			later = d.between(200*time.Millisecond, 13*time.Second) // the group may or may not have noticed by then
		}
		d.killOne(ctx, i, later)
	}
	return nil
}

// killOne kills an instance and starts it again after some time, beside other disturbances.
func (d *disturber) killOne(ctx context.Context, i *instance, later time.Duration) {
	over := func() {}
	if later > 0 {
		over = d.recoveries.disturb()
	}
	d.note("kills", 1)
	d.print("kill -9 %s", i.current.name)
	d.recoveries.killed(i.current.name, time.Now())
	d.fleet.kill(i)
	d.lasting.Go(func() error {
		defer over()
		defer d.fleet.release(i)
		if err := sleep(ctx, later); err != nil {
			return err
		}
		return d.fleet.start(i)
	})
}

// zombie stops an instance where it is, for longer than Kafka waits for it. When it goes on, others have its partitions,
// and what it still does must have no effect; or another process has its name, and it must end.
func (d *disturber) zombie(ctx context.Context) error {
	chosen := d.fleet.choose(d.random, 1)
	if len(chosen) == 0 {
		return nil
	}
	i := chosen[0]
	replaced := d.random.IntN(2) == 0
	frozen := d.between(11*time.Second, 16*time.Second)
	if replaced {
		frozen = d.between(time.Second, 16*time.Second)
	}
	d.note("zombies", 1)
	d.print("stop %s for %v, replaced: %v", i.current.name, frozen.Round(time.Millisecond), replaced)
	if err := freeze(i.current.command.Process); err != nil {
		return fmt.Errorf("stop process %s: %w", i.current.name, err)
	}
	over := d.recoveries.disturb()
	d.lasting.Go(func() error {
		defer over()
		defer d.fleet.release(i)
		if replaced {
			return d.replace(ctx, i, frozen)
		}
		if err := sleep(ctx, frozen); err != nil {
			return err
		}
		return thaw(i.current.command.Process)
	})
	return nil
}

// replace starts a process under the name of one that is frozen. When that goes on, one of the two must end: mostly the
// zombie; but where the session has ended meanwhile, the zombie may leave in peace, join for the next one, and replace its
// replacement.
func (d *disturber) replace(ctx context.Context, i *instance, frozen time.Duration) error {
	zombie := d.fleet.take(i)
	d.fleet.doom(zombie)
	if err := d.fleet.start(i); err != nil {
		return err
	}
	if err := sleep(ctx, frozen); err != nil {
		return err
	}
	d.fleet.doom(i.current)
	if err := thaw(zombie.command.Process); err != nil {
		return err
	}
	return d.fleet.expectOne(ctx, i, zombie)
}

// rebalance lets an instance join for a while, with a name of its own each time or without one; or leave for a while.
func (d *disturber) rebalance(ctx context.Context) error {
	away := d.between(500*time.Millisecond, 14*time.Second)
	if d.random.IntN(2) == 0 {
		return d.guest(ctx, away)
	}
	chosen := d.fleet.choose(d.random, 1)
	if len(chosen) == 0 {
		return nil
	}
	i := chosen[0]
	d.note("rebalances", 1)
	d.print("%s leaves for %v", i.current.name, away.Round(time.Millisecond))
	over := d.recoveries.disturb()
	d.lasting.Go(func() error {
		defer over()
		defer d.fleet.release(i)
		if err := d.fleet.stop(ctx, i); err != nil {
			return err
		}
		if err := sleep(ctx, away); err != nil {
			return err
		}
		return d.fleet.start(i)
	})
	return nil
}

// guest lets a process without a lasting name join for a while; it leaves, or is killed.
func (d *disturber) guest(ctx context.Context, stays time.Duration) error {
	i, err := d.fleet.add(fmt.Sprintf("guest%d", d.count("rebalances")+1), false)
	if err != nil {
		return err
	}
	if err := d.fleet.start(i); err != nil {
		return err
	}
	killed := d.random.IntN(2) == 0
	d.note("rebalances", 1)
	d.print("%s joins for %v", i.current.name, stays.Round(time.Millisecond))
	over := d.recoveries.disturb()
	d.lasting.Go(func() error {
		defer over()
		defer d.fleet.remove(i)
		if err := sleep(ctx, stays); err != nil {
			return err
		}
		if !killed {
			return d.fleet.stop(ctx, i)
		}
		d.note("kills", 1)
		d.print("kill -9 %s", i.current.name)
		d.fleet.kill(i)
		return nil
	})
	return nil
}

// restartServers kills Kafka and starts it again.
func (d *disturber) restartServers(ctx context.Context) error {
	defer d.recoveries.disturb()()
	d.note("restarts of Kafka", 1)
	d.print("kill -9 Kafka")
	if err := d.cluster.Kill(); err != nil {
		return fmt.Errorf("kill Kafka: %w", err)
	}
	if err := sleep(ctx, d.between(0, 3*time.Second)); err != nil {
		return err
	}
	return d.cluster.Restart(ctx)
}

// cut closes the connections of one instance or of all, and may keep them from coming back for a while.
func (d *disturber) cut() {
	defer d.recoveries.disturb()()
	all := d.fleet.all()
	if d.random.IntN(3) > 0 {
		i := d.random.IntN(len(all))
		all = all[i : i+1]
	}
	refuse := time.Duration(0)
	if d.random.IntN(2) == 0 {
		refuse = d.between(0, 4*time.Second)
	}
	n := 0
	for _, i := range all {
		n += i.proxy.cut(refuse)
	}
	d.note("connections cut", n)
	d.print("cut %d connections of %d instances, for %v", n, len(all), refuse.Round(time.Millisecond))
}

func (d *disturber) between(least, most time.Duration) time.Duration {
	return least + time.Duration(d.random.Int64N(int64(most-least)))
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
