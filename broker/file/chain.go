package file

import (
	"context"
	"fmt"
	"io"

	"github.com/leat-go/leat/broker"
)

// A chain reads several files, one behind the other. It implements [broker.ValueRecycler].
type chain struct {
	of *nodeParts
	// at is the file that is read, by inner, which is nil before it is opened, and from the offset in it where that begins.
	at     int
	inner  broker.Reader
	from   int64
	within *broker.Within
	next   int64
	ended  bool
}

func (n *nodeParts) reader(from int64) (broker.Reader, error) {
	first, _ := n.at(from)
	if err := n.openFrom(first); err != nil {
		return nil, err
	}
	at, within := n.at(from) // of tables more is known now
	c := &chain{of: n, at: at, from: from - within.First, next: from}
	for i := range at {
		n.input.leaveOut(n.all[i].info.Size())
	}
	return c, nil
}

// Read implements [broker.Reader].
func (c *chain) Read(ctx context.Context) ([]broker.Record, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if c.ended {
			return nil, io.EOF
		}
		if c.inner == nil {
			if err := c.open(); err != nil {
				return nil, err
			}
		}
		records, err := c.inner.Read(ctx)
		if len(records) > 0 {
			c.moveOn(records)
			return records, nil
		}
		if err != io.EOF {
			return nil, err
		}
		if err := c.end(); err != nil {
			return nil, err
		}
	}
}

// moveOn makes offsets in a file those in the stream.
func (c *chain) moveOn(records []broker.Record) {
	var before, moved broker.Rows
	for i := range records {
		r := &records[i]
		r.Offset += c.within.First
		r.In = c.within
		if r.Rows == nil {
			continue
		}
		if r.Rows != before {
			before, moved = r.Rows, movedRows{r.Rows, c.within.First}
		}
		r.Rows = moved
	}
	c.next = records[len(records)-1].Offset + 1
}

// movedRows are those of a file in a stream of several.
type movedRows struct {
	broker.Rows
	first int64
}

func (m movedRows) Decode(offset int64, element any) error {
	return m.Rows.Decode(offset-m.first, element)
}

// DecodeAll implements [broker.BulkRows].
func (m movedRows) DecodeAll(offset int64, elements []any) (n int) {
	if bulk, ok := m.Rows.(broker.BulkRows); ok {
		n = bulk.DecodeAll(offset-m.first, elements)
	}
	return n
}

func (m movedRows) Value(offset int64) ([]byte, error) { return m.Rows.Value(offset - m.first) }

// open opens the file at hand.
func (c *chain) open() error {
	n := c.of
	opened, err := n.open(c.at)
	if err == nil {
		err = n.check(c.at, false)
	}
	if err != nil {
		return err
	}
	s := *opened
	if n.kept != nil && n.keptIn == c.at {
		s.kept = n.kept
	}
	c.within = n.within(c.at)
	if s.layout == table {
		c.inner = s.tables.reader(n.input, &s, c.from)
		return nil
	}
	r := n.input.readerOf(&s, c.from)
	if r.start.Byte > 0 {
		n.input.leaveOut(r.start.Byte)
	}
	c.inner = r
	return nil
}

// end goes on to the next file.
func (c *chain) end() error {
	n := c.of
	if err := n.check(c.at, true); err != nil {
		return err
	}
	count := c.inner.Next()
	if r, ok := c.inner.(*reader); ok {
		count = r.framer.index
	}
	c.next = max(c.next, c.within.First+count)
	if c.at == len(n.opened)-1 {
		c.ended = true
		return nil
	}
	n.endsAt(c.at, count)
	err := c.inner.Close()
	c.inner, c.from = nil, max(0, c.from-count)
	c.at++
	return err
}

// Recycle implements [broker.Recycler].
func (c *chain) Recycle(records []broker.Record) {
	if recycler, ok := c.inner.(broker.Recycler); ok && c.moveBack(records) {
		recycler.Recycle(records)
	}
}

// RecycleValues implements [broker.ValueRecycler].
func (c *chain) RecycleValues(records []broker.Record) {
	recycler, ok := c.inner.(broker.ValueRecycler)
	if !ok {
		c.Recycle(records)
	} else if c.moveBack(records) {
		recycler.RecycleValues(records)
	}
}

// moveBack makes offsets in the stream those in the file at hand; false where the records lie in one before.
func (c *chain) moveBack(records []broker.Record) bool {
	if len(records) == 0 || records[0].In != c.within {
		return false
	}
	for i := range records {
		records[i].Offset -= c.within.First
		records[i].In = nil
		if moved, ok := records[i].Rows.(movedRows); ok {
			records[i].Rows = moved.Rows
		}
	}
	return true
}

// Next implements [broker.Reader].
func (c *chain) Next() int64 { return c.next }

// End implements [broker.Lagger]: where all files are tables, or were read, it is known.
func (c *chain) End() int64 {
	n, last := c.of, len(c.of.opened)-1
	s, within := n.opened[last], n.within(last)
	if s == nil || within == nil || s.layout != table || s.mark.Rows < 0 {
		return -1
	}
	return within.First + s.mark.Rows
}

// Close implements [broker.Reader].
func (c *chain) Close() error {
	if c.inner == nil {
		return nil
	}
	err := c.inner.Close()
	c.inner, c.ended = nil, true
	return err
}

// pass passes over what a session had of files that it ended before: to the end of those, and up to so many bytes of the
// last one. It returns the offset behind.
func (n *nodeParts) pass(ctx context.Context, offset int64, last int, bytes int64) (int64, error) {
	at, within := n.at(offset)
	local := offset - within.First
	for ; ; at++ {
		s, err := n.open(at)
		if err != nil {
			return 0, err
		}
		end := int64(0)
		if at == last {
			end = bytes
		}
		count := s.mark.Rows
		switch {
		case at == last && bytes == 0:
			count = 0
		case s.layout != table:
			if count, err = n.input.passFile(ctx, s, local, end); err != nil {
				return 0, err
			}
		case at == last && bytes != s.mark.Bytes:
			return 0, fmt.Errorf("%w: %s had %d bytes, and has now %d", errChanged, s.name, bytes, s.mark.Bytes)
		}
		if at == last {
			return n.within(at).First + count, nil
		}
		n.endsAt(at, count)
		local = 0
	}
}
