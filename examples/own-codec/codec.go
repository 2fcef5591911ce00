package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/leat-go/leat/codec"
)

// envelopes is the codec of elements that travel in envelopes. The elements themselves are left to codec.JSON.
type envelopes struct {
	// kind is what the envelopes have as their type.
	kind string
}

// An envelope says what is in it.
type envelope struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// Decoder implements codec.Codec. It is asked once for each type, and what it returns is called for every record.
func (e envelopes) Decoder(t reflect.Type) (codec.Decode, error) {
	inner, err := codec.JSON.Decoder(t)
	if err != nil {
		return nil, err
	}
	return func(record []byte, into any) error {
		var outer envelope
		if err := json.Unmarshal(record, &outer); err != nil {
			return err
		}
		if outer.Type != e.kind {
			return &codec.Error{Offset: -1, Field: "type", Err: fmt.Errorf("%q stands where %q is wanted", outer.Type, e.kind)}
		}
		return inData(inner(outer.Data, into))
	}, nil
}

// inData says of an error in the data where it is in the record.
func inData(err error) error {
	var where *codec.Error
	if errors.As(err, &where) {
		field := strings.TrimSuffix("data."+where.Field, ".")
		return &codec.Error{Offset: -1, Field: field, Err: where.Err}
	}
	return err
}

// Encoder implements codec.Codec.
func (e envelopes) Encoder(t reflect.Type) (codec.Encode, error) {
	inner, err := codec.JSON.Encoder(t)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, element any) ([]byte, error) {
		data, err := inner(nil, element)
		if err != nil {
			return dst, err
		}
		record, err := json.Marshal(envelope{e.kind, data})
		return append(dst, record...), err
	}, nil
}
