package codec

import (
	stdjson "encoding/json"
	"io"
	"reflect"
	"sync"

	fastjson "github.com/goccy/go-json"

	"github.com/leat-go/leat/internal/variable"
)

// JSON is the default codec: one JSON value a record, an object for a struct.
//
// What comes out is what encoding/json gives: names match regardless of case where none matches exactly, the last of
// several equal members wins, members that the struct doesn't name are skipped (but must be valid JSON), null leaves a
// value as it is, invalid UTF-8 becomes U+FFFD, and the methods of json.Unmarshaler and encoding.TextUnmarshaler are
// heard. It deliberately differs in three places: a record that is null is an error where the element is a struct,
// since a silent zero element would join with others; strings are written without escaping '<', '>' and '&', as
// json.Encoder does after SetEscapeHTML(false); and a type with a member that can't be decoded or encoded at all, such
// as a channel, is refused when the mill is built, not when the first such value comes.
//
// Decoded elements hold copies: a string that a function keeps doesn't keep the record that it came from. Errors of
// both directions are an [*Error]; the bytes that an Encode returns beside an error are those of dst, unchanged. JSON,
// its decoders and its encoders are safe for concurrent use.
//
// Records of flat structs as programs mostly write them are decoded here. The decoder of others is github.com/goccy/go-json
// for the types for which it is proved equal to encoding/json, and encoding/json itself for the rest. So is the encoder
// where a type has methods but those of time.Time, maps, interfaces or itself in it; others are compiled:
// docs/decoders.md in the repository tells which and why.
var JSON Codec = jsonCodec{}

type jsonCodec struct{}

// Decoder implements Codec.
func (jsonCodec) Decoder(t reflect.Type) (Decode, error) {
	fast, err := inspect(t, decoding)
	if err != nil {
		return nil, err
	}
	unmarshal := stdjson.Unmarshal
	if fast {
		unmarshal = func(data []byte, into any) error { return fastjson.Unmarshal(data, into) }
	}
	nullable := t.Kind() != reflect.Struct || hasMethods(t, decoding)
	var own *direct
	if !nullable {
		own = newDirect(t)
	}
	return func(data []byte, into any) error {
		if own != nil && own.decode(data, into) {
			return nil
		}
		if err := unmarshal(data, into); err != nil {
			return explain(data, t, err)
		}
		if at := nullAt(data); at >= 0 && !nullable {
			return &Error{Offset: at, Err: mismatchError([]byte("null"), target{typ: t}, nil)}
		}
		return nil
	}, nil
}

// Copies implements [Copier].
func (jsonCodec) Copies(reflect.Type) bool { return true }

// nullAt returns the offset of the null that data, which is valid JSON, consists of; -1 where it is something else.
func nullAt(data []byte) int {
	for i, c := range data {
		if !isSpace(c) {
			if c == 'n' {
				return i
			}
			return -1
		}
	}
	return -1
}

// Encoder implements Codec.
func (jsonCodec) Encoder(t reflect.Type) (Encode, error) {
	fast, err := inspect(t, encoding)
	if err != nil {
		return nil, err
	}
	encode := library(fast)
	c := compiler{within: map[reflect.Type]bool{}}
	own := c.compile(t)
	return func(dst []byte, element any) ([]byte, error) {
		if own != nil {
			if extended, ok := own(dst, variable.In(element)); ok {
				return extended, nil
			}
		}
		extended, err := encode(dst, element)
		if err != nil {
			return dst, explainEncode(element, err)
		}
		return extended, nil
	}, nil
}

// An appender collects what its encoder writes. Encoders are kept in a pool, since making one for each element, or
// having one make a new slice for each, costs an allocation.
type appender struct {
	dst    []byte
	encode func(element any) error
}

// Write implements io.Writer.
func (a *appender) Write(p []byte) (int, error) {
	a.dst = append(a.dst, p...)
	return len(p), nil
}

// library returns the Encode of a library: of the fast one, or of encoding/json.
func library(fast bool) Encode {
	pool := sync.Pool{New: func() any {
		a := &appender{}
		a.encode = newEncoder(a, fast)
		return a
	}}
	return func(dst []byte, element any) ([]byte, error) {
		a := pool.Get().(*appender)
		a.dst = dst
		err := a.encode(element)
		extended := a.dst
		a.dst = nil
		pool.Put(a)
		if err != nil {
			return dst, err
		}
		return extended[:len(extended)-1], nil // without the line feed that encoders write
	}
}

// newEncoder returns the function that writes an element and a line feed to w.
func newEncoder(w io.Writer, fast bool) func(element any) error {
	if fast {
		e := fastjson.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode
	}
	e := stdjson.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode
}
