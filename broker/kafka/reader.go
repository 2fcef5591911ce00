package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/endmark"
)

// recordOverhead is what a record takes beside its bytes, roughly.
const recordOverhead = 128

// A batch is what a reader returns at a time: records, or a mark.
type batch struct {
	records []broker.Record
	bytes   int
	// mark says that the batch is an end-of-stream mark.
	mark bool
	// next is the offset behind the batch.
	next int64
}

// A reader is a cursor over a partition, with a queue of what was fetched for it ahead of its caller.
type reader struct {
	fetcher   *fetcher
	topic     string
	partition int
	// ready wakes the one that reads: something is in the queue.
	ready chan struct{}
	next  int64
	end   end

	mu     sync.Mutex
	queue  []batch
	bytes  int
	paused bool
	// err is what ends the stream, behind the queue.
	err error
	// missing says that Kafka doesn't know the topic, since when.
	missing time.Time
	closed  bool
}

// missingGrace is how long Kafka may not know a topic, as a cluster that starts does, before it counts as deleted.
const missingGrace = 5 * time.Second

// Read implements broker.Reader.
func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	waited, cancel := r.patience(ctx)
	defer func() { cancel() }()
	for {
		if b, err := r.take(); err != nil || b.mark || b.records != nil {
			return r.give(ctx, b, err)
		}
		err := r.wait(waited)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			return nil, err
		case waited.Err() == nil:
			continue
		case r.silent(ctx):
			return nil, io.EOF
		}
		cancel()
		waited, cancel = r.patience(ctx)
	}
}

// patience returns a context that ends with the data timeout, where there is one.
func (r *reader) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if d := r.fetcher.readers.member.settings.dataTimeout; d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return ctx, func() {}
}

func (r *reader) give(ctx context.Context, b batch, err error) ([]broker.Record, error) {
	switch {
	case errors.Is(err, kerr.OffsetOutOfRange):
		return nil, r.fetcher.readers.member.gone(ctx, r.topic, r.partition, r.next)
	case err != nil:
		return nil, &broker.PositionError{
			Position: broker.Position{Stream: r.topic, Partition: r.partition, Offset: r.next},
			Err:      err,
		}
	case b.mark:
		r.next = b.next
		return nil, io.EOF
	}
	r.next = b.next
	return b.records, nil
}

// wait waits until there may be something in the queue, or ctx ends. Meanwhile one of those that wait fetches for all.
func (r *reader) wait(ctx context.Context) error {
	select {
	case <-r.ready:
		return nil
	case <-ctx.Done():
		return nil
	case r.fetcher.polling <- struct{}{}:
	}
	defer func() { <-r.fetcher.polling }()
	select {
	case <-r.ready: // put there by the one that has just polled
		return nil
	default:
		return r.fetcher.poll(ctx)
	}
}

// silent tells whether there is nothing to read although Kafka can be reached.
func (r *reader) silent(ctx context.Context) bool {
	m := r.fetcher.readers.member
	if _, err := m.listOffset(ctx, r.topic, r.partition, newest); err != nil {
		m.logger.Warn("Kafka can't be reached: the data timeout begins anew", "topic", r.topic, "error", err)
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue) == 0 && r.err == nil
}

// take takes the next batch from the queue, if there is one.
func (r *reader) take() (batch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return batch{}, errors.New("Read was called after Close")
	}
	if len(r.queue) == 0 {
		return batch{}, r.err
	}
	b := r.queue[0]
	r.queue[0] = batch{}
	r.queue = r.queue[1:]
	r.bytes -= b.bytes
	if r.paused && r.bytes <= r.limit()/2 {
		r.paused = false
		r.fetcher.client.ResumeFetchPartitions(r.itself())
	}
	return b, nil
}

func (r *reader) limit() int { return r.fetcher.readers.member.settings.readAhead }

func (r *reader) itself() map[string][]int32 {
	return map[string][]int32{r.topic: {int32(r.partition)}}
}

// Next implements broker.Reader.
func (r *reader) Next() int64 { return r.next }

// End implements broker.Lagger.
func (r *reader) End() int64 { return r.end.offset() }

// Close implements broker.Reader.
func (r *reader) Close() error {
	r.mu.Lock()
	closed := r.closed
	r.closed, r.queue = true, nil
	r.mu.Unlock()
	if !closed {
		r.fetcher.remove(r)
	}
	return nil
}

// put puts what was fetched into the queue.
func (r *reader) put(p kgo.FetchTopicPartition) {
	batches := batchesOf(p.Records)
	r.end.fetched(p.FetchPartition)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	for _, b := range batches {
		r.queue = append(r.queue, b)
		r.bytes += b.bytes
	}
	if len(p.Records) > 0 {
		r.missing = time.Time{}
	}
	if p.Err != nil && r.err == nil {
		r.err = r.broken(p.Err)
	}
	if !r.paused && r.bytes > r.limit() {
		r.paused = true
		r.fetcher.client.PauseFetchPartitions(r.itself())
	}
	if len(r.queue) > 0 || r.err != nil {
		select {
		case r.ready <- struct{}{}:
		default:
		}
	}
}

// broken returns the error that ends the stream, nil where the library goes on by itself. REQUIRES: mu is held.
func (r *reader) broken(err error) error {
	var lost *kgo.ErrDataLoss
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID),
		errors.Is(err, kerr.InconsistentTopicID):
		if r.missing.IsZero() {
			r.missing = time.Now()
		}
		if time.Since(r.missing) < missingGrace {
			return nil
		}
		return fmt.Errorf("the topic was deleted: %w", err)
	case errors.Is(err, kerr.OffsetOutOfRange):
		return err // see give
	case errors.As(err, &lost):
		return fmt.Errorf("Kafka has lost records that were read: %w", err)
	case final(err) != nil:
		return final(err)
	}
	r.fetcher.readers.member.logger.Debug("fetching failed, it is tried again", "topic", r.topic,
		"partition", r.partition, "error", err)
	return nil
}

// batchesOf makes batches of records, cut at the marks and without the markers of transactions.
func batchesOf(records []*kgo.Record) []batch {
	if len(records) == 0 {
		return nil
	}
	var batches []batch
	all := make([]broker.Record, 0, len(records))
	b := batch{}
	cut := func() {
		if len(all) > 0 {
			b.records = all[:len(all):len(all)]
			batches = append(batches, b)
			all, b = all[len(all):], batch{}
		}
	}
	for _, r := range records {
		if r.Attrs.IsControl() {
			continue
		}
		if endmark.Is(r.Value) {
			cut()
			batches = append(batches, batch{mark: true, next: r.Offset + 1})
			continue
		}
		all = append(all, recordOf(r))
		b.bytes += len(r.Key) + len(r.Value) + recordOverhead
		b.next = r.Offset + 1
	}
	cut()
	return batches
}

func recordOf(r *kgo.Record) broker.Record {
	record := broker.Record{Offset: r.Offset, Value: r.Value, Key: r.Key, Time: r.Timestamp}
	for _, h := range r.Headers {
		record.Headers = append(record.Headers, broker.Header{Key: h.Key, Value: h.Value})
	}
	return record
}
