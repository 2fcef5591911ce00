package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/crashtest/internal/recovery"
	"github.com/leat-go/leat/crashtest/internal/report"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/endmark"
)

// A bench is a load and a consumer on a Kafka in this process.
type bench struct {
	address  string
	client   *kgo.Client
	load     *load
	consumer *consumer
}

func newBench(t *testing.T, p workload.Plan, partitions, rate int) *bench {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SleepOutOfOrder())
	must(t, err)
	t.Cleanup(cluster.Close)
	b := &bench{address: cluster.ListenAddrs()[0]}
	b.client, err = kgo.NewClient(kgo.SeedBrokers(b.address), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	must(t, err)
	t.Cleanup(b.client.Close)
	topics := append(workload.Inputs(), workload.Results)
	_, err = kadm.NewClient(b.client).CreateTopics(t.Context(), int32(partitions), 1, nil, topics...)
	must(t, err)
	b.load = newLoad(p, partitions, rate, b.client)
	b.consumer, err = newConsumer([]string{b.address}, &crashTest{config: &config{partitions: partitions}, load: b.load,
		recoveries: recovery.New(), outages: newOutages(partitions)})
	must(t, err)
	t.Cleanup(b.consumer.client.Close)
	return b
}

// write appends results or marks to an output partition.
func (b *bench) write(t *testing.T, partition int, results []workload.Result, end bool) {
	t.Helper()
	var records []*kgo.Record
	for _, r := range results {
		value, err := json.Marshal(r)
		must(t, err)
		records = append(records, &kgo.Record{Topic: workload.Results, Partition: int32(partition),
			Key: []byte(workload.RecordKey(r.Number)), Value: value})
	}
	if end {
		records = append(records, &kgo.Record{Topic: workload.Results, Partition: int32(partition), Value: []byte(endmark.Value)})
	}
	must(t, b.client.ProduceSync(t.Context(), records...).FirstErr())
}

// The load writes what the plan says, each session with its mark, and the same number of them to all partitions.
func TestLoad(t *testing.T) {
	const partitions = 2
	p := workload.Plan{Seed: 2, Elements: 50}
	b := newBench(t, p, partitions, 50_000)
	b.load.begin(t.Context())
	for partition := range partitions { // one is slower
		for session := range 2 + partition {
			b.load.ended(partition, session+1)
		}
	}
	b.load.finish()
	must(t, b.load.wait(t.Context()))
	sessions := b.load.last + 1
	for stream, topic := range workload.Inputs() {
		for partition := range partitions {
			var want []string
			for session := range sessions {
				for _, e := range p.Session(partition, session)[stream] {
					value, err := json.Marshal(e)
					must(t, err)
					want = append(want, string(value))
				}
				want = append(want, endmark.Value)
			}
			if got := b.read(t, topic, partition, len(want)); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s[%d] differs from the plan: %d records, want %d", topic, partition, len(got), len(want))
			}
		}
	}
}

// An added partition gets all sessions that the mill may still be in, however far ahead the input of the others is.
func TestAddedPartitionBeginsWhereTheMillMayBe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing is written
	l := newLoad(workload.Plan{Seed: 2, Elements: 50}, 2, 0, nil)
	l.begin(ctx)
	for partition := range 2 {
		l.next(partition, 3)
		l.ended(partition, 1+partition)
	}
	l.grow()
	if got := l.begins(2); got != 1 {
		t.Errorf("begins with session %d; the mill is in 1", got)
	}
	_ = l.fillers.Wait()
}

func (b *bench) read(t *testing.T, topic string, partition, n int) (values []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.address), kgo.FetchMaxWait(10*time.Millisecond), kgo.ConsumePartitions(
		map[string]map[int32]kgo.Offset{topic: {int32(partition): kgo.NewOffset().AtStart()}}))
	must(t, err)
	defer reader.Close()
	for len(values) < n && ctx.Err() == nil {
		reader.PollFetches(ctx).EachRecord(func(r *kgo.Record) { values = append(values, string(r.Value)) })
	}
	return values
}

// The consumer ends when all sessions are right; what comes behind the last is found.
func TestWatch(t *testing.T) {
	p := workload.Plan{Seed: 2, Elements: 50}
	b := newBench(t, p, 2, 1000)
	b.load.finish() // the session that is written now is the last: the first
	for partition := range 2 {
		b.write(t, partition, p.Expected(partition, 0), true)
	}
	must(t, b.consumer.run(t.Context()))
	must(t, b.consumer.drain(t.Context()))

	late := p.Expected(1, 0)
	b.write(t, 1, late[len(late)-1:], false)
	err := b.consumer.drain(t.Context())
	if err == nil || !strings.Contains(err.Error(), "partition 1, session 1, result 0") {
		t.Errorf("got %v, want the result that came late", err)
	}
}

// A result that is missing is found when the next one comes.
func TestWatchFindsALoss(t *testing.T) {
	p := workload.Plan{Seed: 2, Elements: 50}
	b := newBench(t, p, 1, 1000)
	b.load.finish()
	b.write(t, 0, p.Expected(0, 0)[1:], true)
	err := b.consumer.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "1 results before it are missing") {
		t.Errorf("got %v, want the loss", err)
	}
}

// A partition that is added is written from the session on that others have come to, and verified once the output has
// it.
func TestGrow(t *testing.T) {
	p := workload.Plan{Seed: 2, Elements: 50}
	b := newBench(t, p, 1, 50_000)
	c, err := parse([]string{"-partitions", "1", "-seed", "3"}, io.Discard)
	must(t, err)
	in := newInjector(&crashTest{config: c, load: b.load, outages: b.consumer.outages, Report: report.New(io.Discard)}, nil)
	b.load.begin(t.Context())
	b.load.ended(0, 1) // the next begins, and further ones
	for range 3 {      // but one alone is added
		must(t, in.addPartition(t.Context()))
	}
	b.load.finish()
	first, last := b.load.begins(1), b.load.last
	for partition := range 2 { // nothing is read yet, so that all but the last is said to be verified: the load waits for it
		b.load.ended(partition, last)
	}
	must(t, b.load.wait(t.Context()))
	want := fmt.Sprintf(`{"s":%d,"n":0,`, first)
	if got := b.read(t, workload.Steps, 1, 1); len(got) == 0 || !strings.HasPrefix(got[0], want) {
		t.Errorf("the added partition begins with %v, not with session %d", got, first)
	}
	if b.load.partitions() != 2 {
		t.Errorf("there are %d partitions, not twice as many as at the beginning", b.load.partitions())
	}
	_, err = kadm.NewClient(b.client).UpdatePartitions(t.Context(), 2, workload.Results)
	must(t, err)
	for session := range last + 1 {
		b.write(t, 0, p.Expected(0, session), true)
	}
	for session := first; session <= last; session++ {
		b.write(t, 1, p.Expected(1, session), true)
	}
	must(t, b.consumer.run(t.Context()))
	must(t, b.consumer.drain(t.Context()))
}
