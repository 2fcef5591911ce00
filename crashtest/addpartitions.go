package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/wait"
)

const (
	// maxGrowth is how many partitions there are at the end, at most, for each at the beginning.
	maxGrowth = 2
	// knownInterval is the time between two checks whether a client knows of an added partition.
	knownInterval = 50 * time.Millisecond
)

// addPartition adds a partition to the inputs, and begins to write input there. It adds one to the output, or leaves
// that to the mill.
func (in *injector) addPartition(ctx context.Context) error {
	n := in.load.partitions() + 1
	if n > maxGrowth*in.config.partitions {
		return nil
	}
	topics := workload.Inputs()
	if in.random.IntN(2) == 0 {
		topics = append(topics, workload.Results)
	}
	in.Note("partitions added", 1)
	in.Print("partition %d is added to %v", n-1, topics)
	replies, err := kadm.NewClient(in.admin).UpdatePartitions(ctx, n, topics...)
	if err != nil {
		return fmt.Errorf("add partitions: %w", err)
	}
	for _, r := range replies.Sorted() {
		if r.Err != nil && !errors.Is(r.Err, kerr.InvalidPartitions) { // it was added, and the answer lost
			return fmt.Errorf("add partitions to %s: %w", r.Topic, r.Err)
		}
	}
	for _, topic := range workload.Inputs() {
		for !knows(in.admin, topic, n-1) {
			if err := wait.For(ctx, knownInterval); err != nil {
				return err
			}
		}
	}
	in.outages.grow(n)
	in.load.grow()
	return nil
}

// knows tells whether a client knows of a partition, and has it ask Kafka where it doesn't.
func knows(client *kgo.Client, topic string, partition int) bool {
	leader, _, err := client.PartitionLeader(topic, int32(partition))
	if err == nil && leader >= 0 {
		return true
	}
	client.ForceMetadataRefresh()
	return false
}

// grow makes room for added partitions.
func (o *outages) grow(partitions int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.last) < partitions {
		o.last, o.longest = append(o.last, time.Time{}), append(o.longest, 0)
	}
}

// grow begins to write the input of one more partition, while others are written. The mill begins it with the session that
// the others have come to, which is behind what is written to them where the mill is slow; the partition must have a session of
// its own for each from there on, or the mill waits for it at the end. So it gets all that aren't verified yet.
func (l *load) grow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := slices.Min(l.verified)
	partition := len(l.session)
	l.first, l.session, l.verified = append(l.first, first), append(l.session, first), append(l.verified, first)
	l.fillers.Go(func() error { return l.fill(l.running, partition) })
}

// partitions returns how many partitions are written.
func (l *load) partitions() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.session)
}

// begins returns the first session of a partition.
func (l *load) begins(partition int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first[partition]
}

// grow begins to verify partitions that were added, once the output has them.
func (c *consumer) grow() {
	for p := len(c.partitions); p < c.load.partitions() && knows(c.client, workload.Results, p); p++ {
		v := workload.NewVerifier(c.load.plan, p, true)
		v.Begin(c.load.begins(p))
		c.partitions, c.position, c.moved = append(c.partitions, v), append(c.position, 0), append(c.moved, time.Now())
		c.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{workload.Results: {int32(p): kgo.NewOffset().AtStart()}})
	}
}
