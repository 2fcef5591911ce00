package leattest

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/elements"
)

// A stream is a stream of the test, fed by it or written by mills.
type stream struct {
	name string
	// readings are the types that the stream is read as; the first is the type that it was declared with.
	readings []reading
	codec    codec.Codec
	// tombstones says that records without a value are elements.
	tombstones bool
	// partition is that of the option Partition.
	partition int
	// mistake is what is wrong with an option; empty where nothing is.
	mistake string
	// fed are the elements given to Stream, of one partition each; nil in a stream that mills write.
	fed []prefill
}

// A prefill is the first elements of a partition.
type prefill struct {
	partition int
	add       func(b *memory.Broker, stream string, partition int) error
}

// A reading is an element type that a stream is read as.
type reading struct {
	typ     reflect.Type
	as      string
	declare func(name string, options ...memory.StreamOption) memory.Option
}

func readingOf[T any](as string) reading {
	return reading{typ: elements.TypeFor[T](), as: as, declare: memory.Stream[T]}
}

func (r reading) same(other reading) bool { return r.typ == other.typ && r.as == other.as }

// String returns the reading as errors name it: the type, and the name of Named behind a slash.
func (r reading) String() string {
	if r.as == "" {
		return r.typ.String()
	}
	return r.typ.String() + "/" + r.as
}

func (s *stream) String() string { return s.readings[0].String() }

// input says that the test feeds the stream, and mills don't write it.
func (s *stream) input() bool { return s.fed != nil }

func (s *stream) fill(b *memory.Broker) error {
	for _, fed := range s.fed {
		if err := fed.add(b, s.name, fed.partition); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the elements of other, which is the same stream in another partition. It returns false where other is
// something else.
func (s *stream) merge(other *stream) bool {
	if other.mistake != "" || !s.input() || !other.input() || !s.readings[0].same(other.readings[0]) {
		return false
	}
	fed := other.fed[0]
	if slices.ContainsFunc(s.fed, func(p prefill) bool { return p.partition == fed.partition }) {
		return false
	}
	s.fed = append(slices.Clone(s.fed), fed)
	s.readings = append(slices.Clone(s.readings), other.readings[1:]...)
	return true
}

func (s *stream) declarations(partitions int) []memory.Option {
	var declared []memory.Option
	for _, r := range s.readings {
		options := []memory.StreamOption{memory.Partitions(partitions), memory.Codec(s.codec), memory.Named(r.as)}
		if s.tombstones {
			options = append(options, memory.Tombstones())
		}
		declared = append(declared, r.declare(s.name, options...))
	}
	return declared
}

func newStream[T any](options []StreamOption) *stream {
	s := &stream{readings: []reading{readingOf[T]("")}, codec: codec.JSON}
	for i, option := range options {
		if option == nil {
			s.mistake = fmt.Sprintf("option %d of a stream of %s is nil; leave it out", i+1, s)
			continue
		}
		option.declare(s)
	}
	if s.name == "" {
		s.name = s.String()
	}
	return s
}

// Stream declares a stream that the test feeds, with its first elements, which may be none. They are encoded by the
// stream's codec and decoded again, as in production, so that the names of their members are tested as well. A stream
// of *T is one of T: each may be read, fed and looked at as the other.
//
// The elements are in partition 0 unless a [Partition] is given. A stream that is declared again with another Partition
// has elements there, too: all streams have as many partitions as the highest one asks for.
func Stream[T any](first []T, options ...StreamOption) Option {
	return func(p *plan) {
		s := newStream[T](options)
		s.fed = []prefill{{s.partition, func(b *memory.Broker, stream string, partition int) error {
			return memory.Append(b, stream, partition, first...)
		}}}
		p.add(s)
	}
}

// Result declares a stream that mills write. Other mills may read it: then theirs must run after, or beside, the one
// that writes it.
func Result[T any](options ...StreamOption) Option {
	return func(p *plan) { p.add(newStream[T](options)) }
}

// A StreamOption is an option of [Stream] and [Result].
type StreamOption interface {
	declare(*stream)
}

type streamOption func(*stream)

func (o streamOption) declare(s *stream) { o(s) }

// ReadAs declares that the stream is read as elements of type T, too, under the name of [Named] where one is given: the
// other side of a self-join.
func ReadAs[T any](as ...Named) StreamOption {
	return streamOption(func(s *stream) {
		if len(as) == 0 {
			as = []Named{""}
		}
		for _, name := range as {
			s.readings = append(s.readings, readingOf[T](string(name)))
		}
	})
}

// Codec sets the stream's codec, the one that it has in production; [codec.JSON] without it.
func Codec(c codec.Codec) StreamOption {
	return streamOption(func(s *stream) {
		if c == nil {
			s.mistake = fmt.Sprintf("the codec of the stream of %s is nil; leave leattest.Codec out for codec.JSON", s)
			return
		}
		s.codec = c
	})
}

// Tombstones has records without a value, which [FeedRecords] feeds, read as elements; see kafka.Tombstones. Without it
// they are passed over.
func Tombstones() StreamOption {
	return streamOption(func(s *stream) { s.tombstones = true })
}

// StreamName sets what the stream is called, where leat.Record, dead letters and errors say it; without it that is its
// element type.
func StreamName(name string) StreamOption {
	return streamOption(func(s *stream) { s.name = name })
}

// Named tells several streams of one element type apart, as leat.Named does. It is an option of the stream, and a
// [Selector] of it.
type Named string

func (n Named) declare(s *stream) { s.readings[0].as = string(n) }

func (n Named) selects(s *selection) { s.as = string(n) }

// Partition is the number of a partition, from zero. It is an option of [Stream], and a [Selector] of a partition.
type Partition int

func (n Partition) declare(s *stream) { s.partition = int(n) }

func (n Partition) selects(s *selection) { s.partition, s.given = int(n), true }

// A Selector says which stream of an element type is meant, by [Named], and which partition, by [Partition].
type Selector interface {
	selects(*selection)
}

// A selection is what selectors say; given says that a partition was.
type selection struct {
	as        string
	partition int
	given     bool
}

func selected(which []Selector) selection {
	var s selection
	for _, selector := range which {
		selector.selects(&s)
	}
	return s
}

// find returns the stream of an element type and a name: one that the test feeds, or one that mills write.
func (b *Broker) find(t reflect.Type, as string, input bool) (*stream, error) {
	wanted := reading{typ: t, as: as}
	kind, declare := "stream that mills write", "leattest.Result"
	if input {
		kind, declare = "stream that the test feeds", "leattest.Stream"
	}
	var others []string
	for _, s := range b.streams {
		if s.input() != input {
			continue
		}
		if s.readings[0].same(wanted) {
			return s, nil
		}
		others = append(others, s.String())
	}
	return nil, fmt.Errorf("there is no %s of %v; declared by %s are %v", kind, wanted, declare, others)
}
