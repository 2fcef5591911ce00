package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
)

// A field is a stream of locations with many partitions, all fed at a steady rate, that instances of Leat join with
// itself (W1), and the results that come of it.
type field struct {
	at         endpoints
	partitions int
	// rate is in elements a second, over all partitions.
	rate int

	mu sync.Mutex
	// sent holds when each element was handed to the client, by partition.
	sent [][]time.Time
	// arrived holds what has come, last the number of the element that ended each partition's last result.
	arrived []arrival
	last    []int
	changed chan struct{}
}

// An arrival is a result: when the element that ends it was sent, and when it could be read.
type arrival struct {
	partition  int
	sent, seen time.Time
}

// newField creates the topics of a field.
func (c *cluster) newField(ctx context.Context, partitions, rate int) (*field, error) {
	c.scratch++
	at := endpoints{kafka: c.address, in: fmt.Sprintf("field-%d-", c.scratch), out: fmt.Sprintf("field-%d", c.scratch)}
	f := &field{at: at, partitions: partitions, rate: rate, changed: make(chan struct{}, 1)}
	f.sent, f.last = make([][]time.Time, partitions), make([]int, partitions)
	return f, errors.Join(
		kafkatopic.Create(ctx, c.client, at.input(locationsStream), partitions),
		kafkatopic.Create(ctx, c.client, at.out, partitions),
	)
}

// write writes elements when their time has come, to one partition after the other, until ctx ends.
func (f *field) write(ctx context.Context) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(f.at.kafka), kgo.DefaultProduceTopic(f.at.input(locationsStream)),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	var failed kgo.FirstErrPromise
	walk := inputOf(locationsStream, 0, newWalk().next)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	start := time.Now()
	var line []byte
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return failed.Err()
		case <-ticker.C:
		}
		for due := int(time.Since(start).Seconds() * float64(f.rate)); n < due; n++ {
			p := n % f.partitions
			if p == 0 { // all partitions have the same elements
				if line, err = walk.appendElement(nil, n/f.partitions); err != nil {
					return err
				}
			}
			f.mu.Lock()
			f.sent[p] = append(f.sent[p], time.Now())
			f.mu.Unlock()
			client.Produce(ctx, &kgo.Record{Partition: int32(p), Value: line}, failed.Promise())
		}
	}
}

// read reads the results as they become visible, until ctx ends. It fails where one is missing or there twice.
func (f *field) read(ctx context.Context) error {
	from := map[int32]kgo.Offset{}
	for p := range f.partitions {
		from[int32(p)] = kgo.NewOffset().AtStart()
	}
	client, decode, err := openSpeeds(f.at, from)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return err
		}
		now := time.Now()
		for _, record := range fetches.Records() {
			var speed Speed
			if err := decode(record.Value, &speed); err != nil {
				return err
			}
			if err := f.arrive(int(record.Partition), int(speed.To/step), now); err != nil {
				return err
			}
		}
		select {
		case f.changed <- struct{}{}:
		default:
		}
	}
}

func (f *field) arrive(partition, element int, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last[partition]++; f.last[partition] != element {
		return fmt.Errorf("result %d of partition %d ends at element %d", f.last[partition], partition, element)
	}
	f.arrived = append(f.arrived, arrival{partition, f.sent[partition][element], now})
	return nil
}

// caughtUp waits until all partitions have given the results of what was sent before a time, and at least one.
func (f *field) caughtUp(ctx context.Context, with time.Time) error {
	for {
		f.mu.Lock()
		behind := 0
		for p, last := range f.last {
			if last == 0 || f.sent[p][last].Before(with) {
				behind++
			}
		}
		f.mu.Unlock()
		if behind == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d partitions are behind: %w", behind, f.partitions, ctx.Err())
		case <-f.changed:
		}
	}
}

// delays returns how long elements took that were sent between two times, in ascending order, and in how many
// partitions one took more than a second.
func (f *field) delays(from, to time.Time) (took []time.Duration, late int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lateIn := map[int]bool{}
	for _, a := range f.arrived {
		if a.sent.Before(from) || a.sent.After(to) {
			continue
		}
		d := a.seen.Sub(a.sent)
		took = append(took, d)
		if d > time.Second {
			lateIn[a.partition] = true
		}
	}
	slices.Sort(took)
	return took, len(lateIn)
}
