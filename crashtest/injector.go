package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/crashtest/internal/recovery"
	"github.com/leat-go/leat/crashtest/internal/report"
	"github.com/leat-go/leat/internal/kafkaserver"
	"github.com/leat-go/leat/internal/testserver"
	"github.com/leat-go/leat/internal/wait"
)

// A fault is a kind of what is done to the mill or to Kafka.
type fault string

// The faults that are injected.
const (
	// kills end processes at any moment, as kill -9 does, and start them again.
	kills fault = "kill"
	// zombies are processes that are stopped for longer than the group and the transaction wait for them, and then
	// continued.
	zombies fault = "zombie"
	// rebalances are instances that join and leave.
	rebalances fault = "rebalance"
	// servers are kills of Kafka itself, of all brokers there are, which are started again.
	servers fault = "server"
	// brokers are kills of one broker of several, which stays away for a while.
	brokers fault = "broker"
	// freezes stop one broker of several where it is, and continue it after a while.
	freezes fault = "freeze"
	// cuts close the connections between instances and Kafka.
	cuts fault = "cut"
	// grows add partitions to the topics.
	grows fault = "grow"
)

// weights says how often each fault is drawn, relative to the others.
func weights() []struct {
	fault
	weight int
} {
	return []struct {
		fault
		weight int
	}{{kills, 60}, {cuts, 16}, {rebalances, 12}, {zombies, 6}, {servers, 3}, {brokers, 3}, {freezes, 3}, {grows, 8}}
}

// parseFaults reads a list of faults.
func parseFaults(list string) (map[fault]bool, error) {
	chosen := map[fault]bool{}
	var names []string
	for _, w := range weights() {
		names = append(names, string(w.fault))
	}
	for _, name := range strings.Split(list, ",") {
		known := false
		for _, w := range weights() {
			known = known || name == string(w.fault)
		}
		if !known {
			return nil, fmt.Errorf("there is no fault %q: choose from %s", name, strings.Join(names, ","))
		}
		chosen[fault(name)] = true
	}
	for _, what := range []fault{zombies, freezes} {
		if chosen[what] && !testserver.CanFreeze {
			return nil, fmt.Errorf("processes can't be stopped on this system: leave out %q", what)
		}
	}
	return chosen, nil
}

// An injector injects faults into the instances and into Kafka, by chance.
type injector struct {
	*report.Report
	config     *config
	instances  *instances
	cluster    *kafkaserver.Cluster
	load       *load
	recoveries *recovery.Times
	outages    *outages
	admin      *kgo.Client
	away       *atomic.Bool
	random     *rand.Rand
	// lasting runs faults that last while others are injected.
	lasting *errgroup.Group
}

func newInjector(t *crashTest, is *instances) *injector {
	return &injector{
		Report:     t.Report,
		config:     t.config,
		instances:  is,
		cluster:    t.cluster,
		load:       t.load,
		recoveries: t.recoveries,
		outages:    t.outages,
		admin:      t.load.client,
		away:       &t.away,
		random:     rand.New(rand.NewPCG(t.config.seed, 0)),
	}
}

// run injects faults until there were enough kills or the time is up, and waits until all faults are over.
func (in *injector) run(ctx context.Context) error {
	var lasting context.Context
	in.lasting, lasting = errgroup.WithContext(ctx)
	err := in.inject(lasting)
	if failed := in.lasting.Wait(); failed != nil {
		return failed
	}
	return err
}

func (in *injector) inject(ctx context.Context) error {
	end := time.Now().Add(in.config.duration)
	for !in.enough(end) {
		if err := wait.For(ctx, time.Duration(in.random.Int64N(2*int64(in.config.pause)+1))); err != nil {
			return err
		}
		if err := in.injectOne(ctx, in.draw()); err != nil {
			return err
		}
	}
	return nil
}

// enough tells whether there were enough kills, or the time is up.
func (in *injector) enough(end time.Time) bool {
	switch {
	case in.config.kills > 0 && in.config.faults[kills]:
		return in.Count("kills") >= in.config.kills
	case in.config.kills > 0:
		return in.Count("brokers killed")+in.Count("brokers stopped") >= in.config.kills
	}
	return time.Now().After(end)
}

func (in *injector) draw() fault {
	total := 0
	for _, w := range weights() {
		if in.config.faults[w.fault] {
			total += w.weight
		}
	}
	n := in.random.IntN(total)
	for _, w := range weights() {
		if !in.config.faults[w.fault] {
			continue
		}
		if n -= w.weight; n < 0 {
			return w.fault
		}
	}
	return kills
}

func (in *injector) injectOne(ctx context.Context, what fault) error {
	switch what {
	case kills:
		return in.kill(ctx)
	case zombies:
		return in.zombie(ctx)
	case rebalances:
		return in.rebalance(ctx)
	case servers:
		return in.restartServers(ctx)
	case brokers:
		return in.killBroker(ctx)
	case freezes:
		return in.freezeBroker(ctx)
	case grows:
		return in.addPartition(ctx)
	default:
		in.cut()
		return nil
	}
}

// kill kills one instance, or all at the same time, and starts each again: at once, or after a while.
func (in *injector) kill(ctx context.Context) error {
	n := 1
	if in.random.IntN(12) == 0 {
		n = in.config.instances
	}
	for _, i := range in.instances.choose(in.random, n) {
		later := time.Duration(0)
		if in.random.IntN(8) == 0 {
			later = in.between(200*time.Millisecond, 13*time.Second) // before or after the group notices
		}
		in.killOne(ctx, i, later)
	}
	return nil
}

