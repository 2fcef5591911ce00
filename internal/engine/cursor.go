package engine

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/leat-go/leat/broker"
)

// maxHeld is how many chunks a cursor holds to give them back; those of a larger group are left to the garbage
// collector.
const maxHeld = 16

// keylessLimit is how many records in a row without all keys (tombstones, and elements with a null key) a restart
// reads again. Of keys 5, null, null a restart reads all three: it must know the 5 to find out that a 4 behind them
// is out of order (R7). Behind so many it goes without.
const keylessLimit = 512

// A cursor reads a node's stream in order, element by element, and knows from which position it must be read again.
//
// A record is read, and becomes next; it stays next while the parent's keys are below its own; then it is dealt with:
// it has become a candidate, or has a verdict.
type cursor struct {
	feed  *feed
	chunk *chunk
	// unread is the index in chunk of the record to be read next. Below plain all are elements that no run before has read.
	unread, plain int
	// held are the chunks before it, in order, whose elements may still be needed.
	held []*chunk
	// next is the element that was read last, as long as hasNext says that it isn't dealt with. It is a list, so that
	// a master can be handed over as it lies here.
	next    [1]Element
	hasNext bool
	// lacksKey says that a key of next, for the parent or a child, is null.
	lacksKey bool

	// ended says that the stream has ended for this session: at its end mark, or by the data timeout, where timedOut.
	ended, timedOut bool
	// behindMark is the offset behind the end mark, once that was read.
	behindMark int64
	// seen is the offset behind the last element that was read.
	seen int64
	// done is the position behind the last record that was dealt with, or the one that the run began at. It is never
	// behind the end mark: a run that dies before the end is committed must meet the mark again.
	done position
	// restart is the position that a restart begins at to know all keys before done: done itself, or, where the last
	// records lack keys, a position before those. keyless counts them.
	restart position
	keyless int
	// handsOver says that records without all keys may have been handed over: of a master's with a child that needs no
	// match. A restart doesn't hand them over again; dealtBefore is the offset below which a run before has dealt with
	// all.
	handsOver   bool
	dealtBefore int64

	// in is where the last record of the chunk at hand lies, and inBefore that of the chunk before, where a stream is
	// read from several places.
	in, inBefore *broker.Within

	rest rest
}

// hasUnread reports whether the chunk at hand has a record that wasn't read.
func (c *cursor) hasUnread() bool { return c.unread < len(c.chunk.records) }

// load has a chunk read next. The error is that which broke the stream.
func (c *cursor) load(chunk *chunk) error {
	c.chunk, c.unread, c.plain = chunk, 0, 0
	if last := len(chunk.records) - 1; last >= 0 {
		c.inBefore, c.in = c.in, chunk.records[last].In
		chunk.first = chunk.records[0].Offset
		chunk.isDense = chunk.last()-chunk.first == int64(last)
	}
	switch {
	case errors.Is(chunk.end, io.EOF):
		c.ended, c.behindMark = true, chunk.behind
	case errors.Is(chunk.end, broker.ErrDataTimeout):
		c.ended, c.timedOut = true, true
	default:
		return chunk.end
	}
	return nil
}

// across adds to what is wrong with the order of the record that was read last that the one before lies elsewhere.
func (c *cursor) across(err error) error {
	before := c.inBefore
	if c.unread > 1 {
		before = c.chunk.records[c.unread-2].In
	}
	if before == nil || before == c.last().In {
		return err
	}
	return fmt.Errorf("%w; the element before it lies in %s", err, before.Stream)
}

// last returns the record that was read last; nil where none of the chunk at hand was.
func (c *cursor) last() *broker.Record {
	if c.unread == 0 {
		return nil
	}
	return &c.chunk.records[c.unread-1]
}

// see notes that the record at an offset was read.
func (c *cursor) see(offset int64) { c.seen = max(c.seen, offset+1) }

// consume says that next is dealt with.
func (c *cursor) consume() {
	c.dealtWith(c.next[0].Record.Offset, c.lacksKey)
	c.hasNext = false
}

// dealtWith moves the position behind a record.
func (c *cursor) dealtWith(offset int64, lacksKey bool) {
	c.done = behind(offset)
	if lacksKey && (c.restart.isBehind() || !c.handsOver) {
		if c.keyless++; c.keyless < keylessLimit {
			return
		}
	}
	c.restart, c.keyless = c.done, 0
}

// skips reports whether a run before has dealt with the record at an offset, and a restart reads it for its keys only.
func (c *cursor) skips(offset int64) bool { return c.handsOver && offset < c.dealtBefore }

// position returns where reading must begin again for next and all behind it.
func (c *cursor) position() position {
	if c.hasNext && !c.lacksKey {
		return at(c.next[0].Record.Offset)
	}
	return c.restart
}

// firstOpen returns the offset below which all elements are dealt with.
func (c *cursor) firstOpen() int64 {
	if c.hasNext {
		return c.next[0].Record.Offset
	}
	return c.done.first()
}

// atEnd reports whether all elements were dealt with, up to the end of the session.
func (c *cursor) atEnd() bool { return c.ended && !c.hasNext }

// atMark is atEnd where the end mark has ended the stream: one that the data timeout has ended may go on.
func (c *cursor) atMark() bool { return c.ended && !c.timedOut && !c.hasNext }

// reached returns the offset behind the last record that was read.
func (c *cursor) reached() int64 {
	switch {
	case c.ended:
		return math.MaxInt64
	case c.unread > 0:
		return c.last().Offset + 1
	case len(c.chunk.records) > 0:
		return c.chunk.records[0].Offset
	}
	return c.done.first()
}

// hold holds the chunk at hand, which is read to its end, until it is released.
func (c *cursor) hold() {
	if len(c.held) == maxHeld {
		c.held = slices.Delete(c.held, 0, 1)
	}
	c.held = append(c.held, c.chunk)
}

// release gives those chunks back to the feed that lie before a position: what isn't read again isn't needed in
// memory either.
func (c *cursor) release(p position) {
	released := 0
	for released < len(c.held) && behind(c.held[released].last()) <= p {
		c.feed.giveBack(c.held[released])
		released++
	}
	c.held = slices.Delete(c.held, 0, released)
}
