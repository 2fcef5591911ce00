package kafka_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A cluster is a Kafka in this process.
type cluster struct {
	testing.TB
	*kfake.Cluster
	client *kgo.Client
}

func newCluster(t testing.TB, options ...kfake.Opt) *cluster {
	t.Helper()
	fake, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(2), kfake.SleepOutOfOrder()}, options...)...)
	must(t, err)
	t.Cleanup(fake.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(fake.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(10*time.Millisecond))
	must(t, err)
	t.Cleanup(client.Close)
	return &cluster{TB: t, Cluster: fake, client: client}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

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

// committed returns the records of a partition that a read_committed reader sees.
func (c *cluster) committed(topic string, partition int) []*kgo.Record {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	ends, err := kadm.NewClient(c.client).ListCommittedOffsets(ctx, topic)
	must(c, err)
	end, ok := ends.Lookup(topic, int32(partition))
	if !ok || end.Offset <= 0 {
		return nil
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), kgo.FetchMaxWait(10*time.Millisecond), kgo.ConsumePartitions(
			map[string]map[int32]kgo.Offset{topic: {int32(partition): kgo.NewOffset().AtStart()}}))
	must(c, err)
	defer reader.Close()
	var records []*kgo.Record
	for next := int64(0); next < end.Offset; {
		fetches := reader.PollFetches(ctx)
		must(c, fetches.Err0())
		fetches.EachRecord(func(r *kgo.Record) {
			next = r.Offset + 1
			if !r.Attrs.IsControl() && r.Offset < end.Offset {
				records = append(records, r)
			}
		})
	}
	return records
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
