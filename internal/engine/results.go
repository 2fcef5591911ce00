package engine

import (
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// results are the encoded results of some calls, side by side in one buffer.
type results struct {
	callCounts
	bytes []byte
	items []result
}

// callCounts count calls: all, those of them that a policy gave up, and those whose results were filtered.
type callCounts struct{ calls, failed, filtered int64 }

func (c *callCounts) count(other *callCounts) {
	c.calls += other.calls
	c.failed += other.failed
	c.filtered += other.filtered
}

type result struct {
	output     int
	start, end int
	key        []byte
	time       time.Time
	headers    []broker.Header
}

func (r *results) reset() {
	r.callCounts = callCounts{}
	if len(r.items) > 0 {
		r.truncate(0, 0)
	}
}

// truncate takes back what was appended since there were items and bytes as given.
func (r *results) truncate(items, bytes int) {
	clear(r.items[items:])
	r.items, r.bytes = r.items[:items], r.bytes[:bytes]
}

func (r *results) appendAll(other *results) {
	r.count(&other.callCounts)
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
	// checker is the output, where it is one.
	checker broker.Checker
}

func newEncoder(streams []broker.Stream) (*encoder, error) {
	e := &encoder{streams: streams, encode: make([]codec.Encode, len(streams))}
	for i, s := range streams {
		var err error
		if e.encode[i], err = s.Codec.Encoder(s.Type); err != nil {
			return nil, err
		}
	}
	return e, nil
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
	return nil
}
