package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
)

// flushCheck is how long results may be on their way before the topics are looked at.
const flushCheck = 5 * time.Second

// produce sends results and end-of-stream marks, and waits until Kafka has them.
func (o *outputs) produce(ctx context.Context, client *kgo.Client, commits []broker.Commit) error {
	var failed firstError
	for _, c := range commits {
		for i := range c.Results {
			r := &c.Results[i]
			client.Produce(ctx, &kgo.Record{
				Topic:     o.streams[r.Stream].Name,
				Partition: int32(c.Partition),
				Key:       r.Key,
				Value:     r.Value,
				Timestamp: r.Time,
				Headers:   headersOf(r),
			}, failed.promise)
		}
		if c.End {
			for _, topic := range o.names() {
				client.Produce(ctx, o.mark(topic, c.Partition), failed.promise)
			}
		}
	}
	if err := o.flush(ctx, client); err != nil {
		return err
	}
	err := failed.get()
	if err != nil {
		client.ForceMetadataRefresh() // the client may not know yet of a partition that was added
	}
	return err
}

// headersOf returns a result's headers as the library has them.
func headersOf(r *broker.Result) (headers []kgo.RecordHeader) {
	for _, h := range r.Headers {
		headers = append(headers, kgo.RecordHeader(h))
	}
	return headers
}

// flush waits until Kafka has all results. The library waits for ever for a topic that it has once seen. So where
// that takes long, flush looks whether the topic was deleted.
func (o *outputs) flush(ctx context.Context, client *kgo.Client) error {
	for {
		short, cancel := context.WithTimeout(ctx, flushCheck)
		err := client.Flush(short)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if err := o.stillThere(ctx); err != nil {
			return err
		}
	}
}

// stillThere returns a final error where an output was deleted. It doesn't wait for a broker that gives no answer:
// the results may long be on their way to another.
func (o *outputs) stillThere(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, 2*createdGrace) // what comes late isn't taken for deleted
	defer cancel()
	if err := o.checkDeleted(short, kerr.UnknownTopicOrPartition); errors.Is(err, errFinal) {
		return err
	}
	return nil
}

// A firstError keeps the first error of many records.
type firstError struct {
	mu  sync.Mutex
	err error
}

func (f *firstError) promise(r *kgo.Record, err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = &produceError{r.Topic, err}
	}
}

func (f *firstError) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// A produceError says that Kafka hasn't taken a record.
type produceError struct {
	topic string
	err   error
}

func (e *produceError) Error() string { return fmt.Sprintf("results for topic %q: %v", e.topic, e.err) }

func (e *produceError) Unwrap() error { return e.err }
