package engine

import (
	"sync"

	"github.com/leat-go/leat/broker"
)

// bufferItems and bufferBytes are what a buffer has room for: small, since each of a thousand tasks may have one that
// is hardly begun.
const (
	bufferItems = 64
	bufferBytes = 4 << 10
)

// A buffer holds a few results that wait for their commit, side by side in one piece of memory. It never grows, so
// that results can refer to it.
type buffer struct {
	bytes []byte
	items []broker.Result
}

// bufferPool holds empty buffers for all tasks: what one has needed in its busiest moment is another's in the next.
var bufferPool = sync.Pool{New: func() any { return newBuffer(bufferItems, bufferBytes) }}

func newBuffer(items, bytes int) *buffer {
	return &buffer{bytes: make([]byte, 0, bytes), items: make([]broker.Result, 0, items)}
}

// fits returns how many of the results, from the first on, there is room for.
func (s *buffer) fits(items []result) int {
	n := min(len(items), cap(s.items)-len(s.items))
	room := cap(s.bytes) - len(s.bytes)
	for n > 0 && items[n-1].end-items[0].start > room {
		n--
	}
	return n
}

// append copies results for which there is room. Those that lie together go on where the last ones end.
func (s *buffer) append(items []result, bytes []byte) {
	first := items[0].start
	value := s.bytes[len(s.bytes):cap(s.bytes)]
	s.bytes = append(s.bytes, bytes[first:items[len(items)-1].end]...)
	for i := range items {
		item := &items[i]
		if s.goesOn(item) {
			continue
		}
		end := item.end - first
		capacity := end
		if item.together > 0 {
			capacity = cap(value) // for those that go on
		}
		s.items = append(s.items, broker.Result{
			Stream:  item.output,
			Count:   item.together,
			Value:   value[item.start-first : end : capacity],
			Key:     item.key,
			Time:    item.time,
			Headers: item.headers,
		})
	}
}

// goesOn adds a result that was copied to the last one where both lie together.
func (s *buffer) goesOn(item *result) bool {
	if item.together == 0 || len(s.items) == 0 {
		return false
	}
	last := &s.items[len(s.items)-1]
	if last.Count == 0 || last.Stream != item.output {
		return false
	}
	last.Count += item.together
	last.Value = last.Value[:len(last.Value)+item.end-item.start]
	return true
}

// buffers are the results of some calls that wait for their commit.
type buffers struct {
	callCounts
	// count and size are those of the results.
	count, size int
	list        []*buffer
}

// add copies results.
func (s *buffers) add(r *results) {
	s.callCounts.add(&r.callCounts)
	s.count += r.count
	s.size += len(r.bytes)
	for items := r.items; len(items) > 0; {
		n := 0
		if len(s.list) > 0 {
			n = s.list[len(s.list)-1].fits(items)
		}
		if n == 0 {
			s.list = append(s.list, bufferFor(&items[0]))
			continue
		}
		s.list[len(s.list)-1].append(items[:n], r.bytes)
		items = items[n:]
	}
}

// bufferFor returns an empty buffer that has room for a result at least.
func bufferFor(r *result) *buffer {
	if size := r.end - r.start; size > bufferBytes {
		return newBuffer(1, size)
	}
	return bufferPool.Get().(*buffer)
}

// length returns how many broker.Results these are.
func (s *buffers) length() (n int) {
	for _, b := range s.list {
		n += len(b.items)
	}
	return n
}

// appendTo appends the results to a list for an output. They are valid until the buffers are freed.
func (s *buffers) appendTo(list []broker.Result) []broker.Result {
	for _, b := range s.list {
		list = append(list, b.items...)
	}
	return list
}

// free frees the results.
func (s *buffers) free() {
	for i, b := range s.list {
		s.list[i] = nil
		if cap(b.bytes) > bufferBytes {
			continue
		}
		clear(b.items) // keeps no key alive
		b.bytes, b.items = b.bytes[:0], b.items[:0]
		bufferPool.Put(b)
	}
	*s = buffers{list: s.list[:0]}
}
