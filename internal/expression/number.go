package expression

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
)

// maxBits bounds exact numbers: arithmetic on keys needs a few hundred bits at most, and a mistaken power must not eat
// the machine.
const maxBits = 4096

var (
	errDivision = errors.New("division by zero")
	errTooLarge = errors.New("the number gets too large")
)

// maxFloatInt is the greatest n so that all whole numbers up to n are float64s.
const maxFloatInt = 1 << 53

func floatFromBits(n uint64) float64 { return math.Float64frombits(n) }

func floatValue(f float64) Value {
	return Value{kind: Number, form: floating, n: math.Float64bits(f)}
}

// ratValue returns r in the simplest exact form. It keeps r.
func ratValue(r *big.Rat) Value {
	if r.Num().IsInt64() {
		if r.IsInt() {
			return IntValue(r.Num().Int64())
		}
		if r.Denom().IsInt64() {
			return Value{kind: Number, form: fraction, n: uint64(r.Num().Int64()), d: r.Denom().Int64()}
		}
	}
	return Value{kind: Number, form: exact, ref: r}
}

// limited returns r unless it has grown beyond measure.
func limited(r *big.Rat) (Value, error) {
	if r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits {
		return Value{}, errTooLarge
	}
	return ratValue(r), nil
}

// rat returns a number as a rational; nil for an infinity and for what is not a number. It must not be changed.
func (v Value) rat() *big.Rat {
	switch v.form {
	case whole:
		return new(big.Rat).SetInt64(v.int())
	case fraction:
		return big.NewRat(v.int(), v.d)
	case floating:
		return new(big.Rat).SetFloat64(v.float())
	}
	return v.ref.(*big.Rat)
}

// approx returns the float64 nearest to a number.
func (v Value) approx() float64 {
	switch v.form {
	case whole:
		return float64(v.int())
	case floating:
		return v.float()
	case fraction:
		if fitsFloat(v.int()) && v.d <= maxFloatInt {
			return float64(v.int()) / float64(v.d)
		}
	}
	f, _ := v.rat().Float64()
	return f
}

// canonical returns a number in the form in which it is compared. A fraction of numbers up to maxRounded is the nearest
// float64, so that 1 / 10 equals the 0.1 of another stream; no two such fractions with one denominator, and none and a
// whole number, have the same float64. Others, which might, stay as they are.
func (v Value) canonical() Value {
	if v.form == fraction && (magnitude(v.int()) > maxRounded || v.d > maxRounded) {
		// It may be a small one that wasn't reduced.
		v = ratValue(v.rat())
	}
	if v.form == fraction && magnitude(v.int()) <= maxRounded && v.d <= maxRounded {
		return floatValue(v.approx())
	}
	return v
}

// maxRounded is the greatest numerator and denominator of fractions that are compared as floating numbers, and the
// greatest whole number that takes part in floating arithmetic: there is room for two binary digits behind the point.
const maxRounded = 1 << 51

// simplest returns a number that is either an integer or a float64.
func (v Value) simplest() Value {
	if v = v.canonical(); v.form == fraction || v.form == exact && !v.ref.(*big.Rat).IsInt() {
		return floatValue(v.approx())
	}
	return v
}

func fitsFloat(n int64) bool { return n >= -maxFloatInt && n <= maxFloatInt }

// inFloat reports whether an operation on a and b is one on floating numbers. It is where one of them is floating,
// unless the other is a whole number that fills a float64, so that a digit would be lost: then both are taken exactly.
func inFloat(a, b Value) bool {
	if a.form != floating && b.form != floating {
		return false
	}
	return (a.holdsInFloat() && b.holdsInFloat()) || !a.finite() || !b.finite()
}

func (v Value) holdsInFloat() bool {
	return v.form == floating || v.form == fraction || (v.form == whole && magnitude(v.int()) <= maxRounded)
}

func (v Value) finite() bool {
	return v.form != floating || !(math.IsInf(v.float(), 0) || math.IsNaN(v.float()))
}

