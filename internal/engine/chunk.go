package engine

import (
	"math/bits"
	"sync"

	"github.com/leat-go/leat/broker"
)

// chunkSize bounds the elements that are handed over at a time.
const chunkSize = 512

// A chunk is a run of elements on its way from a feed to its node. The last chunk of a feed has an end.
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

	// feed says how to decode; nil where there is nothing to decode.
	feed *feed
	once sync.Once
	// room holds elements of a chunk before, for values to use again.
	room []any
}

// decode decodes the chunk unless somebody has; it returns when it is decoded. It is safe for concurrent use: whoever has
// time for it first does it.
func (c *chunk) decode() {
	if c.feed != nil {
		c.once.Do(c.decodeAll)
	}
}

func (c *chunk) decodeAll() {
	f := c.feed
	c.makeValues()
	for i := range c.records {
		r := &c.records[i]
		if err := f.decode(r.Value, c.values[i]); err != nil {
			if c.failed == nil {
				c.failed = map[int]error{}
			}
			c.failed[i] = r.DecodeError(f.stream.Name, f.partition, err)
			continue
		}
		if !f.keepValue {
			r.Value = nil
		}
	}
}

// makeValues makes zero elements for the records. They lie side by side in one piece of memory, which is made larger than
// needed where it can be used again.
func (c *chunk) makeValues() {
	n := len(c.records)
	if n <= cap(c.room) {
		c.values = c.room[:n]
		c.feed.stream.Clear(c.values)
		return
	}
	size := n
	if c.feed.copied {
		size = 1 << bits.Len(uint(n-1))
	}
	c.room = make([]any, size)
	c.feed.stream.Allocate(c.room)
	c.values = c.room[:n]
}

// last returns the offset of the last record.
func (c *chunk) last() int64 { return c.records[len(c.records)-1].Offset }
