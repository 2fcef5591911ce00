package kafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/leat-go/leat/broker/kafka"
)

// Partitions that are added while a run is on are told of within MetadataAge, with what to do; the next run reads them from
// their beginning.
func TestAddedPartitions(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.create(c.prefix+"out", 1)
	c.produce(c.prefix+"in", 0, numbers(0, 3)...)
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	log := &logged{}
	done := make(chan error, 1)
	run, stop := context.WithCancel(ctx)
	defer stop()
	mill := c.copier(kafka.MetadataAge(100*time.Millisecond), log)
	go func() { done <- mill.Run(run) }()
	c.waitForOffset(ctx, "copy", "in")

	admin := kadm.NewClient(c.client)
	for _, topic := range []string{"in", "out"} {
		replies, err := admin.UpdatePartitions(ctx, 2, c.prefix+topic)
		must(t, err)
		must(t, replies.Error())
	}
	for log.count("the input topics have more partitions than when the run began: start it again") == 0 {
		select {
		case <-ctx.Done():
			t.Fatal("nothing is told of it")
		case err := <-done:
			t.Fatalf("the run has ended: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	<-done
	c = connect(t, &cluster{TB: t, Cluster: c.Cluster, addresses: c.addresses, prefix: c.prefix}) // one that knows of them
	c.produce(c.prefix+"in", 0, mark)
	c.produce(c.prefix+"in", 1, append(numbers(10, 13), mark)...)
	c.run(c.copier())
	c.expectOut(0, append(numbers(0, 3), mark)...)
	c.expectOut(1, append(numbers(10, 13), mark)...)
}

// Partitions that are added after many sessions go on with the next one together with the others: one run reads it in all.
func TestAddedPartitionsAfterSessions(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.create(c.prefix+"out", 1)
	var all []string
	for n := range 5 {
		all = append(all, append(numbers(n, n+1), mark)...)
		c.produce(c.prefix+"in", 0, all[2*n:]...)
		c.run(c.copier())
	}
	admin := kadm.NewClient(c.client)
	for _, topic := range []string{"in", "out"} {
		replies, err := admin.UpdatePartitions(t.Context(), 2, c.prefix+topic)
		must(t, err)
		must(t, replies.Error())
	}
	c = connect(t, &cluster{TB: t, Cluster: c.Cluster, addresses: c.addresses, prefix: c.prefix})
	c.produce(c.prefix+"in", 0, `{"N":8}`, mark)
	c.produce(c.prefix+"in", 1, `{"N":6}`, mark, `{"N":7}`, mark)
	c.run(c.copier())
	all = append(all, `{"N":8}`, mark)
	c.expectOut(0, all...)
	c.expectOut(1, `{"N":6}`, mark)
	c.produce(c.prefix+"in", 0, mark)
	c.run(c.copier())
	c.expectOut(0, append(all, mark)...)
	c.expectOut(1, `{"N":6}`, mark, `{"N":7}`, mark)
}