func add(a, b Value) (Value, error) {
	if a.form == whole && b.form == whole {
		if sum, ok := addInt(a.int(), b.int()); ok {
			return IntValue(sum), nil
		}
	}
	if inFloat(a, b) {
		return floatValue(a.approx() + b.approx()), nil
	}
	return limited(new(big.Rat).Add(a.rat(), b.rat()))
}

func sub(a, b Value) (Value, error) {
	if a.form == whole && b.form == whole {
		if difference, ok := subInt(a.int(), b.int()); ok {
			return IntValue(difference), nil
		}
	}
	if inFloat(a, b) {
		return floatValue(a.approx() - b.approx()), nil
	}
	return limited(new(big.Rat).Sub(a.rat(), b.rat()))
}

func mul(a, b Value) (Value, error) {
	if a.form == whole && b.form == whole {
		if product, ok := mulInt(a.int(), b.int()); ok {
			return IntValue(product), nil
		}
	}
	if inFloat(a, b) {
		return floatValue(a.approx() * b.approx()), nil
	}
	return limited(new(big.Rat).Mul(a.rat(), b.rat()))
}

// addInt adds unless the sum is beyond int64.
func addInt(x, y int64) (int64, bool) {
	sum := x + y
	return sum, (sum > x) == (y > 0)
}

// subInt subtracts unless the difference is beyond int64.
func subInt(x, y int64) (int64, bool) {
	difference := x - y
	return difference, (difference < x) == (y > 0)
}

// mulInt multiplies unless the product is beyond int64; it gives up on the least int64, too.
func mulInt(x, y int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(x), magnitude(y))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	return x * y, true
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func div(a, b Value) (Value, error) {
	if b.isZero() {
		return Value{}, errDivision
	}
	if a.form == whole && b.form == whole && a.int() != math.MinInt64 && b.int() != math.MinInt64 {
		x, y := a.int(), b.int()
		if y < 0 {
			x, y = -x, -y
		}
		if x%y == 0 {
			return IntValue(x / y), nil
		}
		return Value{kind: Number, form: fraction, n: uint64(x), d: y}, nil
	}
	if inFloat(a, b) {
		return floatValue(a.approx() / b.approx()), nil
	}
	return limited(new(big.Rat).Quo(a.rat(), b.rat()))
}

func (v Value) isZero() bool {
	return (v.form == whole && v.n == 0) || (v.form == floating && v.float() == 0)
}

// mod returns what is left of a after taking away b as often as it fits, with a's sign.
func mod(a, b Value) (Value, error) {
	if b.isZero() {
		return Value{}, errDivision
	}
	if a.form == whole && b.form == whole {
		if b.int() == -1 {
			return IntValue(0), nil
		}
		return IntValue(a.int() % b.int()), nil
	}
	if inFloat(a, b) {
		return floatValue(math.Mod(a.approx(), b.approx())), nil
	}
	quotient := new(big.Rat).Quo(a.rat(), b.rat())
	times := new(big.Rat).SetInt(truncated(quotient))
	return limited(new(big.Rat).Sub(a.rat(), times.Mul(times, b.rat())))
}

// pow raises a to the power of b: exactly where b is a whole number and a isn't floating.
func pow(a, b Value) (Value, error) {
	if b.form != whole || a.form == floating {
		return floatValue(math.Pow(a.approx(), b.approx())), nil
	}
	exponent := magnitude(b.int())
	if a.form == whole && b.int() >= 0 && exponent <= 64 {
		if power, ok := powSmall(a.int(), exponent); ok {
			return IntValue(power), nil
		}
	}
	base := a.rat()
	if b.int() < 0 {
		if base.Sign() == 0 {
			return Value{}, errDivision
		}
		base = new(big.Rat).Inv(base)
	}
	num, okNum := powInt(base.Num(), exponent)
	denom, okDenom := powInt(base.Denom(), exponent)
	if !okNum || !okDenom {
		return Value{}, errTooLarge
	}
	return limited(new(big.Rat).SetFrac(num, denom))
}

// powSmall multiplies base by itself while that fits into int64.
func powSmall(base int64, exponent uint64) (power int64, ok bool) {
	power, ok = 1, true
	for ; exponent > 0 && ok; exponent-- {
		power, ok = mulInt(power, base)
	}
	return power, ok
}