// killOne kills an instance, and starts it again after some time, while other faults are injected.
func (in *injector) killOne(ctx context.Context, i *instance, later time.Duration) {
	over := func() {}
	if later > 0 {
		over = in.recoveries.FaultBegins()
	}
	in.Note("kills", 1)
	in.Print("kill -9 %s", i.current.Name)
	in.recoveries.Killed(i.current.Name, time.Now())
	in.instances.kill(i)
	in.lasting.Go(func() error {
		defer over()
		defer in.instances.release(i)
		if err := wait.For(ctx, later); err != nil {
			return err
		}
		return in.instances.start(i)
	})
}

// zombie stops an instance's process for longer than Kafka waits for it, and continues it. By then others have its
// partitions, and what it still does must have no effect. Or another process has its name, and it must end.
func (in *injector) zombie(ctx context.Context) error {
	chosen := in.instances.choose(in.random, 1)
	if len(chosen) == 0 {
		return nil
	}
	i := chosen[0]
	replaced := in.random.IntN(2) == 0
	frozen := in.between(11*time.Second, 16*time.Second)
	if replaced {
		frozen = in.between(time.Second, 16*time.Second)
	}
	in.Note("zombies", 1)
	in.Print("stop %s for %v, replaced: %v", i.current.Name, frozen.Round(time.Millisecond), replaced)
	if err := i.current.Freeze(); err != nil {
		return fmt.Errorf("stop process %s: %w", i.current.Name, err)
	}
	over := in.recoveries.FaultBegins()
	in.lasting.Go(func() error {
		defer over()
		defer in.instances.release(i)
		if replaced {
			return in.replace(ctx, i, frozen)
		}
		if err := wait.For(ctx, frozen); err != nil {
			return err
		}
		return i.current.Thaw()
	})
	return nil
}

// replace starts a process under the name of one that is stopped, and continues that one. One of the two must end.
// Mostly that is the zombie. But where the session has ended meanwhile, the zombie may leave the group, join again
// for the next session, and so replace its replacement.
func (in *injector) replace(ctx context.Context, i *instance, frozen time.Duration) error {
	zombie := in.instances.take(i)
	in.instances.letEnd(zombie)
	if err := in.instances.start(i); err != nil {
		return err
	}
	if err := wait.For(ctx, frozen); err != nil {
		return err
	}
	in.instances.letEnd(i.current)
	if err := zombie.Thaw(); err != nil {
		return err
	}
	return in.instances.expectOneEnds(ctx, i, zombie)
}

// rebalance lets an instance leave the group for a while, or a temporary one join for a while.
func (in *injector) rebalance(ctx context.Context) error {
	away := in.between(500*time.Millisecond, 14*time.Second)
	if in.random.IntN(2) == 0 {
		return in.temporaryInstance(ctx, away)
	}
	chosen := in.instances.choose(in.random, 1)
	if len(chosen) == 0 {
		return nil
	}
	i := chosen[0]
	in.Note("rebalances", 1)
	in.Print("%s leaves for %v", i.current.Name, away.Round(time.Millisecond))
	over := in.recoveries.FaultBegins()
	in.lasting.Go(func() error {
		defer over()
		defer in.instances.release(i)
		if err := in.instances.stop(ctx, i); err != nil {
			return err
		}
		if err := wait.For(ctx, away); err != nil {
			return err
		}
		return in.instances.start(i)
	})
	return nil
}

// temporaryInstance lets an instance without a lasting name join for a while. It leaves, or is killed.
func (in *injector) temporaryInstance(ctx context.Context, stays time.Duration) error {
	i, err := in.instances.add(fmt.Sprintf("temporary%d", in.Count("rebalances")+1), false)
	if err != nil {
		return err
	}
	if err := in.instances.start(i); err != nil {
		return err
	}
	killed := in.random.IntN(2) == 0
	in.Note("rebalances", 1)
	in.Print("%s joins for %v", i.current.Name, stays.Round(time.Millisecond))
	over := in.recoveries.FaultBegins()
	in.lasting.Go(func() error {
		defer over()
		defer in.instances.remove(i)
		if err := wait.For(ctx, stays); err != nil {
			return err
		}
		if !killed {
			return in.instances.stop(ctx, i)
		}
		in.Note("kills", 1)
		in.Print("kill -9 %s", i.current.Name)
		in.instances.kill(i)
		return nil
	})
	return nil
}

// restartServers kills Kafka and starts it again.
func (in *injector) restartServers(ctx context.Context) error {
	defer in.recoveries.FaultBegins()()
	in.Note("restarts of Kafka", 1)
	in.Print("kill -9 Kafka")
	in.away.Store(true)
	defer in.away.Store(false)
	if err := in.cluster.Kill(); err != nil {
		return fmt.Errorf("kill Kafka: %w", err)
	}
	if err := wait.For(ctx, in.between(0, 3*time.Second)); err != nil {
		return err
	}
	return in.cluster.Restart(ctx)
}

// cut closes the connections of one instance or of all, and may refuse new ones for a while.
func (in *injector) cut() {
	defer in.recoveries.FaultBegins()()
	all := in.instances.all()
	if in.random.IntN(3) > 0 {
		i := in.random.IntN(len(all))
		all = all[i : i+1]
	}
	refuse := time.Duration(0)
	if in.random.IntN(2) == 0 {
		refuse = in.between(0, 4*time.Second)
	}
	n := 0
	for _, i := range all {
		n += i.proxy.Cut(refuse)
	}
	in.Note("connections cut", n)
	in.Print("cut %d connections of %d instances, for %v", n, len(all), refuse.Round(time.Millisecond))
}

func (in *injector) between(least, most time.Duration) time.Duration {
	return least + time.Duration(in.random.Int64N(int64(most-least)))
}
