package engine

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/leat-go/leat/broker"
)

// A sorter stands between a node's feed and its cursor where the stream is put in order (R12): the cursor sees released
// elements only. What can't be one (a record without a value, or one that can't be decoded) and what comes late is dealt
// with here, since it has no place in that order.
//
// Chunks that went through a sorter aren't given back: elements that wait lie in them.
type sorter struct {
	node    *node
	keys    SortKeys
	ranking ranking
	// whole sorts the stream as a whole; nil where there is a lateness.
	whole *wholeSort

	// seen is the offset behind the last record that was read, in this run or those before, and seenBefore what it was when
	// this one began: what is read again below it was dealt with if it comes late. Below countedBelow it was counted, too.
	seen, seenBefore, countedBelow int64
	// resumed is what runs before have released last. hasReleased says that this run has released something.
	resumed     release
	hasReleased bool
	// out are released elements that the cursor hasn't got, and failure and end what comes behind those.
	out     *chunk
	failure error
	end     *chunk
	// floors are from where on which elements are late because what had waited was released, in this run or those before.
	floors []floor
	// key is memory for the bytes of keys.
	key []byte
	// point is the one made last, for position.
	point    *sortedPoint
	position position
	// verifies says that what is wrong is only told: the session has ended.
	verifies bool
}

// newSorter returns the sorter of a node, which begins at from; counted is what was counted before in this run.
func newSorter(n *node, keys SortKeys, from *start, counted tally) *sorter {
	s := &sorter{
		node:         n,
		keys:         keys,
		seen:         max(from.kept.Seen, from.kept.Offset),
		seenBefore:   from.kept.Seen,
		countedBelow: counted.stored,
		resumed:      from.last,
		out:          &chunk{},
		position:     -1,
		floors:       from.floors,
	}
	offset := from.kept.Offset
	s.ranking = ranking{base: from.rewind.Offset, before: from.last, start: offset, next: offset}
	if n.spec.Sort.Whole {
		s.whole = &wholeSort{sorter: s}
	}
	return s
}

func (s *sorter) next(verifies bool) (*chunk, error) {
	s.verifies = verifies
	for {
		c, err := s.ready()
		if c != nil || err != nil {
			return c, err
		}
		if c, err = s.receive(); err == errIdle && s.flush() {
			continue
		}
		if err != nil {
			return nil, err
		}
		s.take(c)
	}
}

// receive waits for the next chunk of the feed, and decodes it.
func (s *sorter) receive() (c *chunk, err error) {
	if s.verifies {
		return s.node.followingUnsorted()
	}
	return s.node.nextUnsorted()
}

// ready returns the next chunk that needs nothing more to be read; nil where there is none.
func (s *sorter) ready() (*chunk, error) {
	c := s.out
	switch {
	case len(c.records) > 0:
		s.out = &chunk{}
		return c, nil
	case s.failure != nil:
		return nil, s.failure
	case s.end != nil && s.whole != nil && s.end.end == io.EOF:
		if err := s.whole.pull(s.node.task.ctx); err != nil {
			return nil, err
		}
		if len(s.out.records) > 0 {
			return s.ready()
		}
	}
	return s.end, nil
}

// take takes the elements of a chunk, or what has ended the stream. An error comes behind what was released before it.
//
// Where the data timeout has ended the stream, what waits is left to the next run: it may be that something comes before
// it.
func (s *sorter) take(c *chunk) {
	for i := range c.records {
		if s.failure = s.takeRecord(c, i); s.failure != nil {
			return
		}
	}
	if c.end == nil {
		if s.whole != nil {
			s.node.cursor.feed.giveBack(c)
		}
		return
	}
	s.end = c
	if errors.Is(c.end, io.EOF) {
		s.keys.end()
		s.release()
	}
}

// takeRecord takes a record of a chunk.
func (s *sorter) takeRecord(c *chunk, i int) error {
	n := s.node
	n.task.reading = n.index
	record, value := &c.records[i], c.values[i]
	switch flaw := c.flawOf(i); {
	case flaw == errNoValue:
		s.pass(record, &s.node.ledger.counts.tombstones)
		return nil
	case flaw == errFiltered:
		s.pass(record, &s.node.ledger.counts.filtered)
		return nil
	case flaw != nil:
		return s.reject(record, value, n.located(record, flaw), n.decodePolicy(flaw), Undecodable)
	}
	if n.idle != nil {
		n.idle.come()
	}
	null, err := s.keys.set(value)
	if err != nil {
		return s.disorder(record, value, fmt.Errorf("the sort key can't be computed: %w", err))
	}
	s.key = s.keys.appendOrdered(s.key[:0])
	switch dealt, late := s.isDealtWith(record.Offset, null); {
	case late:
		s.countLate(record.Offset)
		return s.disorder(record, value, s.keys.late())
	case dealt:
		s.see(record.Offset)
		return nil
	case s.whole != nil:
		if err := s.whole.push(n.task.ctx, s.key, record); err != nil {
			return err
		}
		s.see(record.Offset)
		return nil
	}
	return s.push(record, value, null, c.batch.sizes[i])
}

// push has an element wait, and releases what may go out now.
func (s *sorter) push(record *broker.Record, value any, null bool, size int) error {
	number := s.ranking.number()
	added, err := s.keys.push(number)
	switch {
	case err != nil:
		return s.disorder(record, value, err)
	case added:
		s.ranking.arrive(record, value, size)
	case null:
		s.ranking.arrive(record, value, size)
		s.out.add(s.ranking.releaseNull(number))
	default:
		s.countLate(record.Offset)
		return s.disorder(record, value, s.keys.late())
	}
	s.see(record.Offset)
	s.release()
	return s.checkWaiting(record)
}

