package main

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
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
		if err := kafkatopic.Create(ctx, client, at.input(in.stream), 1); err != nil {
			return err
		}
		if err := load(ctx, client, at.input(in.stream), in); err != nil {
			return err
		}
	}
	return nil
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
	client.Produce(ctx, &kgo.Record{Topic: topic, Value: kafkatopic.EndMark}, failed.Promise())
	return errors.Join(client.Flush(ctx), failed.Err())
}
