package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// A Key is a value that has an order: true or false, a number, a text, a time or a duration. Equal numbers are equal
// keys, however they are written.
type Key struct {
	// n and d are those of a Value, and meta its kind, form and written, one byte behind the other: that is all of most keys,
	// and a join passes them about for each element.
	n    uint64
	meta uint32
	d    int32
	// more is the value where that is more.
	more *Value
}

func keyOf(v Value) Key {
	k := Key{n: v.n, meta: uint32(v.kind) | uint32(v.form)<<8, d: int32(v.d)}
	if v.written {
		k.meta |= 1 << 16
	}
	if v.ref != nil || v.text != "" || int64(k.d) != v.d {
		more := v
		k.more = &more
	}
	return k
}

func (k Key) value() Value {
	if k.more != nil {
		return *k.more
	}
	return Value{kind: Kind(k.meta), form: form(k.meta >> 8), written: k.meta>>16 != 0, n: k.n, d: int64(k.d)}
}

// wholeKey is the key that IntValue is.
func wholeKey(n int64) Key { return Key{n: uint64(n), meta: wholeMeta} }

const wholeMeta = uint32(Number) | uint32(whole)<<8

// isWhole reports whether the key is a whole number n.
func (k Key) isWhole() bool { return k.meta&0xFFFF == wholeMeta }

// Kind returns the kind of the key: Bool, Number, Text, Time, Duration, or Null for a key that is null; Unknown for
// the zero Key.
func (k Key) Kind() Kind { return Kind(k.meta) }

// IsNull reports whether the key is null: it matches nothing, and takes no part in the order.
func (k Key) IsNull() bool { return k.Kind() == Null }

// String returns the key as a message shows it: texts in quotes, numbers as the data write them. A quotient that
// isn't a decimal is cut off, as 0.3333333333333333….
func (k Key) String() string {
	if k.Kind() == Number {
		return k.value().shown()
	}
	if k.IsNull() {
		return "null"
	}
	switch x := k.value().native().(type) {
	case nil:
		return "none"
	case string:
		return fmt.Sprintf("%q", x)
	case time.Time:
		return x.Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(x)
	}
}

// Float returns the float64 nearest to a number; false for other keys.
func (k Key) Float() (float64, bool) {
	if k.Kind() != Number {
		return 0, false
	}
	return k.value().approx(), true
}

// Rat returns a number exactly; false for other keys, for infinite numbers, and for those with an exponent beyond
// 100,000.
func (k Key) Rat() (*big.Rat, bool) {
	if k.Kind() != Number {
		return nil, false
	}
	r, err := k.value().rat()
	if err != nil {
		return nil, false
	}
	return new(big.Rat).Set(r), true
}

// Bytes returns the key as that of a record: texts, times and durations as text, all else as JSON. Equal keys have
// equal bytes: numbers however they are written, and instants in whatever time zone, which become UTC.
func (k Key) Bytes() ([]byte, error) {
	switch v := k.value(); v.kind {
	case Number:
		v.text, v.written = "", false
		k = keyOf(v)
	case Time:
		v.ref = v.ref.(time.Time).UTC()
		k = keyOf(v)
	}
	encoded, err := k.MarshalJSON()
	if err == nil && encoded[0] == '"' {
		return []byte(Unquote(encoded)), nil
	}
	return encoded, err
}

// Text returns a text as it is; false for other keys.
func (k Key) Text() (string, bool) { return k.value().text, k.Kind() == Text }

// MarshalJSON encodes the key as a JSON number, text or truth value. The zero Key is null. A quotient that isn't a
// decimal is rounded to 34 digits, and an infinity is text.
func (k Key) MarshalJSON() ([]byte, error) {
	switch {
	case k.Kind() == Unknown:
		return []byte("null"), nil
	case k.Kind() == Number && !k.value().finite():
		return json.Marshal(k.String()) // JSON has no infinity
	}
	return k.value().AppendJSON(nil)
}

// A MatchValue is a key that == compares: those of equal keys are equal, and no others.
type MatchValue struct {
	kind Kind
	// n holds what fits, as most numbers do; text holds a text, and what doesn't fit in the form of AppendOrdered.
	n    int64
	text string
}

// MatchValue returns the key as a value that == compares. A null key has none.
func (k Key) MatchValue() MatchValue {
	v := k.value()
	switch v.kind {
	case Text:
		return MatchValue{kind: Text, text: v.text}
	case Bool, Duration:
		return MatchValue{kind: v.kind, n: v.int()}
	case Number:
		if v.isWhole() {
			return MatchValue{kind: Number, n: v.int()}
		}
		if n, ok := v.integerOfAnyForm(); ok {
			return MatchValue{kind: Number, n: n}
		}
	}
	return MatchValue{kind: v.kind, text: string(k.AppendOrdered(nil))}
}

// ErrNoOrder is in the error of a value that is no key.
var ErrNoOrder = errors.New("no order")

// NewKey makes a key of a value. It is an error if the value has no order.
func NewKey(v Value) (Key, error) {
	if err := v.ordered(); err != nil {
		return Key{}, err
	}
	return keyOf(v), nil
}

// ordered returns an error for a value that has no order.
func (v Value) ordered() error {
	switch v.kind {
	case Number:
		return v.canCompare()
	case Bool, Text, Time, Duration:
		return nil
	}
	return asNull(fmt.Errorf("it is %s, which has %w", v.describe(), ErrNoOrder), v.kind == Null)
}

// Compare returns -1, 0 or 1 as a is less than, equal to or greater than b. It is a total order over all keys: numbers
// are compared exactly, texts byte by byte, times as instants; keys of different kinds, which a join refuses, by kind.
func Compare(a, b Key) int {
	if a.isWhole() && b.isWhole() {
		return compareInts(int64(a.n), int64(b.n))
	}
	return compareValues(a.value(), b.value())
}

// compareValues is Compare for values that are keys.
func compareValues(a, b Value) int {
	if a.kind != b.kind {
		return compareInts(int64(a.kind), int64(b.kind))
	}
	switch a.kind {
	case Number:
		return compareNumbers(a, b)
	case Text:
		return strings.Compare(a.text, b.text)
	case Time:
		return a.ref.(time.Time).Compare(b.ref.(time.Time))
	}
	return compareInts(a.int(), b.int())
}
