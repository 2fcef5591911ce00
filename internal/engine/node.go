package engine

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/leat-go/leat/broker"
)

// maxSpent is how many chunks a node keeps to give them back; those of a larger group are left to the garbage collector.
const maxHeld = 16

// A node is a node of the join tree within one task: a cursor over its stream, and the group of its elements that the
// element of its parent at hand matches.
//
// INVARIANTS: Elements are evaluated in stream order, each at most once, and only those that match an element of the
// parent. The group holds complete elements only. No key of the group is above the parent's left key. Below the parent's
// left key there is nothing that was not looked at.
type node struct {
	spec     *Node
	task     *task
	edge     Edge // to the parent; nil for the master
	parent   *node
	children []*node
	// index is the node's place among the tree's, and size the number of nodes from it down: places of a subtree lie in
	// a row.
	index, size int

	cursor     cursor
	candidates candidates
	ledger     ledger
}

// advance moves the group to the elements that match the parent's element whose key is the edge's left key (R2).
func (n *node) advance() error {
	if err := n.dropPassed(); err != nil {
		return err
	}
	for len(n.children) == 0 || !n.childExhausted() {
		if !n.cursor.hasNext {
			if n.closed() {
				return nil
			}
			if ok, err := n.read(); !ok || err != nil {
				return err
			}
			continue
		}
		order := n.edge.Compare()
		if order < 0 {
			return nil
		}
		if order > 0 {
			n.passOver()
		} else if open, err := n.admit(); open || err != nil {
			return err
		}
		n.consume()
	}
	return nil
}

// closed reports whether it is certain, without reading the next element, that it can't match.
func (n *node) closed() bool {
	return n.candidates.unique && n.candidates.hasRight && n.edge.Compare() <= 0
}

// exhausted reports whether the node can't have a match for any further element of its parent (R5).
func (n *node) exhausted() bool {
	return len(n.candidates.group) == 0 && (n.cursor.ended && !n.cursor.hasNext || n.childExhausted())
}

func (n *node) childExhausted() bool {
	for _, child := range n.children {
		if child.exhausted() {
			return true
		}
	}
	return false
}

// dropPassed drops what is below the left key from the front of the group.
func (n *node) dropPassed() error {
	if len(n.candidates.group) == 0 {
		return nil
	}
	passed, err := n.edge.DropBelow(n.candidates.group)
	if err != nil || passed == 0 {
		return err
	}
	if passed < len(n.candidates.group) || n.candidates.retain {
		n.candidates.group, n.candidates.below = n.candidates.group[passed:], n.candidates.below[passed*(n.size-1):]
		return nil
	}
	n.candidates.group = n.candidates.group[:0]
	if n.size > 1 {
		n.candidates.below, n.candidates.lists = n.candidates.below[:0], n.candidates.lists[:0]
	}
	return nil
}

// read reads one element; false at the end of the session. It becomes next, unless it goes by a policy.
func (n *node) read() (bool, error) {
	for n.cursor.unread == len(n.cursor.chunk.records) {
		if n.cursor.ended {
			return false, nil
		}
		if err := n.receive(); err != nil {
			return false, err
		}
	}
	return true, n.readRecord()
}

// look looks at the next element of the chunk; one that can't be decoded or is out of order goes by the policies.
func (n *node) readRecord() error {
	c, i := n.cursor.chunk, n.cursor.unread
	n.cursor.unread++
	n.task.reading = n.index
	record, value := &c.records[i], c.values[i]
	if flaw := c.flawOf(i); flaw != nil {
		return n.rejectFlawed(record, flaw)
	}
	null, err := n.setKeys(value)
	if err != nil {
		return n.rejectDisordered(record, value, err)
	}
	n.candidates.hasRight = n.candidates.hasRight || !null
	if behind(record.Offset) <= n.cursor.done {
		n.resume(null) // it was dealt with before the run; only its keys were wanted
		return nil
	}
	n.countRead(record.Offset, 1)
	n.cursor.seen = max(n.cursor.seen, record.Offset+1)
	n.cursor.next[0] = Element{Value: value, Record: record}
	if n.cursor.hasNext = true; null {
		n.passOverNull()
		n.consume()
	}
	return nil
}

// keylessHeld is how many records without all keys, tombstones and elements with a null key, a node's place may be before
// the last: it stands behind an element that has all, which a restart reads again (R7), and goes on without where there is none
// for long.
const keylessHeld = 512

