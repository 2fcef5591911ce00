package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/crashtest/internal/recovery"
	"github.com/leat-go/leat/crashtest/internal/report"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/kafkaserver"
)

// A crashTest is one run of the test.
type crashTest struct {
	*report.Report
	config     *config
	dir        string
	cluster    *kafkaserver.Cluster
	load       *load
	consumer   *consumer
	injector   *injector
	recoveries *recovery.Times
	outages    *outages
	// away is true while the injector has killed all of Kafka.
	away atomic.Bool
}

// crash runs the test and cleans up behind it.
func crash(ctx context.Context, c *config, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "leat-crashtest-*")
	if err != nil {
		return err
	}
	t := &crashTest{config: c, dir: dir, recoveries: recovery.New(), outages: newOutages(c.partitions),
		Report: report.New(out)}
	defer func() {
		if c.keep || err != nil && ctx.Err() == nil {
			t.Print("the logs are in %s", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	t.Print("seed %d; Kafka starts", c.seed)
	if t.cluster, err = kafkaserver.StartCluster(ctx, filepath.Join(dir, "kafka"), c.brokers); err != nil {
		return err
	}
	defer func() {
		if stopped := t.cluster.Stop(); err == nil {
			err = stopped
		}
	}()
	return t.onCluster(ctx)
}

// onCluster runs the test on a Kafka that runs.
func (t *crashTest) onCluster(ctx context.Context) error {
	c := t.config
	client, err := kgo.NewClient(append(impatient(t.cluster.Addresses()), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.ProduceRequestTimeout(2*time.Second))...)
	if err != nil {
		return err
	}
	defer client.Close()
	topics := append(workload.Inputs(), workload.Results)
	partitions, copies := int32(c.partitions), int16(t.cluster.Copies())
	created, err := kadm.NewClient(client).CreateTopics(ctx, partitions, copies, nil, topics...)
	if err == nil {
		err = created.Error()
	}
	if err != nil {
		return fmt.Errorf("create the topics: %w", err)
	}
	t.load = newLoad(workload.Plan{Seed: c.seed, Elements: c.elements, Kind: c.workload}, c.partitions, c.rate, client)
	if t.consumer, err = newConsumer(t.cluster.Addresses(), t); err != nil {
		return err
	}
	defer t.consumer.client.Close()
	return t.withInstances(ctx)
}

// impatient returns the options of the test's own clients: what a broker that is away costs them would be taken for
// the mill's.
func impatient(addresses []string) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(addresses...),
		kgo.RetryBackoffFn(func(int) time.Duration { return 100 * time.Millisecond }),
		kgo.MetadataMinAge(50 * time.Millisecond),
		kgo.MetadataMaxAge(time.Second),
		kgo.RequestTimeoutOverhead(time.Second),
	}
}

// withInstances runs the test and ends all processes that it has started.
func (t *crashTest) withInstances(parent context.Context) error {
	ctx, end := context.WithCancel(parent)
	defer end()
	group, ctx := errgroup.WithContext(ctx)
	instances, err := newInstances(ctx, group, t.cluster.Addresses(), t.dir, t.config)
	if err == nil {
		for _, i := range instances.all() {
			err = errors.Join(err, instances.start(i))
		}
	}
	t.injector = newInjector(t, instances)
	group.Go(func() error {
		defer end()
		if err != nil {
			return err
		}
		return t.run(ctx)
	})
	err = group.Wait()
	if parent.Err() != nil {
		err = parent.Err()
	}
	t.summary(err)
	return err
}

// run writes input, injects faults and verifies the output, until all results of the last session are there and
// nothing comes behind them.
func (t *crashTest) run(parent context.Context) error {
	g, ctx := errgroup.WithContext(parent)
	verified, stop := context.WithCancel(ctx)
	t.load.begin(ctx)
	g.Go(func() error { return t.load.wait(ctx) })
	g.Go(func() error {
		defer stop()
		return t.consumer.run(ctx)
	})
	g.Go(func() error {
		err := t.injector.run(ctx)
		if err == nil {
			t.Print("no more faults; the last session ends")
			t.load.finish()
		}
		return err
	})
	g.Go(func() error {
		t.Progress(verified, t.consumer.verified)
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if err := t.injector.instances.stopAll(parent); err != nil {
		return err
	}
	return t.consumer.drain(parent)
}

// summary says what the test has found.
func (t *crashTest) summary(err error) {
	verdict := "nothing is missing, doubled or out of order"
	if err != nil {
		verdict = "THE TEST HAS NOT PASSED"
	}
	t.Print("%s", verdict)
	sessions := 0
	for p, n := range t.load.verified {
		sessions += n - t.load.first[p]
	}
	t.Print("%d results in %d partitions and %d sessions; %s",
		t.consumer.verified(), t.load.partitions(), sessions, t.Counted())
	for _, line := range t.recoveries.Lines() {
		t.Print("%s", line)
	}
	if pauses, own := t.outages.costs(); len(pauses) > 0 {
		for _, times := range []struct {
			name string
			list []time.Duration
		}{{"the longest pause of a partition's results", pauses}, {"of that, after the others had its work", own}} {
			t.Print("for each broker away, %s: median %v, longest %v (%d brokers)", times.name,
				recovery.Quantile(times.list, 0.5), recovery.Quantile(times.list, 1), len(times.list))
		}
	}
}
