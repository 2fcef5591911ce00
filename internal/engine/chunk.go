package engine

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// chunkSize bounds the elements that are handed over at a time.
const chunkSize = 512

// A chunk is a run of elements on its way to a node. The last chunk of a node has an end.
type chunk struct {
	records []broker.Record
	// end is io.EOF at an end-of-stream mark, and the error that broke the stream otherwise; nil if more chunks follow.
	end error
	// behind is the offset behind the mark.
	behind int64

	// values and failed are there when the chunk is decoded. failed holds the errors of the records that couldn't be, by
	// their index; nil for most chunks.
	values []any
	failed map[int]error
	// absent says which records have no value and are passed over; nil for most chunks.
	absent []bool

	// batch decodes the chunk; nil where there is nothing to decode.
	batch *batch
	feed  *feed
	// room holds elements of a chunk before, for values to use again.
	room []any
}

// last returns the offset of the last record.
func (c *chunk) last() int64 { return c.records[len(c.records)-1].Offset }

// decode returns when the chunk is decoded, or can't be. It is safe for concurrent use: whoever has time for it first decodes
// it.
func (c *chunk) decode() error {
	if c.batch == nil {
		return nil
	}
	c.batch.decode()
	return c.batch.broken
}

// makeValues makes elements for the records, zero ones if that is wanted. They lie side by side in one piece of memory,
// which is made larger than needed where it can be used again.
func (c *chunk) makeValues(zero bool) {
	n := len(c.records)
	if n > cap(c.room) {
		size := n
		if c.feed.copied {
			size = 1 << bits.Len(uint(n-1))
		}
		c.room = make([]any, size)
		c.feed.stream.Allocate(c.room)
		zero = false
	}
	c.values = c.room[:n]
	if zero {
		c.feed.stream.Clear(c.values)
	}
}

// A batch is what a source has read at a time. It is decoded once, however many nodes read the stream.
type batch struct {
	source  *source
	records []broker.Record
	// chunks has one for each node.
	chunks []*chunk
	// used is how many of them were not given back.
	used atomic.Int32
	once sync.Once
	// broken says that a codec has ended the goroutine that decoded, so that not all of it is.
	broken error
}

// decode decodes the records unless somebody has.
func (b *batch) decode() { b.once.Do(b.decodeAll) }

func (b *batch) decodeAll() {
	first := b.chunks[0]
	first.makeValues(true)
	for i := 0; i < len(b.records); {
		i = b.decodeFrom(i)
	}
	for _, c := range b.chunks[1:] {
		c.makeValues(false)
		c.feed.stream.Copy(c.values, first.values)
		c.failed, c.absent = first.failed, first.absent
	}
}

// decodeFrom decodes the records from an index on, and returns the index behind the last one: that of a record that can't be
// decoded may be it.
func (b *batch) decodeFrom(i int) (next int) {
	first := b.chunks[0]
	f := first.feed
	fail := func(err error) {
		if first.failed == nil {
			first.failed = map[int]error{}
		}
		first.failed[i] = b.records[i].DecodeError(f.stream.Name, f.partition, err)
	}
	defer func() {
		if i == len(b.records) {
			return
		}
		if value := recover(); value != nil {
			fail(newPanicError(value))
			next = i + 1
			return
		}
		b.broken = b.records[i].DecodeError(f.stream.Name, f.partition, goexit())
	}()
	limit := f.stream.ElementLimit()
	for ; i < len(b.records); i++ {
		r := &b.records[i]
		if !r.HasValue() {
			if err := first.decodeTombstone(i); err != nil {
				fail(err)
			}
			continue
		}
		if len(r.Value) > limit {
			fail(f.stream.TooLarge())
			continue
		}
		if err := f.decode(r.Value, first.values[i]); err != nil {
			fail(err)
			continue
		}
		if !f.keepValue {
			r.Value = nil
		}
	}
	return i
}

// decodeTombstone decodes the key of a record without a value, or notes that it is passed over.
func (c *chunk) decodeTombstone(i int) error {
	if c.feed.decodeKey == nil {
		if c.absent == nil {
			c.absent = make([]bool, len(c.records))
		}
		c.absent[i] = true
		return nil
	}
	return c.feed.decodeKey(c.records[i].Key, c.values[i])
}

// decodeBatches decodes what comes until the channel is closed. The run has as many decoders as there are cores that
// neither the join nor a source keeps busy.
func decodeBatches(batches <-chan *batch) {
	for b := range batches {
		b.decode()
	}
}
