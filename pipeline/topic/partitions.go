package topic

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/endmark"
)

// Partitions reads the committed records of a topic from any offset, as they were when it was opened. It belongs to
// no group and commits nothing. It is used by one goroutine at a time, and must be closed.
type Partitions struct {
	reader     *reader
	tombstones Tombstones
}

// Tombstones returns the value that stands for a record without one, by its key. A nil Tombstones passes over such
// records.
type Tombstones func(key []byte) (value []byte)

// Open gives access to the partitions of a topic.
func (c *Cluster) Open(ctx context.Context, topic string, tombstones Tombstones) (*Partitions, error) {
	r, err := c.openReader(ctx, topic)
	if err != nil {
		return nil, err
	}
	return &Partitions{r, tombstones}, nil
}

// Count returns how many partitions there are.
func (p *Partitions) Count() int { return len(p.reader.ends) }

// Bounds returns the offset of a partition's oldest record, and the one behind its last committed record.
func (p *Partitions) Bounds(partition int) (start, end int64) {
	return p.reader.starts[partition], p.reader.ends[partition]
}

// Each calls visit for the records of a partition whose offset is from or more, in order, until visit returns false
// or there are no more. mark says that a record is an end-of-stream mark. Records without a value have the one that
// Tombstones gives them, and are passed over where it gives none.
func (p *Partitions) Each(
	ctx context.Context, partition int, from int64, visit func(record broker.Record, mark bool) (bool, error),
) error {
	return p.reader.each(ctx, partition, from, false, func(r *kgo.Record) (bool, error) {
		record, ok := recordOf(r, p.tombstones)
		if !ok {
			return true, nil
		}
		return visit(record, endmark.Is(r.Value))
	}, func() error { return nil })
}

// Close ends the connections.
func (p *Partitions) Close() { p.reader.close() }