// passOver passes over a record without a value.
func (n *node) passTombstone(offset int64) {
	if n.cursor.done.isBehind() && offset <= n.cursor.done.offset() {
		return // a run before has counted it
	}
	if !n.ledger.counted.hasRead(offset) {
		n.ledger.counts.tombstones++
	}
	n.cursor.seen = max(n.cursor.seen, offset+1)
	n.dealtWith(offset, true)
}

// dealtWith moves the node's place behind a record.
func (n *node) dealtWith(offset int64, lacksKeys bool) {
	n.cursor.done = behind(offset)
	if lacksKeys {
		if n.cursor.keyless++; n.cursor.keyless < keylessHeld {
			return
		}
	}
	n.cursor.restart, n.cursor.keyless = n.cursor.done, 0
}

// order takes all keys of an element, or none if one is out of order (R1). null says that it has none for the parent (R7a).
func (n *node) setKeys(value any) (null bool, err error) {
	if n.edge == nil && len(n.children) == 0 {
		return false, nil // a single stream has no keys
	}
	if n.edge != nil {
		if null, err = n.edge.SetRight(value); err != nil {
			return false, n.joinError(err)
		}
	}
	lacks := null
	for i, child := range n.children {
		unasked, err := child.edge.SetLeft(value)
		if err != nil {
			n.undoKeys(i)
			return false, child.joinError(err)
		}
		child.candidates.leftNull = unasked
		lacks = lacks || unasked
	}
	n.cursor.lacksKey = lacks
	return null, nil
}

// giveBack gives back the keys of an element that the child with the index given has refused.
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

// admit evaluates next and puts it into the group if it is complete. It stays next where that is left open: the stream that
// would tell has ended by the data timeout.
func (n *node) admit() (open bool, err error) {
	if len(n.children) > 0 {
		missing, err := n.evaluateNext()
		switch {
		case err != nil:
			return false, err
		case missing == none:
		case n.undecided(missing):
			n.leaveOpen(missing)
			return true, nil
		default:
			n.enterIncomplete(missing)
			return false, nil
		}
	}
	if n.candidates.retain && len(n.candidates.group) == cap(n.candidates.group) {
		n.candidates.group = append(make([]Element, 0, max(groupSize, 2*len(n.candidates.group))), n.candidates.group...)
	}
	n.candidates.group = append(n.candidates.group, n.cursor.next[0])
	if len(n.cursor.below) > 0 {
		n.candidates.below = append(n.candidates.below, n.cursor.below...)
	}
	n.edge.Add()
	return false, nil
}

// evaluateNext evaluates next, and remembers meanwhile where the nodes below stood before.
func (n *node) evaluateNext() (missing int, err error) {
	for _, child := range n.children {
		child.positions(n.cursor.below, n.index+1)
	}
	n.cursor.evaluating = true
	if missing, err = n.evaluate(&n.cursor.next[0]); err != nil {
		return 0, err // the task ends, with the places that next needs
	}
	n.cursor.evaluating = false
	return missing, nil
}

// none is in place of the index of a child without a match: the element is complete.
const none = -1

// evaluate finds the matches of an element. It is complete if each child has one, and otherwise missing is the index of the
// first child that has none.
//
// REQUIRES: the element is the one whose keys were taken last.
func (n *node) evaluate(e *Element) (missing int, err error) {
	if len(n.children) == 0 {
		return none, nil
	}
	first := len(n.candidates.lists)
	if first+len(n.children) > cap(n.candidates.lists) {
		n.candidates.lists, first = make([][]Element, 0, groupSize*len(n.children)), 0
	}
	for c, child := range n.children {
		if !child.candidates.leftNull {
			if err := child.advance(); err != nil {
				return 0, err
			}
		}
		if child.candidates.leftNull || len(child.candidates.group) == 0 {
			n.candidates.lists = n.candidates.lists[:first]
			return c, nil
		}
		n.candidates.lists = append(n.candidates.lists, slices.Clip(child.candidates.group))
	}
	e.Matches = slices.Clip(n.candidates.lists[first:])
	return none, nil
}

// consume marks next as dealt with.
func (n *node) consume() {
	n.dealtWith(n.cursor.next[0].Record.Offset, n.cursor.lacksKey)
	n.cursor.hasNext = false
}

