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
	"github.com/leat-go/leat/internal/wait"
)

// recordOverhead is what a fetched record takes beside its bytes, roughly.
const recordOverhead = 168

// maxSpare is how many lists of records a reader keeps to use them again.
const maxSpare = 8

// A fetch is what one response brought for a reader.
type fetch struct {
	records []*kgo.Record
	// bytes is what they take.
	bytes int
}

// A reader is a cursor over a partition, with a queue of what was fetched ahead of its caller. What is in the queue
// becomes records a batch at a time, when the caller asks for them. So few records are in memory, and a batch is in
// the processor's cache when it is decoded.
type reader struct {
	fetcher   *fetcher
	topic     string
	partition int
	// ready wakes the one that reads: something is in the queue.
	ready chan struct{}
	end   end

	// These belong to the caller: the next offset, the fetch at hand and how many of its records were returned, and
	// lists of records to use again.
	next     int64
	current  fetch
	returned int
	spare    [][]broker.Record
	// awaited is the end of the partition that a data timeout has been extended for.
	awaited int64

	mu     sync.Mutex
	queue  []fetch
	bytes  int // of the queue and of current
	paused bool
	// err is what ends the stream, behind the queue.
	err error
	// missing is since when Kafka says that it doesn't know the topic, and missed when it said so last. They are zero
	// while it knows it.
	missing, missed time.Time
	closed          bool
}

// Read implements broker.Reader.
func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	waited, cancel := r.withDataTimeout(ctx)
	defer func() { cancel() }()
	for {
		records, mark, err := r.nextRecords()
		switch {
		case errors.Is(err, errMissing):
			if err := r.checkTopic(ctx); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, r.ended(ctx, err)
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
		case r.isIdle(ctx):
			return nil, broker.ErrDataTimeout
		}
		cancel()
		waited, cancel = r.withDataTimeout(ctx)
	}
}

// withDataTimeout returns a context that ends with the data timeout, where there is one.
func (r *reader) withDataTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if d := r.fetcher.readers.run.settings.dataTimeout; d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return ctx, func() {}
}

// errMissing says that Kafka didn't know the topic.
var errMissing = errors.New("the topic isn't known")

// checkTopic finds out what has become of a topic that Kafka didn't know. It returns nil where reading goes on.
func (r *reader) checkTopic(ctx context.Context) error {
	r.mu.Lock()
	since := r.missing
	r.err = nil
	r.mu.Unlock()
	there, err := r.fetcher.readers.run.identity.missing(ctx, r.topic, since)
	if err != nil {
		return r.ended(ctx, err)
	}
	if there {
		r.mu.Lock()
		r.missing = time.Time{}
		r.mu.Unlock()
	}
	return wait.For(ctx, firstPause)
}

// ended returns the error of a stream that has ended by an error: with the position, or with what has become of its
// records.
func (r *reader) ended(ctx context.Context, err error) error {
	if errors.Is(err, kerr.OffsetOutOfRange) {
		return r.fetcher.readers.run.identity.gone(ctx, r.topic, r.partition, r.next)
	}
	return &broker.PositionError{
		Position: broker.Position{Stream: r.topic, Partition: r.partition, Offset: r.next},
		Err:      err,
	}
}

// nextRecords returns the next records, or says that a mark is next. It returns neither where nothing was fetched.
func (r *reader) nextRecords() (records []broker.Record, mark bool, err error) {
	for {
		if r.returned == len(r.current.records) {
			if more, err := r.nextFetch(); !more || err != nil {
				return nil, false, err
			}
		}
		if records, mark = r.convert(); mark || len(records) > 0 {
			return records, mark, nil
		}
	}
}

