package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// steadyTime is how long instances are watched when nothing happens.
	steadyTime = 20 * time.Second
	// recoveryTime is how long a kill may be felt.
	recoveryTime = 60 * time.Second
)

// measureScale prints what many partitions cost Leat on Kafka in one instance and in many, and what happens when one of
// many is killed.
func (c *command) measureScale(ctx context.Context, k *cluster) error {
	tables := scaleTables{}
	for _, instances := range c.instances {
		if err := c.scaleTo(ctx, k, instances, &tables); err != nil {
			return errors.Join(fmt.Errorf("%d instances: %w", instances, err), tables.write(os.Stdout))
		}
	}
	return tables.write(os.Stdout)
}

// scaleTo measures one number of instances.
func (c *command) scaleTo(ctx context.Context, k *cluster, instances int, tables *scaleTables) error {
	f, err := k.newField(ctx, c.partitions, c.rate)
	if err != nil {
		return err
	}
	within, stop := context.WithCancel(ctx)
	defer stop()
	group, within := errgroup.WithContext(within)
	group.Go(func() error { return f.write(within) })
	group.Go(func() error { return f.read(within) })
	group.Go(func() error {
		defer stop()
		s := members{command: c, field: f}
		defer s.kill()
		return s.measure(within, instances, tables)
	})
	return group.Wait()
}

// members are the instances that share a field.
type members struct {
	command   *command
	field     *field
	instances []*instance
}

func (s *members) kill() {
	for _, i := range s.instances {
		i.kill()
	}
}

func (s *members) start(ctx context.Context, n int) (*instance, error) {
	return startInstance(ctx, s.command.self, fmt.Sprintf("instance-%d", n), s.field.at)
}

func (s *members) measure(ctx context.Context, instances int, tables *scaleTables) error {
	begin := time.Now()
	for n := range instances {
		i, err := s.start(ctx, n)
		if err != nil {
			return err
		}
		s.instances = append(s.instances, i)
	}
	if err := s.field.caughtUp(ctx, time.Time{}); err != nil {
		return err
	}
	all := time.Since(begin)
	fmt.Fprintf(os.Stderr, "%d instances: all partitions have given results after %v\n", instances, all)
	if err := s.field.caughtUp(ctx, time.Now()); err != nil {
		return err
	}
	if err := s.steady(ctx, all, tables); err != nil {
		return err
	}
	if err := s.disturb(ctx, tables, "killed, and started again under its name", func(i *instance) (err error) {
		i.kill()
		s.instances[0], err = s.start(ctx, 0)
		return err
	}); err != nil || instances == 1 {
		return err
	}
	return s.disturb(ctx, tables, "killed for good", func(i *instance) error { i.kill(); return nil })
}

// steady measures what the instances do while nothing happens.
func (s *members) steady(ctx context.Context, all time.Duration, tables *scaleTables) error {
	before, err := s.report()
	if err != nil {
		return err
	}
	from := time.Now()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(steadyTime):
	}
	to := time.Now()
	after, err := s.report()
	if err != nil {
		return err
	}
	if err := s.field.caughtUp(ctx, to); err != nil {
		return err
	}
	took, _ := s.field.delays(from, to)
	perSecond := func(before, after int) float64 { return float64(after-before) / to.Sub(from).Seconds() }
	fmt.Fprintf(&tables.steady, "| %d | %d | %s | %d MiB | %d | %d | %.0f | %.0f | %s | %s |\n",
		s.field.partitions, len(s.instances), seconds(all.Seconds()), after.Peak>>20, after.Goroutines,
		after.Traffic.Connections,
		perSecond(before.Traffic.all(), after.Traffic.all()),
		perSecond(before.Traffic.Requests["EndTxn"], after.Traffic.Requests["EndTxn"]),
		milliseconds(quantile(took, 0.5)), milliseconds(quantile(took, 0.99)))
	for _, name := range []string{"JoinGroup", "SyncGroup", "OffsetFetch", "TxnOffsetCommit", "Fetch", "Metadata"} {
		fmt.Fprintf(&tables.sizes, "| %d | %d | %s | %d | %d | %d |\n", s.field.partitions, len(s.instances), name,
			after.Traffic.Requests[name], after.Traffic.LargestRequest[name], after.Traffic.LargestReply[name])
	}
	return nil
}

// report asks all instances: the sums of what Kafka has to do with, and of the rest the highest.
func (s *members) report() (all report, err error) {
	all.Traffic = newTraffic()
	for _, i := range s.instances {
		r, err := i.report()
		if err != nil {
			return all, err
		}
		all.Goroutines, all.Peak = max(all.Goroutines, r.Goroutines), max(all.Peak, r.Peak)
		all.Traffic.add(r.Traffic)
	}
	return all, nil
}

// disturb does something to the first instance and measures how long that is felt.
func (s *members) disturb(ctx context.Context, tables *scaleTables, what string, do func(*instance) error) error {
	within, cancel := context.WithTimeout(ctx, recoveryTime)
	defer cancel()
	from := time.Now()
	if err := do(s.instances[0]); err != nil {
		return err
	}
	if err := s.field.caughtUp(within, from); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	on := time.Since(from)
	// What was sent meanwhile must be through, too.
	to := time.Now()
	if err := s.field.caughtUp(within, to); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	took, late := s.field.delays(from, to)
	fmt.Fprintf(os.Stderr, "%d instances, one %s: all partitions go on after %v\n", len(s.instances), what, on)
	fmt.Fprintf(&tables.kills, "| %d | %d | %s | %s | %s | %d |\n", s.field.partitions, len(s.instances), what,
		seconds(on.Seconds()), seconds(took[len(took)-1].Seconds()), late)
	return nil
}

// ScaleTables are the rows of the tables.
type scaleTables struct{ steady, kills, sizes strings.Builder }

// write prints the tables.
func (t *scaleTables) write(to io.Writer) error {
	_, err := fmt.Fprint(to, "| partitions | instances | all give results after | peak memory of an instance | ",
		"goroutines of an instance | connections of all | ",
		"requests/s of all | transactions/s of all | p50 | p99 |\n| --- | --- | --- | --- | --- | --- | --- | --- ",
		"| --- | --- |\n", &t.steady, "\n| partitions | instances | one of them is | all partitions go on after | ",
		"longest delay of an element | partitions with a delay above 1 s |\n| --- | --- | --- | --- | --- | --- |\n",
		&t.kills,
		"\n| partitions | instances | request | number | largest request, bytes | largest reply, bytes |\n",
		"| --- | --- | --- | --- | --- | --- |\n", &t.sizes)
	return err
}
