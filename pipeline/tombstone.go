package pipeline

import (
	"bytes"
	"reflect"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/pipeline/topic"
)

// A record without a value is an element where its stream says "tombstones: true": the object that is the record's key, and an
// empty one where the key is something else.

// keyObject returns the element of a record without a value.
func keyObject(key []byte) []byte {
	if bytes.HasPrefix(bytes.TrimLeft(key, " \t\r\n"), []byte{'{'}) {
		return key
	}
	return []byte("{}")
}

// ofTombstones returns what is read of records without a value; nil where they are passed over.
func (r reading) ofTombstones() topic.Tombstones {
	if !r.tombstones {
		return nil
	}
	return keyObject
}

// A tombstoneCodec decodes the keys of records without a value.
type tombstoneCodec struct{ codec.Codec }

// Decoder implements [codec.Codec].
func (c tombstoneCodec) Decoder(t reflect.Type) (codec.Decode, error) {
	decode, err := c.Codec.Decoder(t)
	if err != nil {
		return nil, err
	}
	return func(key []byte, into any) error { return decode(keyObject(key), into) }, nil
}
