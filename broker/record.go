package broker

import (
	"bytes"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/codec"
)

// A Record is what a stream holds for one element, before decoding.
type Record struct {
	// Offset is the record's position in its partition. Offsets grow along a partition, not necessarily by one; they are
	// never negative.
	Offset int64
	// Value holds the encoded element; nil where the record has no value, which an empty one isn't. It is not written to
	// after the record was returned by a Reader, unless that is a [ValueRecycler] and was given it back.
	Value []byte
	// Key and Headers are the record's, where the storage has them.
	Key     []byte
	Headers []Header
	// Time is when the record was made, where the storage knows it; zero otherwise.
	Time time.Time
	// Line and Column say where in a text the value begins, both counted from one, Column in characters; zero for
	// storages without lines. Column alone is zero where the value was made of a line, as of a row of cells: its bytes
	// stand nowhere.
	Line, Column int

	// Rows has the record's content in place of Value where the storage has it in another form than bytes; nil for most.
	Rows Rows

	// In says in which of several places that are read as one stream the record lies; nil where there is one.
	In *Within

	// stored is the offset in the storage, plus one, of a record that was ranked; zero for others.
	stored int64
}

// Rows are records of a storage that has them in another form than bytes, such as columns, and decodes them itself. They
// are safe for concurrent use, and never change.
type Rows interface {
	// Decode sets an element, a *T of the stream's that is zero, to what the record at an offset holds.
	Decode(offset int64, element any) error
	// Value returns the record at an offset in the form that the stream's codec decodes.
	Value(offset int64) ([]byte, error)
}

// BulkRows are Rows that decode records which lie one behind the other faster than each by itself.
type BulkRows interface {
	Rows
	// DecodeAll sets elements, each as Decode takes it, to what the records from an offset on hold, whose offsets grow by one. It
	// returns how many it has set: it stops before a record that is to be decoded by Decode, because that may fail or calls code
	// of a user, and what it sets in elements behind is what decoding sets there, too.
	DecodeAll(offset int64, elements []any) (n int)
}

// Ranked returns the record of a stream that a run puts in order as it reads it: its Offset is the record's rank in that
// order, and [Record.StoredOffset] what Offset was. Storages neither make nor get such records.
func (r *Record) Ranked(rank int64) Record {
	ranked := *r
	ranked.stored, ranked.Offset = r.Offset+1, rank
	return ranked
}

// StoredOffset returns the record's offset in its storage: Offset, but for a record that was ranked.
func (r *Record) StoredOffset() int64 {
	if r.stored > 0 {
		return r.stored - 1
	}
	return r.Offset
}

// Within is one of several places that are read as one stream, such as files.
type Within struct {
	// Stream is its name, for people.
	Stream string
	// First is the offset of the first record in it.
	First int64
}

// Places gives numbers to what [Record.In] of some records points at, for who keeps records as bytes. The zero value is
// good for use, by one goroutine.
type Places struct{ all []*Within }

// Number returns the number of a place; zero for none.
func (p *Places) Number(of *Within) int64 {
	if of == nil {
		return 0
	}
	for i := len(p.all); i > 0; i-- { // the last is likely
		if p.all[i-1] == of {
			return int64(i)
		}
	}
	p.all = append(p.all, of)
	return int64(len(p.all))
}

// Of returns the place of a number.
func (p *Places) Of(number int64) *Within {
	if number <= 0 || number > int64(len(p.all)) {
		return nil
	}
	return p.all[number-1]
}

// A Header is one of a record's headers.
type Header struct {
	Key   string
	Value []byte
}

// A Position says where a record is, as errors and logs name it.
type Position struct {
	// Stream is the stream's name: a topic, the path of a file.
	Stream string
	// Partition is the partition number, from zero.
	Partition int
	// Offset is the record's offset in the partition; -1 where it isn't known.
	Offset int64
	// Line and Column are the location in a text, from one; zero for streams without lines.
	Line, Column int
	// Byte is how many bytes of a file lie before the record, where it was not read from its beginning, so that offset
	// and, far from there, line aren't known; zero otherwise.
	Byte int64
	// At holds the values by which people find the record where offsets mean nothing to them, those of the columns that a
	// table's rows are ordered by, as (2026-11-29, 17); empty elsewhere.
	At string
	// Among says that Stream is one of several places that are read as one, so that it is part of where the record is.
	Among bool
}

// String returns "stream:line:column (offset n)" where there are lines, "stream, byte n" where these aren't known,
// "stream[partition] at (values)" where it has such, and "stream[partition]@offset" elsewhere.
func (p Position) String() string {
	if p.At != "" {
		return fmt.Sprintf("%s[%d] at %s", p.Stream, p.Partition, p.At)
	}
	if p.Line > 0 && p.Offset < 0 {
		return fmt.Sprintf("%s:%d:%d", p.Stream, p.Line, p.Column)
	}
	if p.Byte > 0 {
		return fmt.Sprintf("%s, byte %d", p.Stream, p.Byte)
	}
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d:%d (partition %d, offset %d)", p.Stream, p.Line, p.Column, p.Partition, p.Offset)
	}
	if p.Offset < 0 {
		return fmt.Sprintf("%s[%d]", p.Stream, p.Partition)
	}
	return fmt.Sprintf("%s[%d]@%d", p.Stream, p.Partition, p.Offset)
}

// A PositionError is an error with the position of the record that it is about. Brokers return it for what they find
// wrong in a stream, the engine for everything else; [errors.As] finds it.
type PositionError struct {
	Position Position
	Err      error
}

// Error returns the position and the cause.
func (e *PositionError) Error() string { return fmt.Sprintf("%s: %v", e.Position, e.Err) }

// Unwrap returns the cause.
func (e *PositionError) Unwrap() error { return e.Err }

// At returns the position of r, a record of the stream and partition given: in the one of several places that it lies in,
// where [Record.In] says so.
func (r *Record) At(stream string, partition int) Position {
	at := Position{Stream: stream, Partition: partition, Offset: r.StoredOffset(), Line: r.Line, Column: r.Column}
	if r.In != nil {
		at.Stream, at.Offset, at.Among = r.In.Stream, at.Offset-r.In.First, true
	}
	if at.Line > 0 {
		at.Column = max(at.Column, 1)
	}
	return at
}

// DecodeError returns err, the result of decoding r, as a PositionError. In a text it points at the very character
// where the codec knows it.
func (r *Record) DecodeError(stream string, partition int, err error) error {
	at := r.At(stream, partition)
	var where *codec.Error
	if r.Column > 0 && errors.As(err, &where) && where.Offset >= 0 && where.Offset <= len(r.Value) {
		before := r.Value[:where.Offset]
		if newlines := bytes.Count(before, []byte{'\n'}); newlines > 0 {
			at.Line += newlines
			at.Column = 1
			before = before[bytes.LastIndexByte(before, '\n')+1:]
		}
		at.Column += utf8.RuneCount(before)
	}
	return &PositionError{Position: at, Err: err}
}
