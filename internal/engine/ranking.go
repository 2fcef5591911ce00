package engine

import (
	"encoding/json"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// A ranking numbers the elements of a stream in the order in which they are released (R12). These ranks are what the
// rest of the node has for offsets: they grow, and go on where a run before has stopped. The ranking knows what a commit
// must keep for a position among them. Say this was read, with a lateness of 3:
//
//	offset   0   1   2   3   4          position 2:  the elements 3, 4 and 9 aren't dealt with
//	key      1   4   2   3   9          a restart reads from offset 1, the first of them, and drops 2, which it reads, too:
//	rank     0   3   1   2   -          it isn't above the last one released before, key 2 at offset 2
type ranking struct {
	// arrivals are the elements in the order of the stream, from the first on that a restart may read again, and first is
	// the number of that. A stream that is sorted as a whole has none: a restart reads all of it again.
	arrivals queue[arrival]
	first    int64
	// released are those that were released, from the rank base on, and before is what was before them.
	released queue[release]
	base     int64
	before   release
	// next is the offset behind the last record that was read, and start the one that the run began at.
	next, start int64
	// bytes is how many the elements take that wait, as they lie in the storage.
	bytes int64
}

// An arrival is an element of the stream.
type arrival struct {
	offset int64
	// rank is -1 as long as the element waits; record and value are the element's until then.
	rank   int64
	record *broker.Record
	value  any
	size   int
}

// A release is what is known of an element that was released: the bytes of its sort key, and the offset behind it. No
// key was released before where isNone.
type release struct {
	key    string
	behind int64
	isNone bool
}

// number is that of the element that arrives next.
func (r *ranking) number() int64 { return r.first + int64(len(r.arrivals.items)) }

// arrive adds an element, which waits.
func (r *ranking) arrive(record *broker.Record, value any, size int) {
	r.arrivals.add(arrival{record.Offset, -1, record, value, size})
	r.bytes += int64(size)
}

// nextRank is the rank of the element that is released next.
func (r *ranking) nextRank() int64 { return r.base + int64(len(r.released.items)) }

// release returns the element with a number, which is released with the key given.
func (r *ranking) release(number int64, key []byte) (broker.Record, any) {
	r.add(key, r.arrivals.items[number-r.first].offset)
	return r.take(number)
}

// releaseNull is release for an element whose key is null and that nothing read before stands in for.
func (r *ranking) releaseNull(number int64) (broker.Record, any) {
	last := r.last(r.nextRank())
	last.behind = r.arrivals.items[number-r.first].offset + 1
	r.released.add(last)
	return r.take(number)
}

// take returns the element with a number, which was added to those released.
func (r *ranking) take(number int64) (broker.Record, any) {
	a := &r.arrivals.items[number-r.first]
	a.rank = r.nextRank() - 1
	record, value := a.record.Ranked(a.rank), a.value
	a.record, a.value = nil, nil
	r.bytes -= int64(a.size)
	return record, value
}

// add adds what is known of a released element.
func (r *ranking) add(key []byte, offset int64) {
	last := r.last(r.nextRank())
	if last.isNone || last.key != string(key) {
		last = release{key: string(key)}
	}
	last.behind = offset + 1
	r.released.add(last)
}

// last returns what was released last before a rank.
func (r *ranking) last(rank int64) release {
	if rank == r.base {
		return r.before
	}
	return r.released.items[rank-1-r.base]
}

// oldest returns the offset of the first element in the stream whose rank isn't below the one given.
func (r *ranking) oldest(rank int64, whole bool) int64 {
	if whole {
		return r.start
	}
	for i := range r.arrivals.items {
		if a := &r.arrivals.items[i]; a.rank < 0 || a.rank >= rank {
			return a.offset
		}
	}
	return r.next
}

// forget forgets what no position from a rank on needs.
func (r *ranking) forget(rank int64) {
	if n := rank - r.base; n > 0 {
		r.before = r.last(rank)
		r.released.drop(int(n))
		r.base = rank
	}
	n := 0
	for n < len(r.arrivals.items) && r.arrivals.items[n].rank >= 0 && r.arrivals.items[n].rank < rank {
		n++
	}
	if n > 0 {
		r.arrivals.drop(n)
		r.first += int64(n)
	}
}

// A sortedPoint is what a commit keeps beside the rewind point, in ranks, of a node whose stream is put in order.
type sortedPoint struct {
	// offset is that of the oldest record that isn't dealt with, and seen behind the last one that was read.
	offset, seen int64
	// last is the last one released before the position, and floors are those above it.
	last   release
	floors []floor
}

// keptSort is what broker.Rewind.Sorted holds, as JSON: the rewind point in ranks, and the key of the last element
// released before it; null where there is none.
type keptSort struct {
	Rank      int64  `json:"rank"`
	Behind    bool   `json:"behind,omitempty"`
	Seen      int64  `json:"seen"`
	Accounted int64  `json:"accounted"`
	Key       []byte `json:"key"`

	Floors []floor `json:"floors,omitempty"`
}

// of returns a rewind point as storages have it.
func (s *sortedPoint) of(p rewindPoint, node string) broker.Rewind {
	kept := keptSort{Rank: p.position.offset(), Behind: p.position.isBehind(), Seen: p.seen, Accounted: p.accounted,
		Floors: s.floors}
	if !s.last.isNone {
		kept.Key = []byte(s.last.key)
	}
	text, _ := json.Marshal(kept) // of such a struct, that doesn't fail
	return broker.Rewind{Node: node, Offset: s.offset, Seen: s.seen, Accounted: max(s.offset, s.last.behind),
		Sorted: string(text), Idle: p.idle}
}

// ranked returns where a node whose stream is put in order begins, in ranks. Without a run before, and behind the end of its
// session, ranks begin with the offset.
func ranked(kept broker.Rewind) (s start, err error) {
	s = start{kept: kept, rewind: kept}
	if kept.Sorted == "" {
		if kept.Behind || kept.Seen > kept.Offset {
			return s, fmt.Errorf("node %s: it was read without putting its stream in order; give the changed mill "+
				"another name, or take the sort out until the session has ended", kept.Node)
		}
		s.last = release{isNone: true, behind: kept.Offset}
		return s, nil
	}
	var k keptSort
	if err := json.Unmarshal([]byte(kept.Sorted), &k); err != nil {
		return s, fmt.Errorf("node %s: what is kept of the order of its stream, %s, is damaged: %w", kept.Node,
			kept.Sorted, err)
	}
	s.last = release{key: string(k.Key), behind: kept.Accounted, isNone: k.Key == nil}
	s.rewind = broker.Rewind{Node: kept.Node, Offset: k.Rank, Behind: k.Behind, Seen: k.Seen, Accounted: k.Accounted,
		NextSession: kept.NextSession}
	s.floors = k.Floors
	return s, nil
}

// unsorted returns an error where a rewind point was kept by a run that put the stream in order.
func unsorted(kept broker.Rewind) error {
	if kept.Sorted == "" {
		return nil
	}
	return fmt.Errorf("node %s: its stream was put in order as it was read, and isn't now; give the changed mill another "+
		"name, or sort the stream until the session has ended", kept.Node)
}
