package pgoutput

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/quote"
)

// A Kind is how a value of a type looks as JSON.
type Kind int

// The kinds of types. A value of any other type is a string.
const (
	String Kind = iota
	Bool
	Number
	Document
	Date
	// Instantless is a timestamp without a time zone, Instant one with it.
	Instantless
	Instant
	Bytes
	Array
	Composite
)

// A Type is a column's.
type Type struct {
	Kind Kind
	// Element is the type of an array's elements, and Delimiter what is between them.
	Element   *Type
	Delimiter byte
	// Fields are those of a composite type.
	Fields []Field
}

// A Field is one of a composite type.
type Field struct {
	Name string
	Type *Type
}

// kinds holds the types that are PostgreSQL's own and no strings, by their numbers, and those of their arrays.
var kinds = map[uint32]Kind{
	16: Bool, 17: Bytes, 20: Number, 21: Number, 23: Number, 700: Number, 701: Number, 1700: Number, 114: Document,
	3802: Document, 1082: Date, 1114: Instantless, 1184: Instant,
	18: String, 19: String, 25: String, 26: String, 1042: String, 1043: String, 1083: String, 1266: String, 1186: String,
	2950: String, 869: String, 650: String, 829: String, 790: String, 3220: String, 1560: String, 1562: String,
}

// Builtin returns a type that is PostgreSQL's own by its number; nil where it isn't known.
func Builtin(number uint32) *Type {
	kind, ok := kinds[number]
	if !ok {
		return nil
	}
	return &Type{Kind: kind}
}

// Append appends a column's value as JSON. In a list or an object, times without a zone stay without one and bytes are
// hexadecimal, as row_to_json has them; a column's own value is an instant in UTC, and base64.
func (t *Type) Append(dst, text []byte) ([]byte, error) {
	switch t.Kind {
	case Bytes:
		return appendBase64(dst, text)
	case Instantless:
		return appendTime(dst, text, "+00:00"), nil
	}
	return t.appendNested(dst, text)
}

func (t *Type) appendNested(dst, text []byte) ([]byte, error) {
	switch t.Kind {
	case Bool:
		if string(text) == "t" {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	case Number:
		if len(text) == 0 || text[len(text)-1] > '9' { // NaN, Infinity
			return quote.AppendBytes(dst, text), nil
		}
		return append(dst, text...), nil
	case Document:
		return append(dst, text...), nil
	case Instantless:
		return appendTime(dst, text, ""), nil
	case Instant:
		return appendTime(dst, bytes.Replace(text, []byte("+00"), nil, 1), "+00:00"), nil
	case Array:
		return t.appendArray(dst, text)
	case Composite:
		return t.appendComposite(dst, text)
	}
	return quote.AppendBytes(dst, text), nil
}

// appendTime appends "2026-11-28 10:00:00" with a T, and a zone before what says that it was before Christ.
func appendTime(dst, text []byte, zone string) []byte {
	day, clock, ok := bytes.Cut(text, []byte(" "))
	if !ok { // infinity
		return quote.AppendBytes(dst, text)
	}
	clock, before := bytes.CutSuffix(clock, []byte(" BC"))
	dst = append(append(append(append(append(dst, '"'), day...), 'T'), clock...), zone...)
	if before {
		dst = append(dst, " BC"...)
	}
	return append(dst, '"')
}

func appendBase64(dst, text []byte) ([]byte, error) {
	digits, ok := bytes.CutPrefix(text, []byte(`\x`))
	if !ok {
		return nil, errors.New("a bytea isn't hexadecimal")
	}
	raw := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(raw, digits); err != nil {
		return nil, fmt.Errorf("a bytea: %w", err)
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, raw)
	return append(dst, '"'), nil
}
