package expression

import (
	"fmt"
	"strings"
)

// bitFunction returns a function on the bits of two whole numbers; nil for other functions.
func bitFunction(name string) func(f *frame, a []Value) (Value, error) {
	apply := map[string]func(x, y int64) int64{
		"bitand":  func(x, y int64) int64 { return x & y },
		"bitor":   func(x, y int64) int64 { return x | y },
		"bitxor":  func(x, y int64) int64 { return x ^ y },
		"bitnand": func(x, y int64) int64 { return x &^ y },
		"bitshl":  func(x, y int64) int64 { return x << y },
		"bitshr":  func(x, y int64) int64 { return x >> y },
		"bitushr": func(x, y int64) int64 { return int64(uint64(x) >> y) },
	}[name]
	if apply == nil {
		return nil
	}
	return func(_ *frame, a []Value) (Value, error) {
		x, okX := a[0].bits()
		y, okY := a[1].bits()
		switch {
		case !okX:
			return Value{}, mustBe(0, a[0], "a whole number of 64 bits")
		case !okY:
			return Value{}, mustBe(1, a[1], "a whole number of 64 bits")
		case y < 0 && strings.HasPrefix(name, "bits") || y < 0 && name == "bitushr":
			return Value{}, &mismatch{operand: 1, what: fmt.Sprintf("is %d: one can't shift by less than 0", y)}
		}
		return IntValue(apply(x, y)), nil
	}
}

func (v Value) bits() (int64, bool) {
	if v.kind != Number {
		return 0, false
	}
	return v.integer()
}

func bitNot(_ *frame, a []Value) (Value, error) {
	n, ok := a[0].bits()
	if !ok {
		return Value{}, mustBe(0, a[0], "a whole number of 64 bits")
	}
	return IntValue(^n), nil
}
