package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
	"github.com/leat-go/leat/codec"
)

// A feed is a stream of locations that comes at a steady rate while a program joins them with themselves (W1).
type feed struct {
	cluster  *cluster
	at       endpoints
	elements int
	// rate is in elements a second.
	rate int
	// sent and seen are when each element was handed to the client, and when the result that ends with it could be read.
	sent, seen []time.Time
}

// feedOf creates the topics of a feed.
func (c *cluster) feedOf(ctx context.Context, p program, rate, elements int) (*feed, error) {
	f := &feed{cluster: c, elements: elements, rate: rate}
	f.sent, f.seen = make([]time.Time, elements), make([]time.Time, elements)
	c.scratch++
	f.at = endpoints{kafka: c.address, in: fmt.Sprintf("feed-%d-", c.scratch)}
	if err := kafkatopic.Create(ctx, c.client, f.at.input(locationsStream), 1); err != nil {
		return nil, err
	}
	var err error
	f.at.out, err = c.output(ctx, "feed-"+p.name)
	return f, err
}

// run starts a program, feeds it and waits until it has ended; one that never ends is stopped when all results are
// there. What the program says goes to says, and beside sees its process while it runs.
func (f *feed) run(ctx context.Context, p program, says io.Writer,
	beside func(context.Context, *exec.Cmd) error) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	command, err := p.start(running, "W1", f.at, says)
	if err != nil {
		return err
	}
	results := make(chan error, 3)
	go func() { results <- f.read(running, p, stop) }()
	go func() { results <- f.write(running) }()
	go func() { results <- beside(running, command) }()
	err = command.Wait()
	if running.Err() != nil && ctx.Err() == nil && p.stays {
		err = nil
	}
	if err != nil {
		stop()
	}
	for range cap(results) {
		other := <-results
		if other != nil && !errors.Is(other, context.Canceled) {
			err = errors.Join(err, other)
		}
	}
	return err
}

// write writes the elements when their time has come, and the end mark.
func (f *feed) write(ctx context.Context) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(f.at.kafka), kgo.ProducerLinger(0), kgo.DefaultProduceTopic(f.at.input(locationsStream)),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	var failed kgo.FirstErrPromise
	input := locationInputs(f.elements)[0]
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	start := time.Now()
	for i := 0; i < f.elements; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		due := int(time.Since(start).Seconds() * float64(f.rate))
		for ; i < min(due, f.elements); i++ {
			line, err := input.appendElement(nil, i)
			if err != nil {
				return err
			}
			f.sent[i] = time.Now()
			client.Produce(ctx, &kgo.Record{Value: line}, failed.Promise())
		}
	}
	client.Produce(ctx, &kgo.Record{Value: kafkatopic.EndMark}, failed.Promise())
	return errors.Join(client.Flush(ctx), failed.Err())
}

// openSpeeds opens a reader of the speeds that are visible in the output, from an offset of each partition.
func openSpeeds(at endpoints, from map[int32]kgo.Offset) (*kgo.Client, codec.Decode, error) {
	decode, err := codec.JSON.Decoder(reflect.TypeFor[Speed]())
	if err != nil {
		return nil, nil, err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(at.kafka), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{at.out: from}),
	)
	return client, decode, err
}

// read reads the results as they become visible, until the last; then it stops a program that never ends.
func (f *feed) read(ctx context.Context, p program, stop func()) error {
	client, decode, err := openSpeeds(f.at, map[int32]kgo.Offset{0: kgo.NewOffset().AtStart()})
	if err != nil {
		return err
	}
	defer client.Close()
	for next := 1; next < f.elements; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		now := time.Now()
		for _, record := range fetches.Records() {
			if next == f.elements {
				break // the end mark
			}
			var speed Speed
			if err := decode(record.Value, &speed); err != nil {
				return err
			}
			if !p.unordered && speed.To != int64(next*step) {
				return fmt.Errorf("result %d ends at %d", next, speed.To)
			}
			f.seen[speed.To/step] = now
			next++
		}
	}
	if p.stays {
		stop()
	}
	return nil
}

// latencies returns, in ascending order, how long it took from element to result, but for those in the first seconds,
// when the program was starting.
func (f *feed) latencies(warmUp time.Duration) (took []time.Duration) {
	begin := f.sent[0].Add(warmUp)
	for i := 1; i < f.elements; i++ {
		if f.sent[i].After(begin) {
			took = append(took, f.seen[i].Sub(f.sent[i]))
		}
	}
	slices.Sort(took)
	return took
}

// quantile returns the value below which so much of the sorted values is.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
