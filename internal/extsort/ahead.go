package extsort

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
)

// This file writes elements that are nearly in order as they come, in the hope that nothing comes any more that belongs before
// them: then they are written once and never read, and few of them are in memory. A chunk is small for that. When it is full, its
// lower three quarters are written. It grows where elements still come that are below those, or that have come too late; once it
// has grown to half of the memory, the elements are in no such order, and the next ones go to runs. What was written is then, in
// the end, a run that comes before all others:
//
//	pushed    2 1 4 3 | 6 5 7 | 8 10 9 | 3
//	ahead     1 2 3     4 5 6   7 8 9       what was written when the chunk was full
//	memory    4         7       10          3 10: the 3 is displaced, and all are merged

const (
	// firstWindow is how large a chunk is at first whose lower part is written ahead: many elements, which are still found in a
	// processor's cache.
	firstWindow = 4 << 20
	// samples is how many of the last elements are looked at to know whether others like them will come below those written: one
	// in so many may have done so.
	samples, mostLate = 64, 16
)

// ahead are the elements that were written ahead.
type ahead struct {
	put func(value []byte) error
	// closed says that no others are: elements have gone to a run that would have to be written before them.
	closed bool
	// keys holds the key of each, and the length of its value; nil before the first.
	keys   *runs
	writer *runWriter
	source source // nil before they are read
}

// hasWritten reports whether there are any.
func (a *ahead) hasWritten() bool { return a.keys != nil }

// release makes room in a chunk that is full, by writing some of it ahead or by letting it grow; false where that is at its end.
func (s *Sorter) release(ctx context.Context) (bool, error) {
	c, a := &s.chunk, &s.ahead
	if a.put == nil || a.closed {
		return false, nil
	}
	last := c.lastOnes()
	if err := c.sort(ctx); err != nil {
		return false, err
	}
	from, to := s.behind(), len(c.entries)/4*3
	if to-from > len(c.entries)/2 && c.countBelow(last, &c.entries[to])*mostLate <= len(last) {
		if err := s.writeAhead(from, to); err != nil {
			return false, err
		}
		c.drop(from, to)
		return true, nil
	}
	// While a chunk is dropped from, what stays is there twice.
	if c.limit = min(2*c.limit, s.memory); c.limit > s.memory/2 {
		c.limit, a.closed = s.memory, true
	}
	return true, nil
}

// behind returns how many elements of the chunk, which is sorted, belong before some of those that were written ahead.
func (s *Sorter) behind() int {
	if !s.ahead.hasWritten() {
		return 0
	}
	return s.chunk.below(s.ahead.keys.lastKey)
}

// writeAhead writes elements of the chunk, and notes their keys.
func (s *Sorter) writeAhead(from, to int) error {
	a := &s.ahead
	if a.keys == nil {
		file, err := s.create(s.dir)
		if err != nil {
			return diskError(s.dir, err)
		}
		a.keys = newRuns(file)
		a.writer = a.keys.begin(false)
	}
	elements := &chunkSource{chunk: &s.chunk, at: from}
	var length []byte
	for range to - from {
		_, _ = elements.next() // there is one
		e := *elements.head()
		if err := a.put(e.value); err != nil {
			return err
		}
		length = binary.AppendUvarint(length[:0], uint64(len(e.value)))
		e.value = length
		if err := a.writer.add(&e); err != nil {
			return diskError(s.dir, err)
		}
	}
	return diskError(s.dir, a.writer.flush())
}

// finish writes the rest ahead, if all of it belongs behind what was written so.
func (s *Sorter) finish() error {
	if s.behind() > 0 || s.runs != nil {
		return diskError(s.dir, s.ahead.writer.end())
	}
	elements := &chunkSource{chunk: &s.chunk}
	for {
		if ok, _ := elements.next(); !ok {
			s.chunk.reset()
			return nil
		}
		if err := s.ahead.put(elements.head().value); err != nil {
			return err
		}
	}
}

// Displaced reports, behind Sort, whether some elements belong before others that were written ahead. These must be given back
// then by [Sorter.Merge].
func (s *Sorter) Displaced() bool {
	return s.ahead.hasWritten() && (s.runs != nil || len(s.chunk.entries) > 0)
}

// Merge gives back what was written ahead: the first element begins at a byte, and so many bytes are between two of them. Next
// returns all elements then.
func (s *Sorter) Merge(ctx context.Context, written io.ReaderAt, first, between int64) error {
	const toTheEnd = 1 << 62
	keys := s.ahead.keys
	s.ahead.source = &aheadSource{
		keys:    keys.sources(keys.spans, writeBuffer)[0],
		values:  bufio.NewReaderSize(io.NewSectionReader(written, first, toTheEnd), writeBuffer),
		between: int(between),
	}
	return s.merge(ctx)
}

// An aheadSource reads the elements that were written ahead.
type aheadSource struct {
	keys    source
	values  *bufio.Reader
	between int
	begun   bool
	now     head
}

func (s *aheadSource) head() *head { return &s.now }

func (s *aheadSource) next() (bool, error) {
	if ok, err := s.keys.next(); !ok || err != nil {
		return false, err
	}
	value := s.now.value
	s.now = *s.keys.head()
	size, n := binary.Uvarint(s.now.value)
	if n <= 0 {
		return false, errCutOff
	}
	if s.begun {
		if _, err := s.values.Discard(s.between); err != nil {
			return false, errCutOff
		}
	}
	s.begun = true
	if uint64(cap(value)) < size {
		value = make([]byte, size)
	}
	s.now.value = value[:size]
	if _, err := io.ReadFull(s.values, s.now.value); err != nil {
		return false, errCutOff
	}
	return true, nil
}

// lastOnes returns some of the elements that came last.
func (c *chunk) lastOnes() (last []entry) {
	n := len(c.entries)
	step := max(n/8/samples, 1)
	for i := n - 1; i >= n-n/8 && len(last) < samples; i -= step {
		last = append(last, c.entries[i])
	}
	return last
}

// countBelow returns how many of some entries are below another one.
func (c *chunk) countBelow(entries []entry, other *entry) (n int) {
	for i := range entries {
		if c.less(&entries[i], other) {
			n++
		}
	}
	return n
}

// below returns how many entries of the chunk, which is sorted, are below a key.
func (c *chunk) below(key []byte) int {
	other := head{size: uint32(len(key)), rest: key[min(len(key), inEntry):]}
	other.high, other.low = prefixOf(key)
	return search(len(c.entries), func(i int) bool {
		e := &c.entries[i]
		rest, _ := c.rest(e)
		return before(&head{high: e.high, low: e.low, size: e.key, rest: rest}, &other)
	})
}

// drop drops some entries, and moves what they leave behind together.
func (c *chunk) drop(from, to int) {
	blocks := c.blocks
	c.blocks, c.used = c.moved[:0], 0
	c.entries = append(c.entries[:from], c.entries[to:]...)
	for i := range c.entries {
		e := &c.entries[i]
		size := e.sizeInBlock()
		data := blocks[e.block][e.offset : e.offset+size]
		block := c.room(int(size))
		e.block, e.offset = uint32(len(c.blocks)-1), uint32(len(block))
		c.blocks[e.block] = append(block, data...)
		c.used += int64(size) + entrySize
	}
	c.recycle(blocks)
	c.moved = blocks[:0]
}

// sizeInBlock returns how many bytes of an element lie in its block.
func (e *entry) sizeInBlock() uint32 { return max(e.key, inEntry) - inEntry + e.value }
