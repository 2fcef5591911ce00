package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// This file reads a node's stream by its cursor: it waits for chunks, sets the keys of what is read, and puts aside
// what can't be decoded or is out of order.

// read reads one element; false at the end of the session. It becomes next, unless it goes by a policy.
func (n *node) read() (bool, error) {
	for !n.cursor.hasUnread() {
		if n.cursor.ended {
			return false, nil
		}
		if err := n.receive(); err != nil {
			return false, err
		}
	}
	return true, n.readRecord()
}

// readRecord reads the next record of the chunk at hand.
func (n *node) readRecord() error {
	c, i := n.cursor.chunk, n.cursor.unread
	n.cursor.unread++
	n.task.reading = n.index
	record, value := &c.records[i], c.values[i]
	if flaw := c.flawOf(i); flaw != nil {
		return n.rejectFlawed(record, n.located(record, flaw))
	}
	null, err := n.setKeys(value)
	if err != nil {
		return n.rejectDisordered(record, value, n.cursor.across(err))
	}
	n.candidates.hasRight = n.candidates.hasRight || !null
	if behind(record.Offset) <= n.cursor.done {
		n.resume(null) // a run before has dealt with it; only its keys were wanted
		return nil
	}
	if n.cursor.skips(record.Offset) {
		n.resume(null)
		n.cursor.dealtWith(record.Offset, n.cursor.lacksKey)
		return nil
	}
	if n.idle != nil {
		if err := n.idle.judge(record, null); err != nil {
			return err
		}
	}
	n.ledger.countRead(record.Offset, 1)
	n.cursor.see(record.Offset)
	n.cursor.next[0] = Element{Value: value, Record: record}
	if n.cursor.hasNext = true; null {
		n.passOverNull()
		n.cursor.consume()
	}
	return nil
}

// setKeys sets all keys of an element, or none if one is out of order (R1): such an element is dropped, and must
// leave no trace. null says that its key for the parent is null (R7a).
func (n *node) setKeys(value any) (null bool, err error) {
	if n.edge == nil && len(n.children) == 0 {
		return false, nil // a single stream has no keys
	}
	if n.edge != nil {
		if null, err = n.edge.SetRight(value); err != nil {
			return false, n.joinError(err)
		}
	}
	lacksKey := null
	for i, child := range n.children {
		leftNull, err := child.edge.SetLeft(value)
		if err != nil {
			n.undoKeys(i)
			return false, child.joinError(err)
		}
		child.candidates.leftNull = leftNull
		lacksKey = lacksKey || leftNull
	}
	n.cursor.lacksKey = lacksKey
	return null, nil
}

// undoKeys undoes the keys of an element that the child with the index given has refused.
func (n *node) undoKeys(child int) {
	if n.edge != nil {
		n.edge.UndoRight()
	}
	for _, c := range n.children[:child] {
		c.edge.UndoLeft()
	}
}

// joinError says which join an error about a key belongs to.
func (n *node) joinError(err error) error {
	return fmt.Errorf("join of %s with %s: %w", n.parent.spec.Name, n.spec.Name, err)
}

// rejectFlawed deals with a record that has no element, because of the flaw given.
func (n *node) rejectFlawed(record *broker.Record, flaw error) error {
	switch flaw {
	case errNoValue:
		n.pass(record.Offset, &n.ledger.counts.tombstones)
		return nil
	case errFiltered:
		n.pass(record.Offset, &n.ledger.counts.filtered)
		return nil
	}
	return n.task.reject(n, &Element{Record: record}, flaw, n.decodePolicy(flaw), Undecodable)
}

// pass passes over a record that is no element of the stream, and counts it.
func (n *node) pass(offset int64, count *int64) {
	done := n.cursor.done
	if done.isBehind() && offset <= done.offset() {
		return // a run before has counted it
	}
	if !n.ledger.counted.hasRead(offset) {
		*count++
	}
	n.cursor.see(offset)
	n.cursor.dealtWith(offset, true)
}

