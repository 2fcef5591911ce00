package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/crashtest/internal/recovery"
	"github.com/leat-go/leat/crashtest/internal/workload"
)

const (
	// pollTimeout is how long the consumer waits for results before it checks whether all are there.
	pollTimeout = 250 * time.Millisecond
	// stallTimeout is how long a partition may stand still while Kafka runs: much longer than a session timeout and a
	// transaction timeout after each other, since the next kill may come before they are over.
	stallTimeout = 3 * time.Minute
)

// A consumer reads the output, read_committed, and verifies it as it comes.
type consumer struct {
	client     *kgo.Client
	load       *load
	recoveries *recovery.Times
	outages    *outages
	partitions []*workload.Verifier // those of the output that are there
	// position is behind the last record of each partition, transaction markers included.
	position []int64
	moved    []time.Time

	// away is true while all of Kafka is: how long it takes to start is the machine's affair.
	away *atomic.Bool

	mu      sync.Mutex
	results int
}

func newConsumer(addresses []string, t *crashTest) (*consumer, error) {
	partitions := t.config.partitions
	c := &consumer{load: t.load, recoveries: t.recoveries, outages: t.outages, away: &t.away,
		position: make([]int64, partitions), moved: make([]time.Time, partitions)}
	offsets := map[int32]kgo.Offset{}
	for p := range partitions {
		c.partitions = append(c.partitions, workload.NewVerifier(t.load.plan, p, true))
		c.moved[p] = time.Now()
		offsets[int32(p)] = kgo.NewOffset().AtStart()
	}
	var err error
	c.client, err = kgo.NewClient(append(impatient(addresses),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{workload.Results: offsets}),
	)...)
	return c, err
}

// run verifies until all sessions are complete.
func (c *consumer) run(ctx context.Context) error {
	for !c.load.complete() {
		c.grow()
		if err := c.poll(ctx); err != nil {
			return err
		}
		if err := c.stalled(); err != nil {
			return err
		}
	}
	return nil
}

// drain verifies what comes behind the last session: nothing may.
func (c *consumer) drain(ctx context.Context) error {
	ends, err := kadm.NewClient(c.client).ListCommittedOffsets(ctx, workload.Results)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return fmt.Errorf("ends of the output: %w", err)
	}
	for p := range c.partitions {
		end, _ := ends.Lookup(workload.Results, int32(p))
		for c.position[p] < end.Offset {
			if err := c.poll(ctx); err != nil {
				return err
			}
		}
	}
	for p, v := range c.partitions {
		right, _ := v.Progress()
		if right > 0 || v.Session() != c.load.verified[p] || v.Session() != c.load.last+1 {
			return fmt.Errorf("partition %d: there are results behind the last session", p)
		}
	}
	return nil
}

// poll verifies what has come, and waits for it, but not for long.
func (c *consumer) poll(ctx context.Context) (err error) {
	wait, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	fetches := c.client.PollFetches(wait)
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now()
	fetches.EachError(func(_ string, partition int32, failed error) {
		if !errors.Is(failed, context.DeadlineExceeded) && err == nil {
			err = fmt.Errorf("read the results of partition %d: %w", partition, failed)
		}
	})
	fetches.EachRecord(func(r *kgo.Record) {
		if err == nil {
			err = c.take(r, now)
		}
	})
	return err
}

// take verifies a record.
func (c *consumer) take(r *kgo.Record, now time.Time) error {
	p := int(r.Partition)
	c.position[p], c.moved[p] = r.Offset+1, now
	if r.Attrs.IsControl() {
		return nil
	}
	v := c.partitions[p]
	result, err := v.Take(r.Offset, r.Key, r.Value)
	if err != nil {
		return err
	}
	if result == nil {
		c.load.ended(p, v.Session())
		c.outages.rests(p)
		return nil
	}
	c.recoveries.Result(p, result.By, now)
	c.outages.result(p, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results++
	return nil
}

// verified returns how many results were right so far.
func (c *consumer) verified() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.results
}

// stalled returns an error where a partition that isn't complete has stood still for too long.
func (c *consumer) stalled() error {
	for p, v := range c.partitions {
		if !c.load.awaits(p) || c.away.Load() {
			c.moved[p] = time.Now()
		}
		if since := time.Since(c.moved[p]); since > stallTimeout {
			right, all := v.Progress()
			return fmt.Errorf("partition %d has stood still for %v: after result %d of %d of session %d nothing comes",
				p, since.Round(time.Second), right, all, v.Session())
		}
	}
	return nil
}
