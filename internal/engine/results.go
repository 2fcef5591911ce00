package engine

import (
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// results are the encoded results of some calls, side by side in one buffer.
type results struct {
	calls int64
	bytes []byte
	items []result
	// idle is in how many commits in a row less than a quarter of the memory was needed.
	idle int
}

type result struct {
	output     int
	start, end int
	key        []byte
	time       time.Time
}

func (r *results) reset() {
	r.calls = 0
	if len(r.items) > 0 {
		r.truncate(0, 0)
	}
}

// keptBytes and keptItems are what results may have memory for however little of it they need, and keptIdle is for how
// many commits they may have more.
const (
	keptBytes = 16 << 10
	keptItems = 256
	keptIdle  = 16
)

// shrink lets go of memory of which less than a quarter was needed for some time, and reports that: or else every task
// would keep what it took in its busiest moment. Commits that are now large and now small keep theirs.
func (r *results) shrink() bool {
	if cap(r.bytes) <= max(4*len(r.bytes), keptBytes) && cap(r.items) <= max(4*len(r.items), keptItems) {
		r.idle = 0
		return false
	}
	if r.idle++; r.idle < keptIdle {
		return false
	}
	*r = results{calls: r.calls}
	return true
}

// truncate takes back what was appended since there were items and bytes as given.
func (r *results) truncate(items, bytes int) {
	clear(r.items[items:])
	r.items, r.bytes = r.items[:items], r.bytes[:bytes]
}

func (r *results) appendAll(other *results) {
	r.calls += other.calls
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

// broker returns the results as an output gets them, in the memory of list.
func (r *results) broker(list []broker.Result) []broker.Result {
	before := len(list)
	list = slices.Grow(list[:0], len(r.items))
	for _, item := range r.items {
		list = append(list, broker.Result{
			Stream: item.output,
			Value:  r.bytes[item.start:item.end:item.end],
			Key:    item.key,
			Time:   item.time,
		})
	}
	if before > len(list) {
		clear(list[len(list):before]) // keeps no key of an earlier commit alive
	}
	return list
}

// An encoder encodes results of the function for the output streams.
type encoder struct {
	streams []broker.Stream
	encode  []codec.Encode
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

// append encodes element, a *T of the output stream, behind r. It takes the key and the time of the master record, where
// the stream doesn't say otherwise.
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
	r.items = append(r.items, item)
	return nil
}