// receive waits for the next chunk.
func (n *node) receive() error {
	c, err := n.await()
	if err != nil {
		return err
	}
	n.cursor.feed.signalRoom()
	if err := n.decode(c); err != nil {
		return err
	}
	n.recycle()
	n.cursor.chunk, n.cursor.unread = c, 0
	switch {
	case errors.Is(c.end, io.EOF):
		n.cursor.ended, n.cursor.behindMark = true, c.behind
	case errors.Is(c.end, broker.ErrDataTimeout):
		n.cursor.ended, n.cursor.timedOut, n.task.timedOut = true, true, true
	case c.end != nil:
		return c.end
	}
	return nil
}

// decode decodes a chunk unless somebody has.
func (n *node) decode(c *chunk) error {
	defer func() {
		if c.batch != nil && c.batch.broken != nil {
			n.task.calls.own.exited = c.batch.broken
		}
	}()
	return c.decode()
}

// await tells where the task stands, and waits for the next chunk.
func (n *node) await() (*chunk, error) {
	n.task.chunksRead++
	if n.task.unreported > unreportedLimit || n.task.chunksRead >= submitAfter {
		if err := n.task.submit(); err != nil {
			return nil, err
		}
	}
	if len(n.cursor.feed.chunks) > 0 {
		n.task.publish(nil)
		return n.task.receive(n.cursor.feed)
	}
	n.task.publish(n)
	defer n.task.stats.resume()
	return n.task.receive(n.cursor.feed)
}

// recycle gives those chunks back to the feed that lie before the node's place: what must not be read again isn't needed in
// memory either. Calls side by side may need it, so that there nothing is given back.
func (n *node) recycle() {
	if len(n.cursor.chunk.records) == 0 || n.task.calls.concurrent() {
		return
	}
	if len(n.cursor.held) == maxHeld {
		n.cursor.held = slices.Delete(n.cursor.held, 0, 1)
	}
	n.cursor.held = append(n.cursor.held, n.cursor.chunk)
	places, _ := n.task.progress()
	place, passed := places[n.index], 0
	for passed < len(n.cursor.held) && behind(n.cursor.held[passed].last()) <= place {
		n.cursor.feed.giveBack(n.cursor.held[passed])
		passed++
	}
	n.cursor.held = slices.Delete(n.cursor.held, 0, passed)
}

// places writes the places from which the nodes of the subtree must be read again (R8). dst begins with the place of
// the node whose index is from.
func (n *node) positions(dst []position, from int) {
	own := dst[n.index-from : n.index-from+n.size]
	own[0] = n.position()
	switch {
	case n.size == 1:
	case len(n.candidates.group) > 0:
		copy(own[1:], n.candidates.below)
	case n.cursor.evaluating:
		copy(own[1:], n.cursor.below)
	default:
		for _, child := range n.children {
			child.positions(dst, from)
		}
	}
}

func (n *node) position() position {
	switch {
	case len(n.candidates.group) > 0:
		return at(n.candidates.group[0].Record.Offset)
	case n.cursor.hasNext && !n.cursor.lacksKey:
		return at(n.cursor.next[0].Record.Offset)
	}
	return n.cursor.restart
}

// handOver counts the elements of a list, and below them, that no call got before. The master's are always new.
func (n *node) countHandedOver(list []Element) {
	if n.parent == nil {
		n.countMatched(list)
		n.ledger.handedOver = list[len(list)-1].Record.Offset
		if len(n.children) > 0 {
			n.countHandedOverBelow(list)
		}
		return
	}
	last := list[len(list)-1].Record.Offset
	if last <= n.ledger.handedOver {
		return
	}
	first := len(list) - 1
	for first > 0 && list[first-1].Record.Offset > n.ledger.handedOver {
		first--
	}
	if first > 0 {
		list = list[first:]
	}
	if len(n.ledger.provisional) > 0 {
		n.withdraw(list)
	}
	n.ledger.handedOver = last
	n.countMatched(list)
	if len(n.children) > 0 {
		n.countHandedOverBelow(list)
	}
}

// REQUIRES: the node has children.
func (n *node) countHandedOverBelow(list []Element) {
	for i := range list {
		for c, matches := range list[i].Matches {
			n.children[c].countHandedOver(matches)
		}
	}
}
