package kafka_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/internal/wait"
)

// A cluster is a Kafka: one in this process, or where LEAT_TEST_KAFKA has its address, a real one that all tests share.
type cluster struct {
	testing.TB
	*kfake.Cluster // nil where the Kafka is real
	addresses      []string
	// prefix begins the names of this test's topics and groups.
	prefix string
	client *kgo.Client
}

// newCluster makes a Kafka that the test has for itself, real or not.
func newCluster(t testing.TB) *cluster {
	t.Helper()
	addresses := os.Getenv("LEAT_TEST_KAFKA")
	if addresses == "" {
		return newFake(t)
	}
	prefix := strings.ToLower(rand.Text()) + "-"
	return connect(t, &cluster{TB: t, addresses: strings.Split(addresses, ","), prefix: prefix})
}

// newFake makes a Kafka in this process, for tests that inject faults.
func newFake(t testing.TB, options ...kfake.Opt) *cluster {
	t.Helper()
	fake, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(2), kfake.SleepOutOfOrder()}, options...)...)
	must(t, err)
	t.Cleanup(fake.Close)
	return connect(t, &cluster{TB: t, Cluster: fake, addresses: fake.ListenAddrs()})
}

func connect(t testing.TB, c *cluster) *cluster {
	t.Helper()
	var err error
	c.client, err = kgo.NewClient(kgo.SeedBrokers(c.addresses...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(10*time.Millisecond), kgo.UnknownTopicRetries(50))
	must(t, err)
	t.Cleanup(c.client.Close)
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hung is how long a test waits for what takes seconds at most: beyond it, something hangs. It is far above that,
// since the race detector and busy cores may make all of it many times slower.
const hung = 3 * time.Minute

// create creates a topic.
func (c *cluster) create(topic string, partitions int) {
	c.Helper()
	_, err := kadm.NewClient(c.client).CreateTopic(context.Background(), int32(partitions), 1, nil, topic)
	must(c, err)
}

// produce appends values to a partition.
func (c *cluster) produce(topic string, partition int, values ...string) {
	c.Helper()
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(partition), Value: []byte(v)})
	}
	must(c, c.client.ProduceSync(context.Background(), records...).FirstErr())
}

// stableEnd returns the end of a partition once no transaction is open there: Kafka ends them a moment after it has
// confirmed that it will. A partition that was just made isn't known to all of Kafka at once either, and has no end until
// then, nor has one whose broker was away until it leads the partition again.
func (c *cluster) stableEnd(ctx context.Context, topic string, partition int) int64 {
	c.Helper()
	admin := kadm.NewClient(c.client)
	for {
		stable, errStable := admin.ListCommittedOffsets(ctx, topic)
		ends, errEnds := admin.ListEndOffsets(ctx, topic)
		for _, err := range []error{errStable, errEnds} {
			if !kerr.IsRetriable(err) {
				must(c, err)
			}
		}
		s, known := stable.Lookup(topic, int32(partition))
		e, still := ends.Lookup(topic, int32(partition))
		if known && still && s.Err == nil && e.Err == nil && s.Offset == e.Offset {
			return s.Offset
		}
		if err := wait.For(ctx, 10*time.Millisecond); err != nil {
			c.Fatalf("partition %d of %s: %v; its last error: %v", partition, topic, err,
				errors.Join(errStable, errEnds, s.Err, e.Err))
		}
	}
}

// committed returns the records of a partition that a read_committed reader sees.
func (c *cluster) committed(topic string, partition int) (records []*kgo.Record) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hung)
	defer cancel()
	c.eachCommitted(ctx, topic, partition, func(r *kgo.Record) { records = append(records, r) })
	return records
}

// eachCommitted visits the records of a partition that a read_committed reader sees.
func (c *cluster) eachCommitted(ctx context.Context, topic string, partition int, visit func(*kgo.Record)) {
	c.Helper()
	end := c.stableEnd(ctx, topic, partition)
	reader, err := kgo.NewClient(kgo.SeedBrokers(c.addresses...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableFetchSessions(),
		kgo.KeepControlRecords(), kgo.FetchMaxWait(10*time.Millisecond), kgo.ConsumePartitions(
			map[string]map[int32]kgo.Offset{topic: {int32(partition): kgo.NewOffset().AtStart()}}))
	must(c, err)
	defer reader.Close()
	for next := int64(0); next < end; {
		fetches := reader.PollFetches(ctx)
		must(c, fetches.Err0())
		fetches.EachRecord(func(r *kgo.Record) {
			next = r.Offset + 1
			if !r.Attrs.IsControl() && r.Offset < end {
				visit(r)
			}
		})
	}
}

// logger logs what a test that was asked for it with KAFKA_TEST_LOG does.
func logger() *slog.Logger {
	level := slog.LevelInfo
	switch os.Getenv("KAFKA_TEST_LOG") {
	case "":
		return slog.New(slog.DiscardHandler)
	case "debug":
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// transaction appends values to partition 0 in a transaction that is committed or aborted.
func (c *cluster) transaction(topic string, commit kgo.TransactionEndTry, values ...string) {
	c.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.addresses...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.TransactionalID(c.prefix+"writer"), kgo.MetadataMinAge(10*time.Millisecond))
	must(c, err)
	defer client.Close()
	must(c, client.BeginTransaction())
	for _, v := range values {
		must(c, client.ProduceSync(context.Background(), &kgo.Record{Topic: topic, Value: []byte(v)}).FirstErr())
	}
	must(c, client.EndTransaction(context.Background(), commit))
}
