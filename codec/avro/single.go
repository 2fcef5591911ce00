package avro

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/codec"
)

// singleSize is the size of the header of Avro's single-object encoding: two bytes that mark it, and the fingerprint of the
// schema in eight.
const singleSize = 10

// SingleObject says that records without a registry are in Avro's single-object encoding: before the element stand a mark
// and the fingerprint of its schema, which must be that of the codec.
func SingleObject() Option {
	return func(f *format) { f.single = true }
}

func (f *format) checkSingle() error {
	if f.single && f.Registry != nil {
		return errors.New("avro.SingleObject is for records without avro.Registry, whose wire format has a schema's id")
	}
	return nil
}

// singleHeader returns what records without a registry begin with: nothing but for the single-object encoding.
func (f *format) singleHeader(schema *avrolib.Schema) []byte {
	if !f.single {
		return nil
	}
	hash := avrolib.NewRabin()
	hash.Write(schema.Canonical())
	return binary.LittleEndian.AppendUint64([]byte{0xC3, 0x01}, hash.Sum64())
}

// bare returns the decoder of records without a registry.
func (f *format) bare(schema *avrolib.Schema, decode func(data []byte, offset int, into any) error) codec.Decode {
	if !f.single {
		return func(data []byte, into any) error { return decode(data, 0, into) }
	}
	want := f.singleHeader(schema)
	return func(data []byte, into any) error {
		switch {
		case len(data) < singleSize || !bytes.HasPrefix(data, want[:2]):
			return &codec.Error{Err: errors.New("the mark c3 01 of Avro's single-object encoding is missing: " +
				"was the record written without it, or with a registry?")}
		case !bytes.Equal(data[:singleSize], want):
			return &codec.Error{Offset: 2, Err: fmt.Errorf("the record was written with a schema of the fingerprint %x, "+
				"and the one that is given has %x", data[2:singleSize], want[2:])}
		}
		return decode(data[singleSize:], singleSize, into)
	}
}
