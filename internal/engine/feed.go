package engine

import (
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// feedAhead is how many chunks may wait for a node.
const feedAhead = 4

// maxReturned is how many chunks may wait to be used again: a node returns all that it has held at a time.
const maxReturned = maxHeld + feedAhead

// A feed is where a node gets its chunks from, in order.
type feed struct {
	node      int
	partition int
	stream    broker.Stream
	decode    codec.Decode
	// decodeKey decodes the keys of records without a value; nil where they are passed over.
	decodeKey codec.Decode
	keepValue bool
	// where is Node.Where.
	where func(element any) (bool, error)
	// measured says that the records' sizes are asked for.
	measured bool
	// cameIn is Node.CameIn.
	cameIn func(elements []any, records []broker.Record, partition int)
	// copied is Node.Copied.
	copied bool
	// from is the offset that the source begins at.
	from   int64
	chunks chan *chunk
	// source is what fills chunks; nil before the task runs.
	source atomic.Pointer[source]
	// returned are chunks whose elements nobody refers to any more.
	returned chan *chunk

	// The rest is the source's. slabs are those of chunks that were returned, and backlog is what there is no room
	// for in chunks.
	slabs   [][]any
	backlog []*chunk
}

// signalRoom says that there is room for a chunk. It is for the node to call.
func (f *feed) signalRoom() {
	select {
	case f.source.Load().room <- struct{}{}:
	default: // the source hasn't read the last signal yet
	}
}

// giveBack returns a chunk whose elements nobody refers to any more. It is for the node to call.
func (f *feed) giveBack(c *chunk) {
	select {
	case f.returned <- c:
	default: // there are enough
	}
}

// end returns the offset behind the last record of the partition; -1 where it isn't known. It is safe for concurrent
// use.
func (f *feed) end() int64 {
	s := f.source.Load()
	if s == nil {
		return -1
	}
	if lagger := s.lagger.Load(); lagger != nil {
		return (*lagger).End()
	}
	return -1
}

// withheld returns which records of the partition can't be read yet, because of another's transaction. It is safe for
// concurrent use.
func (f *feed) withheld() (none broker.Withheld) {
	s := f.source.Load()
	if s == nil {
		return none
	}
	if lagger := s.lagger.Load(); lagger != nil {
		if w, ok := (*lagger).(broker.Withholder); ok {
			return w.Withheld()
		}
	}
	return none
}

// retained returns how much the storage holds back for the reader, and since when. It is safe for concurrent use.
func (f *feed) retained() (bytes int64, since time.Time) {
	s := f.source.Load()
	if s == nil {
		return 0, time.Time{}
	}
	if lagger := s.lagger.Load(); lagger != nil {
		if r, ok := (*lagger).(broker.Retainer); ok {
			return r.Retained()
		}
	}
	return 0, time.Time{}
}

// isOpen reports whether the feed's reader was opened.
func (f *feed) isOpen() bool {
	s := f.source.Load()
	return s != nil && s.isOpen.Load()
}

// keepsValues reports whether something refers to the values of records that were decoded.
func (f *feed) keepsValues() bool {
	copier, ok := f.stream.Codec.(codec.Copier)
	return f.keepValue || !ok || !copier.Copies(f.stream.Type)
}

// chunk returns a chunk of a batch.
func (f *feed) chunk(b *batch) *chunk {
	c := &chunk{batch: b, feed: f, records: b.records}
	if last := len(f.slabs) - 1; last >= 0 {
		c.slab, f.slabs = f.slabs[last], f.slabs[:last]
	}
	return c
}

// chunkOf returns a chunk of records that were decoded before, to decode them again.
func (f *feed) chunkOf(records []broker.Record) *chunk {
	c := &chunk{feed: f, records: records}
	c.batch = &batch{records: records, chunks: []*chunk{c}}
	return c
}

// flush moves what there is room for from the backlog to the node.
func (f *feed) flush() {
	for len(f.backlog) > 0 {
		select {
		case f.chunks <- f.backlog[0]:
			f.backlog[0] = nil
			f.backlog = f.backlog[1:]
		default:
			return
		}
	}
}