// mostWaiting bounds the bytes of the elements of one partition of a stream that wait for a lateness, as they lie in the
// storage. In memory they may take several times as much.
const mostWaiting = 1 << 30

// checkWaiting returns an error where too much waits: no policy helps, since nothing is wrong with the element at hand.
func (s *sorter) checkWaiting(record *broker.Record) error {
	n := s.node
	most := cmp.Or(n.task.spec.mostWaiting, mostWaiting)
	if s.ranking.bytes <= most {
		return nil
	}
	return &broker.PositionError{Position: n.at(record), Err: fmt.Errorf("sorted %s: %d elements with %d MiB wait for others "+
		"that may come before them, and no more than %d MiB may: give a smaller lateness, or sort the stream as a whole",
		n.spec.Sort.Text, s.waiting(), s.ranking.bytes>>20, most>>20)}
}

// release releases what needn't wait any more.
func (s *sorter) release() {
	for {
		number, ok := s.keys.next()
		if !ok {
			return
		}
		s.key = s.keys.appendReleased(s.key[:0])
		s.out.add(s.ranking.release(number, s.key))
		s.hasReleased = true
	}
}

// add adds an element to a chunk.
func (c *chunk) add(record broker.Record, value any) {
	c.records, c.values = append(c.records, record), append(c.values, value)
}

// see notes that the record at an offset was read.
func (s *sorter) see(offset int64) {
	s.ranking.next = offset + 1
	s.seen = max(s.seen, offset+1)
}

// isDealtWith reports whether runs before have dealt with an element, with the key at hand, or whether it comes late
// after what they have released. Released elements are in the order of key and offset, so that the last one tells: of
// (2, offset 2) those with lower keys lie before it, and so does one with key 2 at offset 0.
func (s *sorter) isDealtWith(offset int64, null bool) (dealt, late bool) {
	isAgain := offset < s.seenBefore
	switch last := &s.resumed; {
	case len(s.floors) > 0 && !null && isBelow(s.floors, offset, s.key):
		return isAgain, !isAgain
	case !isAgain && (s.hasReleased || last.isNone):
		return false, false
	case null && s.whole == nil:
		return isAgain && offset < last.behind && s.keys.waiting() == 0 && !s.hasReleased, false
	case last.isNone || string(s.key) > last.key:
		return false, false
	case string(s.key) == last.key:
		return isAgain && offset < last.behind, false
	default:
		return isAgain, !isAgain
	}
}

// disorder deals with an element that is late, or that has no sort key.
func (s *sorter) disorder(record *broker.Record, value any, err error) error {
	err = &broker.PositionError{Position: s.node.at(record), Err: fmt.Errorf("sorted %s: %w", s.node.spec.Sort.Text, err)}
	return s.reject(record, value, err, s.node.task.spec.OnDisorder, OutOfOrder)
}

// reject deals with a record that isn't put in order, by the policy: unless a run before has.
func (s *sorter) reject(record *broker.Record, value any, err error, policy Policy, verdict Verdict) error {
	n := s.node
	switch {
	case record.Offset < s.seenBefore:
		s.see(record.Offset)
		return nil
	case s.verifies:
		return n.tellFlaw(record, err, policy)
	case policy.Kind == Fail:
		return err
	}
	s.see(record.Offset)
	if record.Offset >= s.countedBelow {
		n.ledger.counts.read++
		n.ledger.counts.unmatched[verdict]++
	}
	about := n.explainError(&Element{Value: value, Record: record}, verdict, err)
	if about != nil {
		about.ordinal = math.MinInt64 // it is decided, whatever is still open
		n.ledger.keep(about)
	}
	return n.task.tellRejected(n, record, err, policy)
}

// countLate counts an element that comes late.
func (s *sorter) countLate(offset int64) {
	if offset >= max(s.seenBefore, s.countedBelow) && !s.verifies {
		s.node.ledger.counts.late++
	}
}

// pass passes over a record that is no element of the stream, and counts it.
func (s *sorter) pass(record *broker.Record, count *int64) {
	if record.Offset >= max(s.seenBefore, s.countedBelow) && !s.verifies {
		*count++
	}
	s.see(record.Offset)
}

// pointAt returns what a commit keeps for a position of the node. No later position is before lowest.
func (s *sorter) pointAt(at position, lowest int64) *sortedPoint {
	s.ranking.forget(min(lowest, at.offset()))
	offset := s.ranking.oldest(at.offset(), s.whole != nil)
	if s.position != at || s.point.offset != offset || s.point.seen != s.seen {
		last := s.ranking.last(at.offset())
		s.point = &sortedPoint{offset: offset, seen: s.seen, last: last, floors: floorsAbove(s.floors, last)}
		s.position = at
	}
	return s.point
}

// waitingBytes is how many bytes of them are in memory, as they lie in the storage.
func (s *sorter) waitingBytes() int64 { return s.ranking.bytes }

// waiting is how many elements wait to be in order.
func (s *sorter) waiting() int {
	if s.whole != nil {
		return s.whole.waiting
	}
	return s.keys.waiting()
}

func (s *sorter) read() (seen, countedBelow int64) { return s.seen, s.countedBelow }

func (s *sorter) holds() bool { return s.waiting() > 0 || len(s.out.records) > 0 || s.end != nil }

func (s *sorter) close() error {
	if s.whole == nil {
		return nil
	}
	return s.whole.close()
}