// convert makes a batch of records of the current fetch, up to a mark, or passes over a mark. It leaves out
// transaction markers.
func (r *reader) convert() (records []broker.Record, mark bool) {
	most := r.fetcher.readers.budget().batch
	for !mark && r.returned < len(r.current.records) && len(records) < most {
		record := r.current.records[r.returned]
		switch {
		case record.Attrs.IsControl():
		case endmark.Is(record.Value):
			if len(records) > 0 {
				return records, false
			}
			mark, r.next = true, record.Offset+1
		default:
			if records == nil {
				records = r.list(min(most, len(r.current.records)-r.returned))
			}
			records = append(records, recordOf(record))
			r.next = record.Offset + 1
		}
		r.current.records[r.returned] = nil
		r.returned++
		record.Recycle()
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
	// A list that is larger than today's batches dates from when there were fewer readers.
	if len(r.spare) < maxSpare && cap(records) <= r.fetcher.readers.budget().batch {
		r.spare = append(r.spare, records[:0])
	}
}

// wait waits until there may be something in the queue, or ctx ends. Meanwhile one of the readers that wait polls for
// all.
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

// isIdle tells whether there is nothing to read although Kafka can be reached. Where Kafka says that the partition
// goes on, isIdle returns false once, so that a fetch may bring what is there. But there may be nothing: compaction
// can leave offsets without records behind a transaction.
func (r *reader) isIdle(ctx context.Context) bool {
	m := r.fetcher.readers.run
	end, err := m.listOffset(ctx, r.topic, r.partition, newest)
	if err != nil {
		if ctx.Err() != nil {
			return false // nobody waits any more
		}
		m.logger.Warn("Kafka can't be reached: the data timeout starts again", "topic", r.topic, "error", err)
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

// Probe implements broker.Prober.
func (r *reader) Probe(ctx context.Context, next int64) (int64, error) {
	end, err := r.fetcher.readers.run.listOffset(ctx, r.topic, r.partition, newest)
	if err != nil {
		return 0, fmt.Errorf("Kafka can't be reached: %w", err)
	}
	if end <= max(next, r.end.emptyFrom(next)) {
		return next, nil
	}
	return end, nil
}

// nextFetch makes the next fetch of the queue the current one. It returns false where the queue is empty.
func (r *reader) nextFetch() (more bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false, errors.New("Read was called after Close")
	}
	r.bytes -= r.current.bytes
	r.current, r.returned = fetch{}, 0
	if r.paused && r.bytes <= r.fetcher.readers.budget().ahead/2 {
		r.paused = false
		r.fetcher.client.ResumeFetchPartitions(r.itself())
	}
	if len(r.queue) == 0 {
		return false, r.err
	}
	r.current = r.queue[0]
	r.queue[0] = fetch{}
	r.queue = r.queue[1:]
	return true, nil
}

// pause pauses fetching while the reader holds more than its budget. REQUIRES: the fetcher's polling is held.
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
	r.current, r.spare = fetch{}, nil
	if !closed {
		r.fetcher.remove(r)
	}
	return nil
}

// put puts what was fetched into the queue, and notes an error that came with it.
func (r *reader) put(p kgo.FetchPartition) {
	f := fetch{records: p.Records, bytes: sizeOf(p.Records)}
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
		r.err = r.endsBy(p.Err)
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

// endsBy returns the error that a failed fetch ends the stream with; nil where the library tries again. REQUIRES: mu
// is held.
func (r *reader) endsBy(err error) error {
	var lost *kgo.ErrDataLoss
	switch {
	case errors.Is(err, kgo.ErrMaxDecompress):
		return fmt.Errorf("a batch of records decompresses to far more than a batch should; raise the topic's option "+
			"MaxElement, max_element in a pipeline file: %w", err)
	case isUnknown(err):
		// A broker that has just started may not know the topic yet. Two that start hours apart say nothing of the
		// time between.
		if r.missing.IsZero() || time.Since(r.missed) > 2*missingGrace {
			r.missing = time.Now()
		}
		r.missed = time.Now()
		return errMissing
	case errors.Is(err, kerr.OffsetOutOfRange):
		return err // see ended
	case errors.As(err, &lost):
		return fmt.Errorf("Kafka has lost records that were read before: %w", err)
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
