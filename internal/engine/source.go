package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// maxBacklog is how many chunks a node may be behind another one that shares its source.
const maxBacklog = 64

// A source reads a stream ahead of the join, in a goroutine of its own: for one node, or for several that read the
// same one and whose elements can be copied. These are read and decoded once.
//
// Chunks reach a node decoded or not: the source offers each batch to the run's decoders, decodes it itself if the
// nodes are behind, and leaves it to them otherwise: who decodes what it needs next has it at hand. So whoever would
// wait for the other has decoding to do.
type source struct {
	input    broker.Input
	feeds    []*feed
	decoding chan<- *batch
	// start runs another source.
	start func(*source)
	// room signals that a node has received a chunk, so that there is room for another.
	room chan struct{}

	reader broker.Reader
	// isOpen says that the reader was opened.
	isOpen atomic.Bool
	// recycler is the reader, if it is one, and values where it may use the memory of values again, too.
	recycler broker.Recycler
	values   broker.ValueRecycler
	// lagger is the reader while it is open, where it is one.
	lagger atomic.Pointer[broker.Lagger]
}

// newSource returns a source for feeds that are at the same offset.
func newSource(input broker.Input, decoding chan<- *batch, start func(*source), feeds ...*feed) *source {
	s := &source{input: input, feeds: feeds, decoding: decoding, start: start, room: make(chan struct{}, 1)}
	for _, f := range feeds {
		f.source.Store(s)
	}
	return s
}

// shared divides feeds into those that can share a source.
func shared(feeds []*feed) [][]*feed {
	var groups [][]*feed
	for _, f := range feeds {
		i := slices.IndexFunc(groups, func(g []*feed) bool {
			return g[0].from == f.from && g[0].stream.CanCopyTo(f.stream)
		})
		if i < 0 {
			groups = append(groups, []*feed{f})
			continue
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// run feeds the nodes until the stream ends or breaks, which the last chunk says, or ctx ends.
func (s *source) run(ctx context.Context) {
	defer func() {
		if exited := goexit(); exited != nil {
			s.finish(ctx, 0, fmt.Errorf("reading or decoding %w", exited))
		}
	}()
	behind, err := s.read(ctx)
	s.finish(ctx, behind, err)
}

// finish sends the nodes a last chunk that says what has ended the stream.
func (s *source) finish(ctx context.Context, behind int64, err error) {
	if ctx.Err() != nil {
		return
	}
	for _, f := range s.feeds {
		f.backlog = append(f.backlog, &chunk{end: err, behind: behind})
	}
	for s.flush() {
		if !s.wait(ctx) {
			return
		}
	}
}

// read feeds the nodes and returns what the stream has ended with: io.EOF and the offset behind the mark, or why it
// broke.
func (s *source) read(ctx context.Context) (behind int64, err error) {
	first := s.feeds[0]
	if s.reader, err = s.input.Reader(ctx, first.node, first.partition, first.from); err != nil {
		return 0, err
	}
	defer func() {
		if failed := s.reader.Close(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	s.isOpen.Store(true)
	s.recycler, _ = s.reader.(broker.Recycler)
	if !slices.ContainsFunc(s.feeds, (*feed).keepsValues) {
		s.values, _ = s.reader.(broker.ValueRecycler)
	}
	if lagger, ok := s.reader.(broker.Lagger); ok {
		s.lagger.Store(&lagger)
		defer s.lagger.Store(nil)
	}
	for {
		records, err := s.reader.Read(ctx)
		for ; len(records) > chunkSize; records = records[chunkSize:] {
			if !s.offer(ctx, records[:chunkSize:chunkSize]) {
				return 0, ctx.Err()
			}
		}
		if len(records) > 0 && !s.offer(ctx, records) {
			return 0, ctx.Err()
		}
		if err != nil {
			return s.reader.Next(), err
		}
	}
}

// offer makes a batch of records for the nodes, and returns when it is time to read on: when there is nothing left
// that a node has no room for, or another node has nothing left.
func (s *source) offer(ctx context.Context, records []broker.Record) bool {
	s.reclaim()
	b := &batch{source: s, records: records, chunks: make([]*chunk, len(s.feeds))}
	b.used.Store(int32(len(s.feeds)))
	for i, f := range s.feeds {
		b.chunks[i] = f.chunk(b)
		f.backlog = append(f.backlog, b.chunks[i])
	}
	select {
	case s.decoding <- b:
	default:
	}
	for s.flush() {
		if s.starving() {
			s.split()
			return true
		}
		b.decode() // instead of waiting
		if s.flush() && !s.starving() && !s.wait(ctx) {
			return false
		}
	}
	return true
}

// flush sends what there is room for. It reports whether there is more.
func (s *source) flush() (more bool) {
	for _, f := range s.feeds {
		f.flush()
		more = more || len(f.backlog) > 0
	}
	return more
}

// starving reports whether a node may be waiting for more.
func (s *source) starving() bool {
	return slices.ContainsFunc(s.feeds, func(f *feed) bool { return len(f.chunks) == 0 })
}

// wait waits until a node has received a chunk; false if ctx ends before.
func (s *source) wait(ctx context.Context) bool {
	select {
	case <-s.room:
		return true
	case <-ctx.Done():
		return false
	}
}

// split gives sources of their own to nodes that are too far behind.
func (s *source) split() {
	s.feeds = slices.DeleteFunc(s.feeds, func(f *feed) bool {
		if len(f.backlog) < maxBacklog {
			return false
		}
		f.from = f.backlog[0].records[0].Offset
		f.backlog = nil
		s.start(newSource(s.input, s.decoding, s.start, f))
		return true
	})
}

// reclaim uses the chunks again that the nodes have returned.
func (s *source) reclaim() {
	for _, f := range s.feeds {
		for range len(f.returned) {
			c := <-f.returned
			if len(f.slabs) < maxReturned {
				f.slabs = append(f.slabs, c.slab)
			}
			if b := c.batch; b.used.Add(-1) == 0 && b.source == s {
				s.recycle(b)
			}
		}
	}
}

// recycle gives the records of a batch back to the reader. What is wrong with a value may refer to it.
func (s *source) recycle(b *batch) {
	switch {
	case s.recycler == nil:
	case s.values != nil && !slices.ContainsFunc(b.chunks, func(c *chunk) bool { return c.flaws != nil }):
		s.values.RecycleValues(b.records)
	default:
		s.recycler.Recycle(b.records)
	}
}
