package kafka

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// An end is where a partition ends for its readers, as far as fetches have told. It is safe for concurrent use.
//
// A partition ends behind its last record. What lies there last is most often a transaction's marker, which takes an
// offset but is no record: with records at 0 to 6 and a marker at 7 the end is 7, not 8. A record without a value
// that is passed over counts as a marker. Before the first fetch, an end knows only where its reader begins, which is
// record.
type end struct {
	// tombstones says that records without a value are elements; they count as nothing otherwise.
	tombstones bool

	mu sync.Mutex
	// stable is Kafka's last stable offset: what lies below can be read.
	stable int64
	// last is behind everything that was fetched, and record behind the last record in it.
	last, record int64
	// openAt is where an open transaction of another producer begins, since when it was seen, and written where the
	// partition ends with what isn't committed. They are zero where there is none.
	openAt, written int64
	since           time.Time
}

// fetched notes what came with a fetch.
func (e *end) fetched(p kgo.FetchPartition) {
	if len(p.Records) == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stable = max(e.stable, p.LastStableOffset)
	e.last = p.Records[len(p.Records)-1].Offset + 1
	for i := len(p.Records) - 1; i >= 0; i-- {
		if r := p.Records[i]; !r.Attrs.IsControl() && (r.Value != nil || e.tombstones) {
			e.record = p.Records[i].Offset + 1
			return
		}
	}
}

// emptyFrom returns the offset up to which there is nothing but transaction markers from an offset on. It returns the
// same offset where that isn't known.
func (e *end) emptyFrom(offset int64) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if offset < e.record || offset > e.last {
		return offset
	}
	return max(e.last, offset)
}

// offset returns the offset behind the last record, -1 where it isn't known.
func (e *end) offset() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.last == 0:
		return -1
	case e.last >= e.stable:
		return e.record
	}
	return e.stable
}

// exhausted tells whether everything was fetched that can be read, as far as is known.
func (e *end) exhausted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last >= e.stable
}

// withhold notes that the partition can be read up to an offset, and that it ends at another.
func (e *end) withhold(stable, written int64, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case written <= stable:
		e.openAt, e.written, e.since = 0, 0, time.Time{}
	case e.since.IsZero() || e.openAt != stable:
		e.openAt, e.written, e.since = stable, written, now
	default:
		e.written = written
	}
}

// withheldNow returns how much lies in and behind an open transaction, and since when.
func (e *end) withheldNow() (records int64, since time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stable > e.openAt { // something was read since
		return 0, time.Time{}
	}
	return e.written - e.openAt, e.since
}

// ends are what the readers of a run know of the ends of their partitions. They are safe for concurrent use.
type ends struct {
	mu sync.Mutex
	// last holds the end that the last reader of each node and partition has seen.
	last map[nodePartition]*end
}

// A nodePartition is a node of the join tree in one partition.
type nodePartition struct{ node, partition int }

// watch says that a reader of a node was opened which sees this end.
func (es *ends) watch(node, partition int, e *end) {
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.last == nil {
		es.last = map[nodePartition]*end{}
	}
	es.last[nodePartition{node, partition}] = e
}

// of returns the end that the last reader of a node and partition has seen; nil where none was opened.
func (es *ends) of(node, partition int) *end {
	es.mu.Lock()
	defer es.mu.Unlock()
	return es.last[nodePartition{node, partition}]
}

// exhausted returns the ends of which all was fetched that can be read, as far as fetches have told.
func (es *ends) exhausted() map[nodePartition]*end {
	es.mu.Lock()
	defer es.mu.Unlock()
	found := map[nodePartition]*end{}
	for at, e := range es.last {
		if e.exhausted() {
			found[at] = e
		}
	}
	return found
}
