package expression

import (
	"math"
	"math/big"
	"math/bits"
)

// pow raises a to the power of b: exactly where b is a whole number, and otherwise as the shortest decimal of the
// nearest float64.
func pow(a, b Value) (Value, error) {
	exponent, ok := b.integer()
	switch {
	case !ok && a.finite() && b.isLongInteger():
		return powLarge(a, b)
	case !ok || !a.finite():
		return powFloat(a, b)
	}
	if exponent < 0 {
		if a.isZero() {
			return Value{}, errDivision
		}
		inverse, err := div(IntValue(1), a)
		if err != nil {
			return Value{}, err
		}
		a = inverse
	}
	count := magnitude(exponent)
	if n, shift, ok := a.small(); ok && count <= 64 {
		if power, ok := powSmall(n, count); ok {
			if v, ok := mulSmall(power, shift*int64(count), 1, 0); ok {
				return v, nil
			}
		}
	}
	if a.form == beyond {
		return Value{}, errBeyond
	}
	if n, shift, ok := a.long(); ok {
		if count == 2 {
			return mulLong(n, shift, n, shift) // a square is by far the most frequent
		}
		return powLong(n, shift, count)
	}
	num, okNum := powInt(a.rational().Num(), count)
	denom, okDenom := powInt(a.rational().Denom(), count)
	if !okNum || !okDenom {
		return Value{}, errTooLarge
	}
	return boundedRat(new(big.Rat).SetFrac(num, denom))
}

// integer returns a number that is one in int64.
func (v Value) integer() (int64, bool) {
	n, shift, ok := v.small()
	if !ok || shift == 0 {
		return n, ok
	}
	if n, shift = strip(n, shift); shift < 0 {
		return 0, false
	}
	return scaleInt(n, shift)
}

// integerOfAnyForm is integer for numbers that have more digits than they need, too: 1.00000000000000000000000.
func (v Value) integerOfAnyForm() (int64, bool) {
	switch v.form {
	case long:
		if n, shift := stripBig(v.ref.(*big.Int), v.d); n.IsInt64() && shift >= 0 {
			return scaleInt(n.Int64(), shift)
		}
		return 0, false
	case fraction, exact:
		r := v.rational()
		return r.Num().Int64(), r.IsInt() && r.Num().IsInt64()
	}
	return v.integer()
}

// isLongInteger reports whether a number is a whole one beyond int64.
func (v Value) isLongInteger() bool {
	n, shift, ok := v.long()
	if !ok {
		return false
	}
	_, shift = stripBig(n, shift)
	return shift >= 0
}

// powLarge raises a to the power of a whole number beyond int64: of 0, 1 and -1 that is a number, of all others it
// has too many digits, before the point or behind it.
func powLarge(a, b Value) (Value, error) {
	switch {
	case a.isZero() && sign(b) < 0:
		return Value{}, errDivision
	case a.isZero():
		return IntValue(0), nil
	}
	size, err := abs(a)
	if err != nil {
		return Value{}, err
	}
	if compareNumbers(size, IntValue(1)) != 0 {
		return Value{}, errTooLarge
	}
	if n, shift, _ := b.long(); sign(a) < 0 && shift <= 0 && isOdd(n, shift) {
		return IntValue(-1), nil
	}
	return IntValue(1), nil
}

// isOdd reports whether n × 10^shift, a whole number, is odd; shift isn't positive.
func isOdd(n *big.Int, shift int64) bool {
	n, shift = stripBig(n, shift)
	return shift == 0 && n.Bit(0) == 1
}

func powFloat(a, b Value) (Value, error) {
	x, y := a.approx(), b.approx()
	if a.finite() && math.IsInf(x, 0) || b.finite() && math.IsInf(y, 0) {
		return Value{}, errFloat
	}
	power := math.Pow(x, y)
	if math.IsInf(power, 0) && a.finite() && b.finite() {
		return Value{}, errFloat
	}
	return floatValue(power), nil
}

func powLong(n *big.Int, shift int64, count uint64) (Value, error) {
	n, shift = stripBig(n, shift)
	power, ok := powInt(n, count)
	hi, lo := bits.Mul64(magnitude(shift), count)
	if !ok || hi != 0 || lo > maxExponent {
		return Value{}, errTooLarge
	}
	return bounded(power, shift*int64(count))
}

// powSmall multiplies base by itself while that fits into int64.
func powSmall(base int64, count uint64) (power int64, ok bool) {
	power, ok = 1, true
	for ; count > 0 && ok; count-- {
		power, ok = mulInt(power, base)
	}
	return power, ok
}

func powInt(base *big.Int, count uint64) (*big.Int, bool) {
	if base.BitLen() <= 1 {
		// -1, 0 and 1: only the exponent's parity, and whether it is zero, matter.
		count = min(count, 2-count%2)
	}
	hi, size := bits.Mul64(uint64(base.BitLen()), count)
	if hi != 0 || size > 2*maxBits {
		return nil, false
	}
	return new(big.Int).Exp(base, new(big.Int).SetUint64(count), nil), true
}

// A rounding says how a number becomes whole: what to add after the decimals were cut off, given the sign of what was
// cut off and how it compares to a half.
type rounding func(sign, half int) int64

func floor(a Value) (Value, error) {
	return toInteger(a, func(sign, _ int) int64 { return int64(min(sign, 0)) })
}

func ceil(a Value) (Value, error) {
	return toInteger(a, func(sign, _ int) int64 { return int64(max(sign, 0)) })
}

func trunc(a Value) (Value, error) {
	return toInteger(a, func(int, int) int64 { return 0 })
}

// round rounds to the nearest whole number, halves away from zero.
func round(a Value) (Value, error) {
	return toInteger(a, func(sign, half int) int64 {
		if half < 0 {
			return 0
		}
		return int64(sign)
	})
}

// toInteger rounds a number to a whole one.
func toInteger(a Value, adjust rounding) (Value, error) {
	switch a.form {
	case whole:
		return IntValue(a.int()), nil
	case decimal:
		if a.d < 0 && a.d >= -smallDigits {
			return roundInts(a.int(), pow10[-a.d], adjust), nil
		}
	case fraction:
		return roundInts(a.int(), a.d, adjust), nil
	case beyond:
		return Value{}, errBeyond
	case exact:
		return roundBig(a.rational().Num(), a.rational().Denom(), adjust), nil
	}
	if n, shift, ok := a.small(); ok {
		switch {
		case shift >= 0:
			return decimalValue(n, shift), nil
		case shift >= -smallDigits:
			return roundInts(n, pow10[-shift], adjust), nil
		}
	}
	n, shift, ok := a.long()
	switch {
	case !ok || shift >= 0:
		return a, nil // an infinity is as whole as it gets
	case -shift > decimalSize(n)+1:
		// Less than a tenth: a half is out of reach.
		return IntValue(adjust(n.Sign(), -1)), nil
	}
	return roundBig(n, tenTo(-shift), adjust), nil
}

// roundInts rounds n / d, where d isn't negative.
func roundInts(n, d int64, adjust rounding) Value {
	quotient, rest := n/d, n%d
	cut := magnitude(rest)
	return IntValue(quotient + adjust(compareInts(rest, 0), compareInts(int64(cut), d-int64(cut))))
}

func roundBig(n, d *big.Int, adjust rounding) Value {
	quotient, rest := new(big.Int).QuoRem(n, d, new(big.Int))
	sign := rest.Sign()
	half := rest.Lsh(rest, 1).CmpAbs(d)
	return longValue(quotient.Add(quotient, big.NewInt(adjust(sign, half))), 0)
}
