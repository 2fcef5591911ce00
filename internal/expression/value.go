package expression

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
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
	names := [...]string{
		"unknown", "null", "true or false", "a number", "text", "a time", "a duration", "a list or object",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// A Value is what an expression is about: a field, an intermediate result, the result. The zero Value has kind Unknown
// and stands for nothing.
//
// Numbers come in several forms, so that most need no memory and none is rounded; see form.
type Value struct {
	kind Kind
	form form
	// written is set for a number that is written with all of its zeros, since it stood so in the data.
	written bool
	// n holds a whole number, a decimal's coefficient, a fraction's numerator, a floating number's bits, a boolean or a
	// duration.
	n uint64
	// d is a decimal's or long number's power of ten, or a fraction's denominator, which is greater than one.
	d int64
	// text is that of a text; for a number how it stood in the data, where its form alone doesn't tell.
	text string
	// ref holds the *big.Int of a long number, the *big.Rat of an exact one, a time.Time, or the Go value of a list or
	// object. It is never changed.
	ref any
}

// form says how a Value holds a number. Many numbers have more than one form; they are equal all the same.
type form uint8

const (
	// whole is an integer that fits into int64.
	whole form = iota
	// decimal is an int64 times a power of ten.
	decimal
	// fraction is a quotient of two int64, not always reduced.
	fraction
	// floating is a float64 of a Go struct. It stands for the shortest decimal that denotes it, or is infinite.
	floating
	// long is a big integer times a power of ten.
	long
	// exact is any rational number.
	exact
	// beyond is a number with so many digits, or so large an exponent, that it is only passed on.
	beyond
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
	return longValue(new(big.Int).SetUint64(n), 0)
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

// otherValue returns a value of which expressions know only that it isn't one of the others, such as a time zone.
func otherValue(x any) Value { return Value{kind: Other, ref: x} }

// Kind returns the value's kind.
func (v Value) Kind() Kind { return v.kind }

func (v Value) int() int64     { return int64(v.n) }
func (v Value) float() float64 { return math.Float64frombits(v.n) }

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
		return longValue(new(big.Int).Set(x), 0)
	case *big.Rat:
		return ratValue(new(big.Rat).Set(x))
	case time.Time:
		return Value{kind: Time, ref: x}
	case time.Duration:
		return Value{kind: Duration, n: uint64(x)}
	case json.Number:
		if _, ok := ParseNumber(string(x)); ok && json.Valid([]byte(x)) {
			return NumberOf([]byte(x))
		}
		return otherValue(x)
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
	case reflect.Float32:
		return singleValue(v.Float())
	case reflect.Float64:
		return floatValue(v.Float())
	case reflect.String:
		return TextValue(v.String())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return NullValue()
		}
	}
	return otherValue(x)
}

// native returns the value as Go's functions take it. A number is an int64 or a float64.
func (v Value) native() any {
	switch v.kind {
	case Bool:
		return v.n == 1
	case Number:
		if n, ok := v.integer(); ok {
			return n
		}
		return v.approx()
	case Text:
		return v.text
	case Time, Other:
		return v.ref
	case Duration:
		return time.Duration(v.n)
	}
	return nil
}
