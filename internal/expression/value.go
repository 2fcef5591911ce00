package expression

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"time"
)

// Kind is the kind of a value.
type Kind uint8

// The kinds of values. Unknown is the kind of an expression whose kind shows only when it is evaluated.
const (
	Unknown Kind = iota
	Null
	Bool
	Number
	Text
	Time
	Duration
	Other
)

// String returns the kind as it reads behind "is" in a message.
func (k Kind) String() string {
	names := [...]string{"unknown", "null", "true or false", "a number", "text", "a time", "a duration", "a list or object"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// A Value is what an expression is about: a field, an intermediate result, the result. The zero Value has kind Unknown
// and stands for nothing.
//
// Numbers come in four forms, so that nothing is rounded before it must be; see form.
type Value struct {
	kind Kind
	form form
	// n holds a whole number, a fraction's numerator, a floating number's bits, a boolean or a duration.
	n uint64
	// d is a fraction's denominator, greater than one, not always reduced.
	d int64
	// text is that of a text.
	text string
	// ref holds the *big.Rat of an exact number, a time.Time, or the Go value of a list or object.
	ref any
}

// form says how a Value holds a number.
type form uint8

const (
	// whole is an integer that fits into int64.
	whole form = iota
	// fraction is a quotient of two int64 that is (or was, when it was made) no integer.
	fraction
	// floating is a float64.
	floating
	// exact is a rational number that fits none of the other exact forms.
	exact
)

// NullValue returns null.
func NullValue() Value { return Value{kind: Null} }

// IntValue returns a whole number.
func IntValue(n int64) Value { return Value{kind: Number, form: whole, n: uint64(n)} }

// UintValue returns a whole number.
func UintValue(n uint64) Value {
	if n>>63 == 0 {
		return IntValue(int64(n))
	}
	return ratValue(new(big.Rat).SetInt(new(big.Int).SetUint64(n)))
}

// TextValue returns a text.
func TextValue(s string) Value { return Value{kind: Text, text: s} }

// BoolValue returns true or false.
func BoolValue(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.n = 1
	}
	return v
}

// OtherValue returns a list or an object: a []any, a map[string]any or a [json.RawMessage].
func OtherValue(x any) Value { return Value{kind: Other, ref: x} }

// Kind returns the value's kind.
func (v Value) Kind() Kind { return v.kind }

func (v Value) int() int64     { return int64(v.n) }
func (v Value) float() float64 { return floatFromBits(v.n) }

// maxDigits bounds numbers in JSON, so that a hostile one can't cost more than reading it.
const maxDigits = 1000

// ParseNumber returns the number that a JSON number's text stands for: whole numbers keep all digits, others are the
// nearest float64. It reports whether there is one: not for what is beyond float64 or has more than 1,000 digits.
func ParseNumber(text string) (Value, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return IntValue(n), true
	}
	if len(text) > maxDigits {
		return Value{}, false
	}
	if n, ok := new(big.Int).SetString(text, 10); ok {
		return ratValue(new(big.Rat).SetInt(n)), true
	}
	f, err := strconv.ParseFloat(text, 64)
	return floatValue(f), err == nil
}

// ValueOf returns the value of a Go value. What isn't a boolean, number, text, time or duration is a list or object.
func ValueOf(x any) Value {
	switch x := x.(type) {
	case nil:
		return NullValue()
	case Value:
		return x
	case bool:
		return BoolValue(x)
	case int:
		return IntValue(int64(x))
	case int64:
		return IntValue(x)
	case uint64:
		return UintValue(x)
	case float64:
		return floatValue(x)
	case string:
		return TextValue(x)
	case *big.Int:
		return ratValue(new(big.Rat).SetInt(x))
	case *big.Rat:
		return ratValue(x)
	case time.Time:
		return Value{kind: Time, ref: x}
	case time.Duration:
		return Value{kind: Duration, n: uint64(x)}
	case json.Number:
		if v, ok := ParseNumber(string(x)); ok {
			return v
		}
		return OtherValue(x)
	}
	return reflected(x)
}

// reflected is ValueOf for the rarer types.
func reflected(x any) Value {
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Bool:
		return BoolValue(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return IntValue(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return UintValue(v.Uint())
	case reflect.Float32, reflect.Float64:
		return floatValue(v.Float())
	case reflect.String:
		return TextValue(v.String())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return NullValue()
		}
	}
	return OtherValue(x)
}

// Go returns the value as expr's virtual machine and encoders know it: nil, bool, int64, *big.Int, float64, string,
// time.Time, time.Duration, []any, map[string]any or json.RawMessage. A fraction is rounded to the nearest float64.
func (v Value) Go() any {
	switch v.kind {
	case Bool:
		return v.n == 1
	case Number:
		return v.simplest().goNumber()
	case Text:
		return v.text
	case Time, Other:
		return v.ref
	case Duration:
		return time.Duration(v.n)
	}
	return nil
}

func (v Value) goNumber() any {
	switch v.form {
	case whole:
		return v.int()
	case exact:
		return new(big.Int).Set(v.ref.(*big.Rat).Num())
	}
	return v.float()
}
