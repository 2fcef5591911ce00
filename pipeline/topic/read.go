package topic

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/endmark"
)

// A reader reads the committed records of one topic's partitions, one after the other and without a group.
type reader struct {
	client *kgo.Client
	topic  string
	// starts and ends bound the committed records of each partition when the reader was opened. written is where each
	// partition ends with what isn't committed.
	starts, ends, written []int64
}

// openReader connects, and asks where the partitions begin and end. The reader must be closed.
func (c *Cluster) openReader(ctx context.Context, topic string) (*reader, error) {
	client, err := c.connect(ctx,
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableFetchSessions(), // closing a client while a fetch with a session is under way is a race in the library
		// A transaction's own records show that the end is reached where it is the last thing in a partition.
		kgo.KeepControlRecords(),
		kgo.FetchMaxWait(fetchWait),
	)
	if err != nil {
		return nil, err
	}
	r := &reader{client: client, topic: topic}
	if err := r.listOffsets(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return r, nil
}

func (r *reader) listOffsets(ctx context.Context) error {
	n, err := partitions(ctx, r.client, r.topic)
	if err != nil {
		return err
	}
	admin := kadm.NewClient(r.client)
	r.starts, err = listed(n, r.topic)(admin.ListStartOffsets(ctx, r.topic))
	if err == nil {
		r.ends, err = listed(n, r.topic)(admin.ListCommittedOffsets(ctx, r.topic))
	}
	if err == nil {
		r.written, err = listed(n, r.topic)(admin.ListEndOffsets(ctx, r.topic))
	}
	return err
}

// listed returns a function that makes a list of a topic's offsets.
func listed(n int, topic string) func(kadm.ListedOffsets, error) ([]int64, error) {
	return func(all kadm.ListedOffsets, err error) ([]int64, error) {
		if err == nil {
			err = all.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("kafka: the offsets of topic %q: %w", topic, err)
		}
		offsets := make([]int64, n)
		for p := range offsets {
			if offset, ok := all.Lookup(topic, int32(p)); ok {
				offsets[p] = offset.Offset
			}
		}
		return offsets, nil
	}
}

func (r *reader) close() { r.client.Close() }

// each calls visit for the records of a partition, from an offset on, or from the oldest if that is later, until
// visit returns false. With follow it waits for more records. Without, it returns where the partition ended when the
// reader was opened. It calls pause when there is no further record for the moment.
func (r *reader) each(
	ctx context.Context, partition int, from int64, follow bool, visit func(*kgo.Record) (bool, error), pause func() error,
) error {
	next := max(from, r.starts[partition])
	itself := map[string][]int32{r.topic: {int32(partition)}}
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{
		r.topic: {int32(partition): kgo.NewOffset().At(next)},
	})
	defer r.client.RemoveConsumePartitions(itself)
	for follow || next < r.ends[partition] {
		fetches := r.client.PollFetches(ctx)
		if err := r.failure(ctx, fetches, partition); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			next = record.Offset + 1
			if record.Attrs.IsControl() || (!follow && record.Offset >= r.ends[partition]) {
				continue
			}
			if more, err := visit(record); err != nil || !more {
				return err
			}
		}
		if err := pause(); err != nil {
			return err
		}
	}
	return nil
}

// failure returns the error that ends the reading.
func (r *reader) failure(ctx context.Context, fetches kgo.Fetches, partition int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := fetches.Err(); err != nil {
		return fmt.Errorf("kafka: read %v: %w", broker.Position{Stream: r.topic, Partition: partition, Offset: -1}, err)
	}
	return nil
}

// recordOf returns a record as the broker contract has it. It returns false for a record that is passed over.
func recordOf(r *kgo.Record, tombstones Tombstones) (record broker.Record, ok bool) {
	record = broker.Record{Offset: r.Offset, Value: r.Value, Key: r.Key, Time: r.Timestamp}
	for _, h := range r.Headers {
		record.Headers = append(record.Headers, broker.Header{Key: h.Key, Value: h.Value})
	}
	if !record.HasValue() && tombstones != nil {
		record.Value = tombstones(r.Key)
	}
	return record, record.HasValue()
}

// A Head is the beginning of a partition.
type Head struct {
	Records []broker.Record
	// Whole says that these are all records up to the current end, or up to an end-of-stream mark.
	Whole bool
	// Start is the offset of the oldest record of the partition, and End the one behind the last committed record.
	Start, End int64
	// Withheld is about how many records lie behind End, in or behind a transaction that is still open.
	Withheld int64
}

// A From says where to begin in a partition. The zero value is its beginning.
type From struct {
	Offset int64
	// BehindMark passes over all records up to the next end-of-stream mark, and the mark.
	BehindMark bool
}

// Heads returns up to n records of each partition of a topic, from where from says for it, or from the beginning
// where from is nil. It belongs to no group and commits nothing.
func (c *Cluster) Heads(ctx context.Context, topic string, from []From, n int, tombstones Tombstones) ([]Head, error) {
	r, err := c.openReader(ctx, topic)
	if err != nil {
		return nil, err
	}
	defer r.close()
	heads := make([]Head, len(r.ends))
	for p := range heads {
		heads[p] = Head{Whole: true, Start: r.starts[p], End: r.ends[p],
			Withheld: max(0, r.written[p]-r.ends[p])}
		start := From{}
		if from != nil && p < len(from) {
			start = from[p]
		}
		err := r.each(ctx, p, start.Offset, false, func(record *kgo.Record) (bool, error) {
			if start.BehindMark {
				start.BehindMark = !endmark.Is(record.Value)
				return true, nil
			}
			if endmark.Is(record.Value) {
				return false, nil
			}
			head, ok := recordOf(record, tombstones)
			switch {
			case !ok:
				return true, nil
			case len(heads[p].Records) == n:
				heads[p].Whole = false
				return false, nil
			}
			heads[p].Records = append(heads[p].Records, head)
			return true, nil
		}, func() error { return nil })
		if err != nil {
			return nil, err
		}
	}
	return heads, nil
}
