package codec

import (
	"encoding/json"
	"reflect"
)

// JSON is the default codec.
var JSON Codec = jsonCodec{}

type jsonCodec struct{}

func (jsonCodec) Decoder(reflect.Type) (Decode, error) {
	return func(data []byte, into any) error { return json.Unmarshal(data, into) }, nil
}

func (jsonCodec) Encoder(reflect.Type) (Encode, error) {
	return func(dst []byte, element any) ([]byte, error) {
		b, err := json.Marshal(element)
		return append(dst, b...), err
	}, nil
}
