package main

import (
	"context"
	"errors"
	"iter"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// generateTopics fills the input topics of a workload, which it creates, each with an end mark.
func generateTopics(w workload, at endpoints, elements int) error {
	ctx := context.Background()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(at.kafka),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MaxBufferedRecords(100_000),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, in := range w.inputs(elements) {
		if err := createTopic(ctx, client, at.input(in.stream), 1); err != nil {
			return err
		}
		if err := load(ctx, client, at.input(in.stream), in); err != nil {
			return err
		}
	}
	return nil
}

// createTopic creates a topic that keeps what it has.
func createTopic(ctx context.Context, client *kgo.Client, topic string, partitions int) error {
	forever := "-1"
	config := map[string]*string{"retention.ms": &forever}
	_, err := kadm.NewClient(client).CreateTopic(ctx, int32(partitions), 1, config, topic)
	return err
}

func load(ctx context.Context, client *kgo.Client, topic string, in input) error {
	var failed kgo.FirstErrPromise
	for line, err := range in.lines() {
		if err != nil {
			return err
		}
		record := &kgo.Record{Topic: topic, Value: append([]byte(nil), line...)}
		client.Produce(ctx, record, failed.Promise())
	}
	client.Produce(ctx, &kgo.Record{Topic: topic, Value: endMark}, failed.Promise())
	return errors.Join(client.Flush(ctx), failed.Err())
}

// committed returns the records that a topic holds, but for end marks, as a reader sees them who reads what is
// committed; last becomes the offset of the last.
func committed(address, topic string, last *int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		ctx := context.Background()
		client, err := kgo.NewClient(
			kgo.SeedBrokers(address),
			kgo.FetchIsolationLevel(kgo.ReadCommitted()),
			kgo.KeepControlRecords(),
			kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}),
		)
		if err != nil {
			yield(nil, err)
			return
		}
		defer client.Close()
		end, err := stableOffset(ctx, kadm.NewClient(client), topic)
		if err != nil {
			yield(nil, err)
			return
		}
		for next := int64(0); next < end; {
			fetches := client.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				yield(nil, err)
				return
			}
			for _, record := range fetches.Records() {
				next = record.Offset + 1
				if record.Attrs.IsControl() || string(record.Value) == string(endMark) {
					continue
				}
				*last = record.Offset
				if !yield(record.Value, nil) {
					return
				}
			}
		}
	}
}
