package engine

import (
	"context"
	"errors"
	"io"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// chunkSize bounds the elements that are decoded at a time.
const chunkSize = 512

// A chunk is a run of decoded elements on its way from a feed to its node. The last chunk of a feed has an end.
type chunk struct {
	values  []any
	records []broker.Record
	// failed holds the errors of the records that couldn't be decoded, by their index; nil for most chunks.
	failed map[int]error
	// end is io.EOF at an end-of-stream mark, and the error that broke the stream otherwise; nil if more chunks follow.
	end error
	// behind is the offset behind the mark.
	behind int64
}

// A feed reads and decodes the stream of one node ahead of the join, in a goroutine of its own. It is ahead by one chunk
// in the channel and one in its hands.
type feed struct {
	input     broker.Input
	node      int
	partition int
	stream    broker.Stream
	decode    codec.Decode
	keepValue bool
	chunks    chan chunk
}

// run feeds until the stream ends or breaks, which it tells by the last chunk, or ctx ends.
func (f *feed) run(ctx context.Context, from int64) {
	err := f.feed(ctx, from)
	if err != nil && ctx.Err() == nil {
		f.send(ctx, chunk{end: err})
	}
}

func (f *feed) feed(ctx context.Context, from int64) (err error) {
	reader, err := f.input.Reader(ctx, f.node, f.partition, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		records, err := reader.Read(ctx)
		for len(records) > 0 {
			n := min(len(records), chunkSize)
			if !f.send(ctx, f.chunk(records[:n:n])) {
				return nil
			}
			records = records[n:]
		}
		if errors.Is(err, io.EOF) {
			f.send(ctx, chunk{end: io.EOF, behind: reader.Next()})
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (f *feed) chunk(records []broker.Record) chunk {
	c := chunk{values: make([]any, len(records)), records: records}
	f.stream.Allocate(c.values)
	for i := range records {
		r := &records[i]
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
	return c
}

func (f *feed) send(ctx context.Context, c chunk) bool {
	select {
	case f.chunks <- c:
		return true
	case <-ctx.Done():
		return false
	}
}
