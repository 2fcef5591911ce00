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

// recordOverhead is what a fetched record takes beside its bytes, roughly.
const recordOverhead = 168

// maxSpare is how many lists of records a reader keeps to use them again.
const maxSpare = 8

// A fetched is what one fetch brought for a reader.
type fetched struct {
	records []*kgo.Record
	// bytes is what they take.
	bytes int
}

// A reader is a cursor over a partition, with a queue of what was fetched for it ahead of its caller. What is in the queue
// becomes records when the caller asks for them, a batch at a time: so there is memory for few of them, and a batch is in
// the processor's cache when it is decoded.
type reader struct {
	fetcher   *fetcher
	topic     string
	partition int
	// ready wakes the one that reads: something is in the queue.
	ready chan struct{}
	end   end

	// The caller's: where it is, what it has taken from the queue and not yet been given, and lists to use again.
	next  int64
	taken fetched
	given int // of taken
	spare [][]broker.Record
	// awaited is the end of the partition that was waited for behind a data timeout.
	awaited int64

	mu     sync.Mutex
	queue  []fetched
	bytes  int // of the queue and of what was taken
	paused bool
	// err is what ends the stream, behind the queue.
	err error
	// missing says that Kafka doesn't know the topic, since when, and missed when it said so last.
	missing, missed time.Time
	closed          bool
}

// Read implements broker.Reader.
func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	waited, cancel := r.dataTimeout(ctx)
	defer func() { cancel() }()
	for {
		records, mark, err := r.give()
		switch {
		case errors.Is(err, errMissing):
			if err := r.lookAgain(ctx); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, r.broke(ctx, err)
		case mark:
			return nil, io.EOF
		case len(records) > 0:
			return records, nil
		}
		err = r.wait(waited)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			return nil, err
		case waited.Err() == nil:
			continue
		case r.silent(ctx):
			return nil, broker.ErrDataTimeout
		}
		cancel()
		waited, cancel = r.dataTimeout(ctx)
	}
}

// dataTimeout returns a context that ends with the data timeout, where there is one.
func (r *reader) dataTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if d := r.fetcher.readers.run.settings.dataTimeout; d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return ctx, func() {}
}

// errMissing says that Kafka didn't know the topic.
var errMissing = errors.New("the topic isn't known")

// lookAgain finds out what has become of a topic that Kafka didn't know. It returns nil where reading goes on.
func (r *reader) lookAgain(ctx context.Context) error {
	r.mu.Lock()
	since := r.missing
	r.err = nil
	r.mu.Unlock()
	there, err := r.fetcher.readers.run.identity.missing(ctx, r.topic, since)
	if err != nil {
		return r.broke(ctx, err)
	}
	if there {
		r.mu.Lock()
		r.missing = time.Time{}
		r.mu.Unlock()
	}
	return sleep(ctx, firstPause)
}

// broke returns the error for what has ended the stream.
func (r *reader) broke(ctx context.Context, err error) error {
	if errors.Is(err, kerr.OffsetOutOfRange) {
		return r.fetcher.readers.run.identity.gone(ctx, r.topic, r.partition, r.next)
	}
	return &broker.PositionError{
		Position: broker.Position{Stream: r.topic, Partition: r.partition, Offset: r.next},
		Err:      err,
	}
}

// give returns the next records, or says that there is a mark; neither where nothing was fetched.
func (r *reader) give() (records []broker.Record, mark bool, err error) {
	for {
		if r.given == len(r.taken.records) {
			if more, err := r.take(); !more || err != nil {
				return nil, false, err
			}
		}
		if records, mark = r.convert(); mark || len(records) > 0 {
			return records, mark, nil
		}
	}
}

// convert makes a batch of what was taken, up to a mark, or passes over a mark. The markers of transactions are left out.
func (r *reader) convert() (records []broker.Record, mark bool) {
	most := r.fetcher.readers.budget().batch
	for !mark && r.given < len(r.taken.records) && len(records) < most {
		fetched := r.taken.records[r.given]
		switch {
		case fetched.Attrs.IsControl():
		case endmark.Is(fetched.Value):
			if len(records) > 0 {
				return records, false
			}
			mark, r.next = true, fetched.Offset+1
		default:
			if records == nil {
				records = r.list(min(most, len(r.taken.records)-r.given))
			}
			records = append(records, recordOf(fetched))
			r.next = fetched.Offset + 1
		}
		r.taken.records[r.given] = nil
		r.given++
		fetched.Recycle()
	}
	return records, mark
}

