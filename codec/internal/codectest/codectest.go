// Package codectest is what the tests of the codecs have in common.
package codectest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/leat-go/leat/codec"
)

// Encode returns an element in a codec's form.
func Encode[T any](t testing.TB, c codec.Codec, element T) []byte {
	t.Helper()
	encode, err := c.Encoder(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	data, err := encode([]byte("before"), &element)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.TrimPrefix(string(data), "before"))
}

// Decode returns the element that a record is to a codec.
func Decode[T any](t testing.TB, c codec.Codec, data []byte) (*T, error) {
	t.Helper()
	decode, err := c.Decoder(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	into := new(T)
	return into, decode(data, into)
}

// WantError checks that an error says what it must.
func WantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error is\n\t%v\nwithout\n\t%s", err, part)
		}
	}
}

// LocationSchema is the Avro schema of a record with a time, x and y.
const LocationSchema = `{"type":"record","name":"Location","fields":[` +
	`{"name":"time","type":"long"},{"name":"x","type":"double"},{"name":"y","type":"double"}]}`
