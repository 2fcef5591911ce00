package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
)

// measureGrowth prints what W1 on Kafka costs Leat with more partitions and with more instances, for the same number of
// elements in all.
func (c *command) measureGrowth(ctx context.Context, k *cluster) error {
	sizes := []struct{ partitions, instances int }{{1, 1}, {4, 1}, {16, 1}, {64, 1}, {256, 1}, {1000, 1}, {16, 2}, {16, 4}}
	fmt.Print("| partitions | instances | elements/s | CPU µs an element | peak memory of an instance |\n" +
		"| --- | --- | --- | --- | --- |\n")
	for _, size := range sizes {
		at, err := k.spread(ctx, c.kafka/size.partitions, size.partitions)
		if err != nil {
			return err
		}
		at.out = fmt.Sprintf("%sout-%d", at.in, size.instances)
		if err := kafkatopic.Create(ctx, k.client, at.out, size.partitions); err != nil {
			return err
		}
		s, err := together(ctx, goProgram(c.self, "leat"), at, size.instances)
		if err != nil {
			return fmt.Errorf("%d instances, %d partitions: %w", size.instances, size.partitions, err)
		}
		elements := float64(c.kafka / size.partitions * size.partitions)
		fmt.Fprintf(os.Stderr, "%d partitions, %d instances: %v\n", size.partitions, size.instances, s.wall)
		fmt.Printf("| %d | %d | %s | %.2f | %d MiB |\n", size.partitions, size.instances,
			thousands(elements/s.wall.Seconds()), s.cpu.Seconds()*1e6/elements, s.memory>>20)
	}
	return nil
}

// spread fills a topic of some partitions, once, with as many locations in each.
func (c *cluster) spread(ctx context.Context, each, partitions int) (endpoints, error) {
	at := endpoints{kafka: c.address, in: fmt.Sprintf("spread-%d-", partitions)}
	if _, ok := c.filled[at.in]; ok {
		return at, nil
	}
	c.filled[at.in] = each * partitions
	topic := at.input(locationsStream)
	if err := kafkatopic.Create(ctx, c.client, topic, partitions); err != nil {
		return at, err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(c.address), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MaxBufferedRecords(100_000),
	)
	if err != nil {
		return at, err
	}
	defer client.Close()
	var failed kgo.FirstErrPromise
	for line, err := range locationInputs(each)[0].lines() {
		if err != nil {
			return at, err
		}
		value := append([]byte(nil), line...)
		for p := range partitions {
			client.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(p), Value: value}, failed.Promise())
		}
	}
	for p := range partitions {
		client.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(p), Value: kafkatopic.EndMark}, failed.Promise())
	}
	return at, errors.Join(client.Flush(ctx), failed.Err())
}

// together runs W1 by several processes of a program at once. The sample has the CPU of all and the memory of the
// largest.
func together(ctx context.Context, p program, at endpoints, instances int) (all sample, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type ending struct {
		sample sample
		err    error
	}
	endings := make(chan ending, instances)
	start := time.Now()
	for range instances {
		go func() {
			command, err := p.start(ctx, "W1", at, os.Stderr)
			if err == nil {
				err = command.Wait()
			}
			if err != nil {
				endings <- ending{err: err}
				return
			}
			endings <- ending{sample: used(command.ProcessState)}
		}()
	}
	for range instances {
		e := <-endings
		if e.err != nil {
			err = errors.Join(err, e.err)
			stop()
		}
		all.cpu += e.sample.cpu
		all.memory = max(all.memory, e.sample.memory)
	}
	all.wall = time.Since(start)
	return all, err
}