func powInt(base *big.Int, exponent uint64) (*big.Int, bool) {
	if base.BitLen() <= 1 {
		// -1, 0 and 1: only the exponent's parity, and whether it is zero, matter.
		exponent = min(exponent, 2-exponent%2)
	}
	hi, size := bits.Mul64(uint64(base.BitLen()), exponent)
	if hi != 0 || size > 2*maxBits {
		return nil, false
	}
	return new(big.Int).Exp(base, new(big.Int).SetUint64(exponent), nil), true
}

func neg(a Value) (Value, error) {
	if a.form == floating {
		return floatValue(-a.float()), nil
	}
	return sub(IntValue(0), a)
}

func abs(a Value) (Value, error) {
	if a.form == floating {
		return floatValue(math.Abs(a.float())), nil
	}
	if sign(a) < 0 {
		return neg(a)
	}
	return a, nil
}

func sign(a Value) int {
	if a.form == exact {
		return a.ref.(*big.Rat).Sign()
	}
	switch n := a.int(); {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func floor(a Value) (Value, error) {
	return toInteger(a, math.Floor, func(sign, _ int) int64 { return int64(min(sign, 0)) })
}

func ceil(a Value) (Value, error) {
	return toInteger(a, math.Ceil, func(sign, _ int) int64 { return int64(max(sign, 0)) })
}

func trunc(a Value) (Value, error) {
	return toInteger(a, math.Trunc, func(int, int) int64 { return 0 })
}

// round rounds to the nearest whole number, halves away from zero.
func round(a Value) (Value, error) {
	return toInteger(a, math.Round, func(sign, half int) int64 {
		if half < 0 {
			return 0
		}
		return int64(sign)
	})
}

// toInteger rounds a number to a whole one: floating ones by inFloat, the others towards zero and then by adjust, which
// gets the sign of what was cut off and how it compares to a half, and returns what to add.
func toInteger(a Value, inFloat func(float64) float64, adjust func(sign, half int) int64) (Value, error) {
	switch a.form {
	case whole:
		return a, nil
	case floating:
		return integral(inFloat(a.float())), nil
	case fraction:
		quotient, rest := a.int()/a.d, a.int()%a.d
		cut := magnitude(rest)
		half := compareInts(int64(cut), a.d-int64(cut))
		return IntValue(quotient + adjust(compareInts(rest, 0), half)), nil
	}
	r := a.ref.(*big.Rat)
	quotient, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	half := new(big.Int).Lsh(rest, 1).CmpAbs(r.Denom())
	quotient.Add(quotient, big.NewInt(adjust(rest.Sign(), half)))
	return ratValue(new(big.Rat).SetInt(quotient)), nil
}

// truncated returns r without its decimals.
func truncated(r *big.Rat) *big.Int { return new(big.Int).Quo(r.Num(), r.Denom()) }

// integral returns a float64 without decimals as a whole number where it fits into one.
func integral(f float64) Value {
	if f >= math.MinInt64 && f < math.MaxInt64 {
		return IntValue(int64(f))
	}
	return floatValue(f)
}

// compareNumbers compares two canonical numbers exactly. Neither may be NaN.
func compareNumbers(a, b Value) int {
	switch {
	case a.form == whole && b.form == whole:
		return compareInts(a.int(), b.int())
	case a.form == floating && b.form == floating:
		return compareFloats(a.float(), b.float())
	case a.form == whole && b.form == floating:
		return compareIntFloat(a.int(), b.float())
	case a.form == floating && b.form == whole:
		return -compareIntFloat(b.int(), a.float())
	}
	if !a.finite() {
		return compareFloats(a.float(), 0)
	}
	if !b.finite() {
		return compareFloats(0, b.float())
	}
	return a.rat().Cmp(b.rat())
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// compareIntFloat compares without rounding n, whatever its size.
func compareIntFloat(n int64, f float64) int {
	switch {
	case f >= 1<<63:
		return -1
	case f < -1<<63:
		return 1
	}
	down := math.Floor(f)
	if order := compareInts(n, int64(down)); order != 0 {
		return order
	}
	return compareFloats(down, f)
}
