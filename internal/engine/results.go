package engine

import (
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// results are the encoded results of some calls, side by side in one buffer.
type results struct {
	callCounts
	count int
	bytes []byte
	items []result
}

// callCounts count calls: all, those of them that a policy gave up, and those whose results were filtered.
type callCounts struct{ calls, failed, filtered int64 }

func (c *callCounts) add(other *callCounts) {
	c.calls += other.calls
	c.failed += other.failed
	c.filtered += other.filtered
}

// A result is one, or several that the output has encoded itself, which together counts then: it is zero for others.
type result struct {
	output     int
	start, end int
	together   int
	key        []byte
	time       time.Time
	headers    []broker.Header
}

// A mark is how far results have come. The last item may grow behind it.
type mark struct{ count, bytes, items, together int }

func (r *results) mark() mark {
	m := mark{count: r.count, bytes: len(r.bytes), items: len(r.items)}
	if m.items > 0 {
		m.together = r.items[m.items-1].together
	}
	return m
}

func (r *results) reset() {
	r.callCounts = callCounts{}
	if len(r.items) > 0 {
		r.truncate(mark{})
	}
}

// truncate takes back what was appended since a mark.
func (r *results) truncate(to mark) {
	clear(r.items[to.items:])
	r.count, r.bytes, r.items = to.count, r.bytes[:to.bytes], r.items[:to.items]
	if to.together > 0 {
		last := &r.items[to.items-1]
		last.together, last.end = to.together, to.bytes
	}
}

// togetherBytes is how much results that lie together have at most: so much that a buffer is filled well.
const togetherBytes = bufferBytes / 4

// addTogether adds what was encoded from start on to the last item where that is of the same output.
func (r *results) addTogether(output, start int) {
	r.count++
	if n := len(r.items); n > 0 {
		last := &r.items[n-1]
		if last.together > 0 && last.output == output && len(r.bytes)-last.start <= togetherBytes {
			last.together++
			last.end = len(r.bytes)
			return
		}
	}
	r.items = append(r.items, result{output: output, start: start, end: len(r.bytes), together: 1})
}

func (r *results) appendAll(other *results) {
	r.callCounts.add(&other.callCounts)
	r.count += other.count
	if len(other.items) == 0 {
		return
	}
	shift := len(r.bytes)
	r.bytes = append(r.bytes, other.bytes...)
	for _, item := range other.items {
		item.start += shift
		item.end += shift
		r.items = append(r.items, item)
	}
}

// An encoder encodes results of the function for the output streams.
type encoder struct {
	streams []broker.Stream
	encode  []codec.Encode
	// own says for which streams the output encodes itself, see [broker.Encoder].
	own []bool
	// checker is the output, where it is one.
	checker broker.Checker
}

func newEncoder(streams []broker.Stream) (*encoder, error) {
	e := &encoder{streams: streams, encode: make([]codec.Encode, len(streams)), own: make([]bool, len(streams))}
	for i, s := range streams {
		var err error
		if e.encode[i], err = s.Codec.Encoder(s.Type); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// use has an output that is open encode and check what it wants to.
func (e *encoder) use(output broker.Output) {
	e.checker, _ = output.(broker.Checker)
	own, ok := output.(broker.Encoder)
	if !ok {
		return
	}
	for i := range e.streams {
		if encode := own.Encoder(i); encode != nil {
			e.encode[i], e.own[i] = encode, true
		}
	}
}

// append encodes element, a *T of the output stream, behind r. It takes the key and the time of the master record, where the
// stream doesn't say otherwise, and its headers where the stream says so.
func (e *encoder) append(r *results, output int, element any, master *broker.Record) error {
	start := len(r.bytes)
	encoded, err := e.encode[output](r.bytes, element)
	if err != nil {
		return err
	}
	r.bytes = encoded
	if e.own[output] {
		r.addTogether(output, start)
		return nil
	}
	item := result{output: output, start: start, end: len(encoded), key: master.Key, time: master.Time}
	if key := e.streams[output].Key; key != nil {
		item.key = key(element)
	}
	if at := e.streams[output].Time; at != nil {
		item.time = at(element)
	}
	if e.streams[output].PassHeaders {
		item.headers = master.Headers
	}
	if e.checker != nil {
		if err := e.checker.Check(output, item.key, encoded[start:]); err != nil {
			r.bytes = encoded[:start]
			return err
		}
	}
	r.items = append(r.items, item)
	r.count++
	return nil
}
