package main

import (
	"reflect"

	"github.com/leat-go/leat/codec"
)

// A session is one run of a hand-written loop: what it has opened, and the first error of any of it.
type session struct {
	storage storage
	// decoder returns the decoder for the element types.
	decoder func(reflect.Type) (codec.Decode, error)
	// resume returns the offset from which each stream would be read again after a stop, in the order in which they were
	// opened. The loop sets it before its first result.
	resume func() []int64
	err    error
}

// A storage is where a loop reads and writes.
type storage interface {
	// open opens an input stream.
	open(stream string) (source, error)
	// create opens the output, to whose writer the session is given for its positions.
	create(*session) (sink, error)
	// close ends the output, if the session has no error, and releases everything.
	close(*session) error
}

// A source reads one stream.
type source interface {
	// next returns the next record, valid until the one after it; at the end, and after an error, nil.
	next() ([]byte, error)
	// offset returns the offset of the record read last.
	offset() int64
}

// A sink takes results, which it keeps.
type sink interface {
	// buffer returns what the next result is appended to.
	buffer() []byte
	write(result []byte) error
}

// runLoop runs a loop on a storage.
func runLoop(loop func(*session), on storage, decoder func(reflect.Type) (codec.Decode, error)) error {
	s := &session{storage: on, decoder: decoder}
	loop(s)
	s.fail(on.close(s))
	return s.err
}

func (s *session) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// A reader reads the elements of a stream, like a [bufio.Scanner].
type reader[T any] struct {
	session *session
	source  source
	decode  codec.Decode
	element T
}

func open[T any](s *session, stream string) *reader[T] {
	decode, err := s.decoder(reflect.TypeFor[T]())
	s.fail(err)
	source, err := s.storage.open(stream)
	s.fail(err)
	return &reader[T]{session: s, source: source, decode: decode}
}

// next reads the next element; it returns false at the end and after an error.
func (r *reader[T]) next() bool {
	if r.session.err != nil {
		return false
	}
	record, err := r.source.next()
	if record == nil || err != nil {
		r.session.fail(err)
		return false
	}
	r.element = *new(T)
	r.session.fail(r.decode(record, &r.element))
	return r.session.err == nil
}

// offset returns the offset of the element.
func (r *reader[T]) offset() int64 { return r.source.offset() }

// A writer writes the results.
type writer[T any] struct {
	session *session
	sink    sink
	encode  codec.Encode
}

func create[T any](s *session) *writer[T] {
	encode, err := codec.JSON.Encoder(reflect.TypeFor[T]())
	s.fail(err)
	sink, err := s.storage.create(s)
	s.fail(err)
	return &writer[T]{s, sink, encode}
}

func (w *writer[T]) write(element T) {
	if w.session.err != nil {
		return
	}
	result, err := w.encode(w.sink.buffer(), &element)
	w.session.fail(err)
	w.session.fail(w.sink.write(result))
}
