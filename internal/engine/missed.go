package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
)

// A span is a range of right keys that parents' elements have done without while a stream was idle: each of these would
// have taken an element with such a key, so that one that comes then is late (R13). from is the lowest key, open where that is
// nil, and to is above the highest. Both are bytes in the order of the keys. by tells apart the values of the match keys; zero
// stands for any.
//
// A key with a byte of zero behind it is next to that key: nothing lies between them. So a bound is a key, or is just above it.
type span struct {
	from, to []byte
	by       uint64
}

func (s *span) has(right []byte, by uint64) bool {
	return bytes.Compare(right, s.from) >= 0 && bytes.Compare(right, s.to) < 0 && (s.by == 0 || by == 0 || s.by == by)
}

// missed are the spans of an idle period, in the order in which they came. They are never changed, so that a commit may
// have those of a while ago.
type missed struct {
	spans []span
	text  string // once it is known
}

// missedLimit is how many bytes of spans a commit keeps; what is over is kept with less detail. A storage may have no more
// room: Kafka keeps 4 KiB for all nodes of a topic.
const missedLimit = 600

// with returns what is missed where a span is, too.
func (m *missed) with(s span) *missed {
	spans := make([]span, 0, len(m.spans)+1)
	for _, o := range m.spans {
		switch {
		case o.covers(&s):
			return m
		case o.by == s.by && o.touches(&s):
			s = o.joined(&s)
		default:
			spans = append(spans, o)
		}
	}
	spans = append(spans, s)
	for size(spans) > missedLimit && len(spans) > 1 {
		spans = coarser(spans)
	}
	return &missed{spans: spans}
}

// from returns those that have keys from the one given on. Elements come in order, so that all else is over.
func (m *missed) from(right []byte) *missed {
	isOver := func(s span) bool { return bytes.Compare(s.to, right) <= 0 }
	if !slices.ContainsFunc(m.spans, isOver) {
		return m
	}
	return &missed{spans: slices.DeleteFunc(slices.Clone(m.spans), isOver)}
}

func (m *missed) has(right []byte, by uint64) bool {
	return slices.ContainsFunc(m.spans, func(s span) bool { return s.has(right, by) })
}

func (s *span) covers(o *span) bool {
	return (s.by == 0 || s.by == o.by) && bytes.Compare(s.from, o.from) <= 0 && bytes.Compare(s.to, o.to) >= 0
}

// touches reports whether no key lies between two spans.
func (s *span) touches(o *span) bool {
	return bytes.Compare(s.from, o.to) <= 0 && bytes.Compare(o.from, s.to) <= 0
}

// joined returns the span of both, and of what lies between them.
func (s *span) joined(o *span) span {
	j := span{s.from, s.to, s.by}
	if bytes.Compare(o.from, j.from) < 0 {
		j.from = o.from
	}
	if bytes.Compare(o.to, j.to) > 0 {
		j.to = o.to
	}
	if o.by != s.by {
		j.by = 0
	}
	return j
}

// coarser returns one span less: the oldest two with the same match keys become one, with what lies between them; or, where
// no two have, the oldest two whatever their match keys. All that the others have stays exact.
func coarser(spans []span) []span {
	a, b := 0, 1
	for i := range spans {
		if j := slices.IndexFunc(spans[i+1:], func(s span) bool { return s.by == spans[i].by }); j >= 0 {
			a, b = i, i+1+j
			break
		}
	}
	spans[b] = spans[a].joined(&spans[b])
	return slices.Delete(spans, a, a+1)
}

// size is how many bytes spans take where they are kept.
func size(spans []span) (n int) {
	for i := range spans {
		n += len(spans[i].from) + len(spans[i].to) + 11
	}
	return n
}

// String returns the spans as a commit keeps them: base64 of the lengths and bytes of their bounds, and of by.
func (m *missed) String() string {
	if m.text == "" && len(m.spans) > 0 {
		var b []byte
		for _, s := range m.spans {
			b = append(binary.AppendUvarint(b, uint64(len(s.from))), s.from...)
			b = append(binary.AppendUvarint(b, uint64(len(s.to))), s.to...)
			b = binary.BigEndian.AppendUint64(b, s.by)
		}
		m.text = base64.RawStdEncoding.EncodeToString(b)
	}
	return m.text
}

func readMissed(kept string) (*missed, error) {
	b, err := base64.RawStdEncoding.DecodeString(kept)
	m := &missed{text: kept}
	for len(b) > 0 && err == nil {
		var s span
		s.from, b, err = cutBound(b)
		if err == nil {
			s.to, b, err = cutBound(b)
		}
		if err == nil && len(b) < 8 {
			err = errCutShort
		}
		if err == nil {
			s.by, b = binary.BigEndian.Uint64(b), b[8:]
			m.spans = append(m.spans, s)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("what is kept of an idle stream, %q, is damaged: %w", kept, err)
	}
	return m, nil
}

var errCutShort = errors.New("it is cut short")

func cutBound(b []byte) (bound, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, errCutShort
	}
	end := n + int(size)
	return b[n:end], b[end:], nil
}

// justAbove returns the bound next to a key. It may use the key's memory.
func justAbove(key []byte) []byte { return append(key, 0) }

// fingerprint tells values of match keys apart, in this run and in later ones; zero where that isn't possible. That two
// values have one is as good as impossible, and would only make an element late that isn't.
func fingerprint(value any) uint64 {
	d := digest(14695981039346656037)
	if !d.add(reflect.ValueOf(value)) {
		return 0
	}
	return max(uint64(d), 1)
}

// A digest is a hash by FNV-1a.
type digest uint64

// add adds a value: what == finds equal has one digest. false where a value isn't the same in another run.
func (d *digest) add(v reflect.Value) bool {
	switch kind := v.Kind(); {
	case v.CanInt():
		return d.addNumber(uint64(v.Int()))
	case v.CanUint():
		return d.addNumber(v.Uint())
	case v.CanFloat():
		return d.addNumber(math.Float64bits(v.Float() + 0)) // of the two zeros, which are equal, the positive one
	case kind == reflect.Bool && v.Bool():
		return d.addNumber(1)
	case kind == reflect.Bool:
		return d.addNumber(0)
	case kind == reflect.String:
		return d.addText(v.String())
	case kind == reflect.Interface && !v.IsNil():
		return d.addText(v.Elem().Type().String()) && d.add(v.Elem())
	case kind == reflect.Struct:
		for field, value := range v.Fields() {
			if field.Name != "_" && !d.add(value) {
				return false
			}
		}
		return true
	case kind == reflect.Array:
		for i := range v.Len() {
			if !d.add(v.Index(i)) {
				return false
			}
		}
		return true
	}
	return false
}

func (d *digest) addNumber(n uint64) bool {
	for range 8 {
		*d, n = (*d^digest(n&255))*1099511628211, n>>8
	}
	return true
}

func (d *digest) addText(text string) bool {
	for i := range len(text) {
		*d = (*d ^ digest(text[i])) * 1099511628211
	}
	return d.addNumber(uint64(len(text)))
}
