package engine

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// feedAhead is how many chunks a feed is ahead of its node, besides the one in its hands.
const feedAhead = 4

// A feed reads the stream of one node ahead of the join, in a goroutine of its own. Chunks reach the node in order, decoded
// or not: the feed offers each to the run's decoders, decodes it itself if the node is behind, and leaves it to the node
// otherwise. So whoever waits for the other has decoding to do, and one core does without waiting at all.
type feed struct {
	input     broker.Input
	node      int
	partition int
	stream    broker.Stream
	decode    codec.Decode
	keepValue bool
	// copied is Node.Copied.
	copied bool
	chunks chan *chunk
	// decoding is where the run's decoders take chunks from.
	decoding chan *chunk
	// spent takes chunks back whose records nobody refers to any more.
	spent chan *chunk
	// lagger is the reader while it is open, where it is one.
	lagger atomic.Pointer[broker.Lagger]
}

// run feeds until the stream ends or breaks, which it tells by the last chunk, or ctx ends.
func (f *feed) run(ctx context.Context, from int64) {
	err := f.feed(ctx, from)
	if err != nil && ctx.Err() == nil {
		f.send(ctx, &chunk{end: err})
	}
}

func (f *feed) feed(ctx context.Context, from int64) (err error) {
	reader, err := f.input.Reader(ctx, f.node, f.partition, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	if lagger, ok := reader.(broker.Lagger); ok {
		f.lagger.Store(&lagger)
		defer f.lagger.Store(nil)
	}
	for {
		records, err := reader.Read(ctx)
		for ; len(records) > chunkSize; records = records[chunkSize:] {
			if !f.offer(ctx, f.chunk(records[:chunkSize:chunkSize], reader)) {
				return nil
			}
		}
		if len(records) > 0 && !f.offer(ctx, f.chunk(records, reader)) {
			return nil
		}
		if errors.Is(err, io.EOF) {
			f.send(ctx, &chunk{end: io.EOF, behind: reader.Next()})
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// end returns the offset behind the last record of the partition; -1 where it isn't known. It is safe for concurrent use.
func (f *feed) end() int64 {
	if lagger := f.lagger.Load(); lagger != nil {
		return (*lagger).End()
	}
	return -1
}

// chunk returns a chunk of records, made of one that is spent if there is one. Its records go back to the reader.
func (f *feed) chunk(records []broker.Record, reader broker.Reader) *chunk {
	c := &chunk{records: records, feed: f}
	select {
	case spent := <-f.spent:
		if recycler, ok := reader.(broker.Recycler); ok {
			recycler.Recycle(spent.records)
		}
		if f.copied {
			c.room = spent.room
		}
	default:
	}
	return c
}

// offer sends a chunk to the node, and decodes it before if the node is behind.
func (f *feed) offer(ctx context.Context, c *chunk) bool {
	select {
	case f.decoding <- c:
	default:
	}
	select {
	case f.chunks <- c:
		return true
	default:
		c.decode()
		return f.send(ctx, c)
	}
}

func (f *feed) send(ctx context.Context, c *chunk) bool {
	select {
	case f.chunks <- c:
		return true
	case <-ctx.Done():
		return false
	}
}

// giveBack takes back a chunk whose records nobody refers to any more. It is for the node to call.
func (f *feed) giveBack(c *chunk) {
	select {
	case f.spent <- c:
	default: // there are enough
	}
}

// decodeChunks decodes what comes until ctx ends. The run has as many decoders as there are cores that neither the join
// nor a feed keeps busy.
func decodeChunks(ctx context.Context, chunks <-chan *chunk) {
	for {
		select {
		case c := <-chunks:
			c.decode()
		case <-ctx.Done():
			return
		}
	}
}
