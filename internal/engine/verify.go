package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/leat-go/leat/broker"
)

// This file reads what lies behind the end of the join: it reads no stream further than it needs (R5), so that damage
// behind that goes unseen.

// A rest is what is known of a node's stream behind the join, once the session has ended.
type rest struct {
	// ahead is the chunk behind the last one, where it was read, and drained says that there is nothing more.
	ahead   *chunk
	drained bool
	// beyond counts the elements that were verified, and verified says that this was all.
	beyond   int64
	verified bool
}

// bounded reports whether a node's stream ends by itself, and whether it waits for a writer to end it.
func (t *task) bounded(n *node) (ends, waits bool) {
	if input, ok := t.input.(broker.Bounded); ok {
		return input.Bounded(n.index)
	}
	return false, true
}

// lookForEnds finds out which streams were read to their ends although the join hasn't come to the end mark. It doesn't
// wait for a writer.
//
// REQUIRES: the sources run.
func (t *task) lookForEnds() {
	for _, n := range t.nodes {
		ends, waits := t.bounded(n)
		if n.cursor.ended || !ends || waits || n.cursor.unread < len(n.cursor.chunk.records) || n.holdsUnsorted() {
			continue
		}
		ahead := n.cursor.feed.next(t.ctx)
		n.cursor.rest.ahead = ahead
		n.cursor.rest.drained = ahead != nil && len(ahead.records) == 0 && errors.Is(ahead.end, io.EOF)
	}
}

// holdsUnsorted reports whether elements of a stream that is put in order have been read that the cursor hasn't got.
func (n *node) holdsUnsorted() bool {
	return n.sorter != nil && n.sorter.holds()
}

// verify reads the streams that end by themselves to their ends, where the user asks for that, and returns what is
// wrong with them there: an element that can't be decoded or is out of order, and what isn't one.
//
// REQUIRES: the sources run, and all that was read has its verdict, since the edges' keys go on.
func (t *task) verify() error {
	if !t.spec.Verify {
		return nil
	}
	if t.calls.beyond != nil {
		return beyond(t.calls.beyond)
	}
	for _, n := range t.nodes {
		if n.cursor.ended && !n.cursor.timedOut || n.cursor.rest.drained {
			continue
		}
		if ends, _ := t.bounded(n); !ends {
			t.logger.Warn("a stream without an end can't be verified", "node", n.spec.Name, "stream", n.spec.Stream.Name)
			continue
		}
		if err := n.verify(); err != nil {
			return err
		}
	}
	return nil
}

// verify reads the rest of the node's stream.
func (n *node) verify() error {
	c, at := n.cursor.chunk, n.cursor.unread
	for {
		for ; at < len(c.records); at++ {
			if err := n.verifyRecord(c, at); err != nil {
				return err
			}
			n.cursor.rest.beyond++
		}
		switch {
		case errors.Is(c.end, io.EOF):
			n.cursor.rest.verified = true
			return nil
		case errors.Is(c.end, broker.ErrDataTimeout):
			n.task.logger.Warn("a stream can't be verified to its end: nothing came for as long as the data timeout",
				"node", n.spec.Name, "stream", n.spec.Stream.Name)
			return nil
		case c.end != nil:
			return beyond(c.end)
		}
		var err error
		if c, err = n.following(); err != nil {
			return err
		}
		at = 0
	}
}

// following returns the next chunk behind the end of the join.
func (n *node) following() (c *chunk, err error) {
	if n.sorter == nil {
		return n.followingUnsorted()
	}
	if c, err = n.sorter.next(true); err == nil || n.task.ctx.Err() != nil {
		return c, err
	}
	return nil, beyond(err)
}

// followingUnsorted is following of the stream as it lies in the storage.
func (n *node) followingUnsorted() (c *chunk, err error) {
	if c, n.cursor.rest.ahead = n.cursor.rest.ahead, nil; c == nil {
		if c = n.cursor.feed.next(n.task.ctx); c == nil {
			return nil, context.Cause(n.task.ctx)
		}
	}
	return c, n.decode(c)
}

// verifyRecord reads a record of a chunk as the join would.
func (n *node) verifyRecord(c *chunk, i int) error {
	record, policy := &c.records[i], n.task.spec.OnDisorder
	n.task.reading = n.index
	err := c.flawOf(i)
	switch {
	case err == errNoValue, err == errFiltered:
		return nil
	case err != nil:
		policy, err = n.decodePolicy(err), n.located(record, err)
	default:
		if err = n.verifyKeys(c.values[i]); err == nil {
			return nil
		}
		err = &broker.PositionError{Position: n.at(record), Err: err}
	}
	if err = n.tellFlaw(record, err, policy); err != nil {
		return beyond(err)
	}
	return nil
}

// tellFlaw returns what is wrong with a record behind the end of the join, or logs it, as the policy says.
func (n *node) tellFlaw(record *broker.Record, err error, policy Policy) error {
	if policy.Kind == Fail {
		return err
	}
	n.task.logger.Warn("an element behind the end of the join would be put aside", "node", n.spec.Name,
		"stream", n.spec.Stream.Name, "offset", record.StoredOffset(), "error", err)
	return nil
}

// verifyKeys sets the keys of an element, and computes that of its window.
func (n *node) verifyKeys(value any) error {
	if _, err := n.setKeys(value); err != nil {
		return err
	}
	if n.parent != nil || n.task.window == nil {
		return nil
	}
	_, err := n.task.window.changed(value)
	return windowError(err)
}

// beyond says that an error is about what the join didn't come to.
func beyond(err error) error { return fmt.Errorf("verifying what the join didn't need: %w", err) }

// next waits for the next chunk; nil where ctx ends before.
func (f *feed) next(ctx context.Context) *chunk {
	select {
	case c := <-f.chunks:
		f.signalRoom()
		return c
	case <-ctx.Done():
		return nil
	}
}
