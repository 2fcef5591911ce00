package engine

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// chunkSize bounds the elements that a source sends to a node at a time.
const chunkSize = 512

// A chunk is a run of elements on its way to a node. The last chunk of a node has an end.
type chunk struct {
	records []broker.Record
	// end is io.EOF at an end-of-stream mark, and the error that broke the stream otherwise; nil if more chunks follow.
	end error
	// behind is the offset behind the mark.
	behind int64

	// values are there when the chunk is decoded, and flaws says which of them are none: by the records' indexes, the
	// error of one that couldn't be decoded, and errNoValue or errFiltered for one that is passed over. It is nil for most
	// chunks.
	values []any
	flaws  []error

	// isDense says that the offsets of the records follow one another, from first on.
	isDense bool
	first   int64

	// batch decodes the chunk; nil where there is nothing to decode.
	batch *batch
	feed  *feed
	// slab is the memory of values: new, or that of a chunk before, with its elements.
	slab []any
}

// errNoValue says that a record has no value, and that its stream takes no element for that.
var errNoValue = errors.New("no value")

// errFiltered says that an element was left out of its stream by Node.Where.
var errFiltered = errors.New("filtered")

// flaw says why a record has no element.
func (c *chunk) flaw(i int, err error) {
	if c.flaws == nil {
		c.flaws = make([]error, len(c.records))
	}
	c.flaws[i] = err
}

// flawOf says why a record has no element; nil where it has one.
func (c *chunk) flawOf(i int) error {
	if c.flaws == nil {
		return nil
	}
	return c.flaws[i]
}

// offset returns the offset of a record. Where they follow one another it needs no look at the record, which would have to be
// fetched from far.
func (c *chunk) offset(i int) int64 {
	if c.isDense {
		return c.first + int64(i)
	}
	return c.records[i].Offset
}

// last returns the offset of the last record.
func (c *chunk) last() int64 { return c.records[len(c.records)-1].Offset }

// decode returns when the chunk is decoded, or can't be. It is safe for concurrent use: the first caller decodes it.
func (c *chunk) decode() error {
	if c.batch == nil {
		return nil
	}
	c.batch.decode()
	return c.batch.broken
}

// makeValues makes elements for the records, with zero all of them zero. They lie side by side. Where they can't be used again,
// the list of them can.
func (c *chunk) makeValues(zero bool) {
	n, isNew := len(c.records), false
	if n > cap(c.slab) {
		c.slab, isNew = make([]any, 1<<bits.Len(uint(n-1))), true
	}
	c.values = c.slab[:n]
	switch {
	case !c.feed.copied:
		c.feed.stream.Allocate(c.values)
	case isNew:
		c.feed.stream.Allocate(c.slab)
	case zero:
		c.feed.stream.Clear(c.values)
	}
}

// A batch is what a source has read at a time. It is decoded once, however many nodes read the stream.
type batch struct {
	source  *source
	records []broker.Record
	// chunks has one for each node.
	chunks []*chunk
	// sizes are those of the records' values, where a feed wants them: decoding takes the values away.
	sizes []int
	// used is how many of them were not returned.
	used atomic.Int32
	once sync.Once
	// broken says that a codec has ended the goroutine that decoded, so that not all of it is.
	broken error
}

// decode decodes the records unless that is done.
func (b *batch) decode() { b.once.Do(b.decodeAll) }

func (b *batch) decodeAll() {
	first := b.chunks[0]
	if slices.ContainsFunc(b.chunks, func(c *chunk) bool { return c.feed.measured }) {
		b.sizes = make([]int, len(b.records))
		for i := range b.records {
			b.sizes[i] = len(b.records[i].Value)
		}
	}
	first.makeValues(true)
	for i := 0; i < len(b.records); {
		i = b.decodeFrom(i)
	}
	for _, c := range b.chunks[1:] {
		c.makeValues(false)
		c.feed.stream.Copy(c.values, first.values)
		c.flaws = slices.Clone(first.flaws)
	}
	for _, c := range b.chunks {
		if c.feed.cameIn != nil {
			c.feed.cameIn(c.values, c.records, c.feed.partition)
		}
		if c.feed.where != nil && b.broken == nil {
			c.filter()
		}
	}
}

// decodeFrom decodes the records from an index on, and returns the index behind the last one: that of a record that
// can't be decoded may be it.
func (b *batch) decodeFrom(i int) (next int) {
	first := b.chunks[0]
	f := first.feed
	fail := func(err error) { first.flaw(i, b.records[i].DecodeError(f.stream.Name, f.partition, err)) }
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
	limit, together := f.stream.ElementLimit(), 0
	for ; i < len(b.records); i++ {
		r := &b.records[i]
		if r.Rows != nil {
			if i, together = first.decodeRows(i, together); i == together {
				i--
			} else if err := first.decodeRow(i); err != nil {
				fail(err)
			}
			continue
		}
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

// decodeRows decodes records from an index on that have Rows in common and lie one behind the other, as far as these decode
// several at a time. It returns the index of the first that it hasn't decoded, and where such records end, which may be known.
func (c *chunk) decodeRows(i, known int) (next, end int) {
	records := c.records
	rows, offset := records[i].Rows, records[i].StoredOffset()
	bulk, ok := rows.(broker.BulkRows)
	if !ok || c.feed.keepValue {
		return i, i + 1
	}
	if end = known; end <= i {
		end = i + 1
		for end < len(records) && records[end].Rows == rows && records[end].StoredOffset()-offset == int64(end-i) {
			end++
		}
	}
	next = i + bulk.DecodeAll(offset, c.values[i:end])
	for ; i < next; i++ {
		records[i].Rows = nil
	}
	return next, end
}

// decodeRow decodes a record that the storage decodes itself.
func (c *chunk) decodeRow(i int) error {
	r := &c.records[i]
	rows := r.Rows
	r.Rows = nil
	if err := rows.Decode(r.StoredOffset(), c.values[i]); err != nil || !c.feed.keepValue {
		return err
	}
	var err error
	r.Value, err = rows.Value(r.StoredOffset())
	return err
}

// decodeTombstone decodes the key of a record without a value, or notes that it is passed over.
func (c *chunk) decodeTombstone(i int) error {
	if c.feed.decodeKey == nil {
		c.flaw(i, errNoValue)
		return nil
	}
	return c.feed.decodeKey(c.records[i].Key, c.values[i])
}

// filter notes which elements are left out of the stream. What can't be told of an element is a flaw of it, too.
func (c *chunk) filter() {
	f, i := c.feed, 0
	defer func() {
		if i < len(c.records) {
			c.batch.broken = c.records[i].DecodeError(f.stream.Name, f.partition, goexit())
		}
	}()
	for ; i < len(c.records); i++ {
		if c.flawOf(i) != nil {
			continue
		}
		switch takesPart, err := f.where(c.values[i]); {
		case err != nil:
			at := c.records[i].At(f.stream.Name, f.partition)
			c.flaw(i, &broker.PositionError{Position: at, Err: fmt.Errorf("where: %w", err)})
		case !takesPart:
			c.flaw(i, errFiltered)
		}
	}
}

// decodeBatches decodes what comes until the channel is closed. The run has as many decoders as there are cores that
// neither the join nor a source keeps busy.
func decodeBatches(batches <-chan *batch) {
	for b := range batches {
		b.decode()
	}
}