// seen returns the offset behind the last record that was read.
func (n *node) seen() int64 {
	if n.sorter != nil {
		seen, _ := n.sorter.read()
		return seen
	}
	return n.cursor.seen
}

// at says where a record of the node lies, for people.
func (n *node) at(record *broker.Record) broker.Position {
	at := record.At(n.spec.Stream.Name, n.task.partition)
	if l, ok := n.task.input.(broker.Locator); ok {
		at.At = l.Locate(n.index, n.task.partition, record.StoredOffset())
	}
	return at
}

// located returns why a record wasn't decoded, with the values that it is found by.
func (n *node) located(record *broker.Record, flaw error) error {
	at, known := errors.AsType[*broker.PositionError](flaw)
	if values := n.at(record).At; known && values != "" {
		located := *at
		located.Position.At = values
		return &located
	}
	return flaw
}

// rejectDisordered deals with an element that is out of order, or whose keys can't be computed.
func (n *node) rejectDisordered(record *broker.Record, value any, err error) error {
	err = &broker.PositionError{Position: n.at(record), Err: err}
	return n.task.reject(n, &Element{Value: value, Record: record}, err, n.task.spec.OnDisorder, OutOfOrder)
}

// decodePolicy returns the policy for a record that wasn't decoded. The run stops, whatever the policy, where the
// record may be good, and what its codec needs (a schema registry, say) can't be reached.
func (n *node) decodePolicy(err error) Policy {
	if errors.Is(err, codec.ErrUnavailable) {
		return Policy{Kind: Fail}
	}
	return n.task.spec.OnDecode
}

// receive waits for the next chunk.
func (n *node) receive() error {
	c, err := n.nextChunk()
	if err != nil {
		return err
	}
	n.recycle()
	err = n.cursor.load(c)
	if n.skimming != noSkimming && len(c.records) > 0 && c.flaws == nil && c.records[0].Offset >= n.plainFrom() {
		n.cursor.plain = len(c.records)
	}
	n.task.timedOut = n.task.timedOut || n.cursor.timedOut
	return err
}

// nextChunk waits for the next chunk, and decodes it.
func (n *node) nextChunk() (*chunk, error) {
	if n.sorter != nil {
		return n.sorter.next(false)
	}
	return n.nextUnsorted()
}

// nextUnsorted is nextChunk of the stream as it lies in the storage.
func (n *node) nextUnsorted() (*chunk, error) {
	c, err := n.await()
	if err != nil {
		return nil, err
	}
	n.cursor.feed.signalRoom()
	return c, n.decode(c)
}

// await publishes where the task stands, and waits for the next chunk. The error is errIdle where the stream is idle.
func (n *node) await() (*chunk, error) {
	if n.idle != nil {
		return n.idle.await()
	}
	return n.awaitUntil(nil)
}

// awaitUntil is await until a channel receives something; the error is errIdle then.
func (n *node) awaitUntil(expires <-chan time.Time) (*chunk, error) {
	n.task.chunksRead++
	if n.task.ledgers.unreported > unreportedLimit || n.task.chunksRead >= submitAfter {
		if err := n.task.submit(); err != nil {
			return nil, err
		}
	}
	if len(n.cursor.feed.chunks) > 0 {
		n.task.publish(nil)
		return n.task.receive(n.cursor.feed, nil)
	}
	n.task.publish(n)
	defer n.task.stats.resume()
	return n.task.receive(n.cursor.feed, expires)
}

// decode decodes a chunk unless that is done.
func (n *node) decode(c *chunk) error {
	defer func() {
		if c.batch != nil && c.batch.broken != nil {
			n.task.calls.own.exited = c.batch.broken
		}
	}()
	return c.decode()
}

// recycle gives chunks back that nobody needs any more. Calls side by side may need them, so that there nothing is
// given back.
func (n *node) recycle() {
	if len(n.cursor.chunk.records) == 0 || n.task.calls.concurrent() || n.sorter != nil {
		return
	}
	n.cursor.hold()
	n.cursor.release(n.task.progress()[n.index].position)
}
