package broker

import (
	"bytes"
	"reflect"

	"github.com/leat-go/leat/codec"
)

// HasValue reports whether a record that a Reader has returned has a value. One without, a tombstone, says that its key
// has none any more.
func (r *Record) HasValue() bool { return r.Value != nil }

// TakeTombstones declares that records without a value are elements of the stream, whose fields are those of the
// record's key where that is a JSON object, and zero otherwise.
func (s *Stream) TakeTombstones() { s.Tombstones = keyFields{} }

// keyFields decodes keys.
type keyFields struct{}

// Decoder implements [codec.Codec].
func (keyFields) Decoder(t reflect.Type) (codec.Decode, error) {
	decode, err := codec.JSON.Decoder(t)
	if err != nil {
		return nil, err
	}
	return func(key []byte, into any) error {
		if !bytes.HasPrefix(bytes.TrimLeft(key, " \t\r\n"), []byte{'{'}) {
			return nil
		}
		return decode(key, into)
	}, nil
}

// Encoder implements [codec.Codec].
func (keyFields) Encoder(t reflect.Type) (codec.Encode, error) { return codec.JSON.Encoder(t) }