// list returns an empty list with room for n records.
func (r *reader) list(n int) []broker.Record {
	if last := len(r.spare) - 1; last >= 0 {
		records := r.spare[last]
		r.spare = r.spare[:last]
		if cap(records) >= n {
			return records
		}
	}
	return make([]broker.Record, 0, n)
}

// Recycle implements broker.Recycler.
func (r *reader) Recycle(records []broker.Record) {
	clear(records)
	// A list that is larger than batches are now is from when there were fewer readers.
	if len(r.spare) < maxSpare && cap(records) <= r.fetcher.readers.budget().batch {
		r.spare = append(r.spare, records[:0])
	}
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

// silent tells whether there is nothing to read although Kafka can be reached. Where there is something that a fetch has yet to
// bring, it is waited for once more; it may also be nothing but what compaction has left of a transaction.
func (r *reader) silent(ctx context.Context) bool {
	m := r.fetcher.readers.run
	end, err := m.listOffset(ctx, r.topic, r.partition, newest)
	if err != nil {
		if ctx.Err() != nil {
			return false // nobody waits any more
		}
		m.logger.Warn("Kafka can't be reached: the data timeout begins anew", "topic", r.topic, "error", err)
		return false
	}
	if end > r.awaited && end > max(r.next, r.end.emptyFrom(r.next)) {
		r.awaited = end
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue) == 0 && r.err == nil
}

// take takes from the queue what the next fetch brought, in place of what was taken before; false where there is nothing.
func (r *reader) take() (more bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false, errors.New("Read was called after Close")
	}
	r.bytes -= r.taken.bytes
	r.taken, r.given = fetched{}, 0
	if r.paused && r.bytes <= r.fetcher.readers.budget().ahead/2 {
		r.paused = false
		r.fetcher.client.ResumeFetchPartitions(r.itself())
	}
	if len(r.queue) == 0 {
		return false, r.err
	}
	r.taken = r.queue[0]
	r.queue[0] = fetched{}
	r.queue = r.queue[1:]
	return true, nil
}

// pause ends the fetching for the reader while it has more than it may. REQUIRES: the fetcher's polling is held.
func (r *reader) pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.paused && !r.closed && r.bytes > r.fetcher.readers.budget().ahead {
		r.paused = true
		r.fetcher.client.PauseFetchPartitions(r.itself())
	}
}

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
	r.taken, r.spare = fetched{}, nil
	if !closed {
		r.fetcher.remove(r)
	}
	return nil
}

// put puts what was fetched into the queue.
func (r *reader) put(p kgo.FetchPartition) {
	f := fetched{records: p.Records, bytes: sizeOf(p.Records)}
	r.end.fetched(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if len(f.records) > 0 {
		r.queue = append(r.queue, f)
		r.bytes += f.bytes
		r.missing = time.Time{}
	}
	if p.Err != nil && r.err == nil {
		r.err = r.broken(p.Err)
	}
	if len(r.queue) > 0 || r.err != nil {
		select {
		case r.ready <- struct{}{}:
		default:
		}
	}
}

// sizeOf returns how much memory fetched records take.
func sizeOf(records []*kgo.Record) int {
	size := len(records) * recordOverhead
	for _, r := range records {
		size += len(r.Key) + len(r.Value)
	}
	return size
}

// broken returns the error that ends the stream, nil where the library goes on by itself. REQUIRES: mu is held.
func (r *reader) broken(err error) error {
	var lost *kgo.ErrDataLoss
	switch {
	case errors.Is(err, kgo.ErrMaxDecompress):
		return fmt.Errorf("a batch of records decompresses to far more than a batch should; raise the topic's option "+
			"MaxElement, max_element in a pipeline file: %w", err)
	case isUnknown(err):
		// Two brokers that start, hours apart, and don't know the topic yet say nothing of what was between.
		if r.missing.IsZero() || time.Since(r.missed) > 2*missingGrace {
			r.missing = time.Now()
		}
		r.missed = time.Now()
		return errMissing
	case errors.Is(err, kerr.OffsetOutOfRange):
		return err // see give
	case errors.As(err, &lost):
		return fmt.Errorf("Kafka has lost records that were read: %w", err)
	case final(err) != nil:
		return final(err)
	}
	r.fetcher.readers.run.logger.Debug("fetching failed, it is tried again", "topic", r.topic,
		"partition", r.partition, "error", err)
	return nil
}

func recordOf(r *kgo.Record) broker.Record {
	record := broker.Record{Offset: r.Offset, Value: r.Value, Key: r.Key, Time: r.Timestamp}
	for _, h := range r.Headers {
		record.Headers = append(record.Headers, broker.Header{Key: h.Key, Value: h.Value})
	}
	return record
}
