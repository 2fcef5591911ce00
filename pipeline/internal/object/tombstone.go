package object

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/leat-go/leat/codec"
)

// OfTombstone returns the element that a record without a value is, where its stream says "tombstones: true": the
// object that is the record's key, and an empty one where the key is something else.
func OfTombstone(key []byte) []byte {
	if bytes.HasPrefix(bytes.TrimLeft(key, " \t\r\n"), []byte{'{'}) {
		return key
	}
	return []byte("{}")
}

// A TombstoneCodec decodes the keys of records without a value.
type TombstoneCodec struct {
	Codec
	// Keys is the codec of keys that aren't JSON, see [Codec.Of]; nil for others.
	Keys codec.Codec
}

// Decoder implements [codec.Codec].
func (c TombstoneCodec) Decoder(t reflect.Type) (codec.Decode, error) {
	decode, err := c.Of(nil).Decoder(t)
	if err != nil {
		return nil, err
	}
	if c.Keys != nil {
		decodeKey, err := c.Keys.Decoder(t)
		return func(key []byte, into any) error {
			var raw json.RawMessage
			if err := decodeKey(key, &raw); err != nil {
				return fmt.Errorf("the key: %w", err)
			}
			return decode(OfTombstone(raw), into)
		}, err
	}
	return func(key []byte, into any) error { return decode(OfTombstone(key), into) }, nil
}
