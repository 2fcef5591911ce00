package expression

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
)

// This file is arithmetic. Each operation has a way for small numbers, which needs no memory, one for long decimals,
// and one for rational numbers.

var (
	errDivision = errors.New("division by zero")
	errTooLarge = errors.New("the number gets too large")
	errBeyond   = errors.New("a number with so many digits can only be passed on")
	errFloat    = errors.New("the number is beyond the range of floating numbers")
	errNaN      = errors.New("the result is not a number (NaN)")
)

func floatValue(f float64) Value {
	return Value{kind: Number, form: floating, n: math.Float64bits(f)}
}

// singleValue returns a float32: the shortest decimal that denotes it among those.
func singleValue(f float64) Value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return floatValue(f)
	}
	n, shift := shortest(f, 32)
	return decimalValue(n, shift)
}

// longValue returns n × 10^shift in the simplest form. It keeps n.
func longValue(n *big.Int, shift int64) Value {
	if n.IsInt64() {
		return decimalValue(n.Int64(), shift)
	}
	if n, shift = stripBig(n, shift); n.IsInt64() {
		return decimalValue(n.Int64(), shift)
	}
	return Value{kind: Number, form: long, d: shift, ref: n}
}

// ratValue returns r in the simplest form. It keeps r.
func ratValue(r *big.Rat) Value {
	if r.IsInt() {
		return longValue(r.Num(), 0)
	}
	if r.Num().IsInt64() && r.Denom().IsInt64() {
		return Value{kind: Number, form: fraction, n: uint64(r.Num().Int64()), d: r.Denom().Int64()}
	}
	return Value{kind: Number, form: exact, ref: r}
}

// bounded returns n × 10^shift unless it has grown beyond measure.
func bounded(n *big.Int, shift int64) (Value, error) {
	if n.BitLen() > maxBits || shift > 2*maxExponent || shift < -2*maxExponent {
		return Value{}, errTooLarge
	}
	return longValue(n, shift), nil
}

func boundedRat(r *big.Rat) (Value, error) {
	if r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits {
		return Value{}, errTooLarge
	}
	return ratValue(r), nil
}

// finite reports whether a number isn't a float64's infinity, or NaN.
func (v Value) finite() bool {
	return v.form != floating || !(math.IsInf(v.float(), 0) || math.IsNaN(v.float()))
}

// small returns a number as n × 10^shift; false if it isn't one with so few digits.
func (v Value) small() (n, shift int64, ok bool) {
	switch v.form {
	case whole:
		return v.int(), 0, true
	case decimal:
		return v.int(), v.d, true
	case floating:
		if v.finite() {
			n, shift = floatDecimal(v.float())
			return n, shift, true
		}
	}
	return 0, 0, false
}

// long returns a decimal as n × 10^shift; false for other numbers. It must not be changed.
func (v Value) long() (n *big.Int, shift int64, ok bool) {
	if v.form == long {
		return v.ref.(*big.Int), v.d, true
	}
	small, shift, ok := v.small()
	return big.NewInt(small), shift, ok
}

// rat returns a finite number as a rational one, which must not be changed.
func (v Value) rat() (*big.Rat, error) {
	switch v.form {
	case fraction, exact:
		return v.rational(), nil
	case beyond:
		return nil, errBeyond
	}
	n, shift, ok := v.long()
	if !ok {
		return nil, errFloat
	}
	if shift > maxDigits || shift < -maxDigits {
		return nil, errTooLarge
	}
	if shift >= 0 {
		return new(big.Rat).SetInt(new(big.Int).Mul(n, tenTo(shift))), nil
	}
	return new(big.Rat).SetFrac(n, tenTo(-shift)), nil
}

// rational returns a number that is a fraction or exact.
func (v Value) rational() *big.Rat {
	if v.form == fraction {
		return big.NewRat(v.int(), v.d)
	}
	return v.ref.(*big.Rat)
}

// operation is an arithmetic operation on two numbers in each of their forms.
type operation struct {
	// small may give up. So may long, where the result isn't a decimal.
	small func(x, xShift, y, yShift int64) (Value, bool)
	long  func(x *big.Int, xShift int64, y *big.Int, yShift int64) (Value, error)
	rat   func(x, y *big.Rat) *big.Rat
	float func(x, y float64) float64
}

var (
	addition       = operation{addSmall, addLong, ratOf((*big.Rat).Add), func(x, y float64) float64 { return x + y }}
	subtraction    = operation{subSmall, subLong, ratOf((*big.Rat).Sub), func(x, y float64) float64 { return x - y }}
	multiplication = operation{mulSmall, mulLong, ratOf((*big.Rat).Mul), func(x, y float64) float64 { return x * y }}
	division       = operation{divSmall, nil, ratOf((*big.Rat).Quo), func(x, y float64) float64 { return x / y }}
	remainder      = operation{modSmall, modLong, modRat, math.Mod}
)

func ratOf(op func(z, x, y *big.Rat) *big.Rat) func(x, y *big.Rat) *big.Rat {
	return func(x, y *big.Rat) *big.Rat { return op(new(big.Rat), x, y) }
}

func (o *operation) apply(a, b Value) (Value, error) {
	if x, xShift, ok := a.small(); ok {
		if y, yShift, ok := b.small(); ok {
			if v, ok := o.small(x, xShift, y, yShift); ok {
				return v, nil
			}
		}
	}
	if a.form == beyond || b.form == beyond {
		return Value{}, errBeyond
	}
	if !a.finite() || !b.finite() {
		return floatValue(o.float(a.approx(), b.approx())), nil
	}
	if o.long != nil {
		if x, xShift, ok := a.long(); ok {
			if y, yShift, ok := b.long(); ok {
				return o.long(x, xShift, y, yShift)
			}
		}
	}
	x, err := a.rat()
	if err != nil {
		return Value{}, err
	}
	y, err := b.rat()
	if err != nil {
		return Value{}, err
	}
	return boundedRat(o.rat(x, y))
}

func add(a, b Value) (Value, error) {
	if a.form == whole && b.form == whole {
		if sum, ok := addInt(a.int(), b.int()); ok {
			return IntValue(sum), nil
		}
	}
	return addition.apply(a, b)
}

func sub(a, b Value) (Value, error) {
	if a.form == whole && b.form == whole {
		if difference, ok := subInt(a.int(), b.int()); ok {
			return IntValue(difference), nil
		}
	}
	return subtraction.apply(a, b)
}

func mul(a, b Value) (Value, error) {
	if a.form == whole && b.form == whole {
		if product, ok := mulInt(a.int(), b.int()); ok {
			return IntValue(product), nil
		}
	}
	return multiplication.apply(a, b)
}

func div(a, b Value) (Value, error) {
	if b.isZero() {
		return Value{}, errDivision
	}
	if a.form == whole && b.form == whole {
		if v, ok := divInts(a.int(), b.int()); ok {
			return v, nil
		}
	}
	return division.apply(a, b)
}

// mod returns what is left of a after taking away b as often as it fits, with a's sign.
func mod(a, b Value) (Value, error) {
	if b.isZero() {
		return Value{}, errDivision
	}
	return remainder.apply(a, b)
}

func (v Value) isZero() bool {
	return (v.form == whole || v.form == decimal) && v.n == 0 || v.form == floating && v.float() == 0
}

// aligned brings two decimals to one power of ten; false where that is beyond int64.
func aligned(x, xShift, y, yShift int64) (_, _, shift int64, ok bool) {
	switch {
	case xShift > yShift:
		x, ok = scaleInt(x, xShift-yShift)
		return x, y, yShift, ok
	case yShift > xShift:
		y, ok = scaleInt(y, yShift-xShift)
		return x, y, xShift, ok
	}
	return x, y, xShift, true
}

func addSmall(x, xShift, y, yShift int64) (Value, bool) {
	x, y, shift, ok := aligned(x, xShift, y, yShift)
	if !ok {
		return Value{}, false
	}
	sum, ok := addInt(x, y)
	return decimalValue(sum, shift), ok
}

func subSmall(x, xShift, y, yShift int64) (Value, bool) {
	x, y, shift, ok := aligned(x, xShift, y, yShift)
	if !ok {
		return Value{}, false
	}
	difference, ok := subInt(x, y)
	return decimalValue(difference, shift), ok
}

func mulSmall(x, xShift, y, yShift int64) (Value, bool) {
	product, ok := mulInt(x, y)
	if shift := xShift + yShift; shift <= maxExponent && shift >= -maxExponent {
		return decimalValue(product, shift), ok
	}
	return Value{}, false
}

func divSmall(x, xShift, y, yShift int64) (Value, bool) {
	if shift := xShift - yShift; y == 1 && shift <= maxExponent && shift >= -maxExponent {
		return decimalValue(x, shift), true
	}
	x, y, _, ok := aligned(x, xShift, y, yShift)
	if !ok {
		return Value{}, false
	}
	return divInts(x, y)
}

// divInts divides two whole numbers: a decimal comes out where the divisor is a power of ten, as for units of time.
func divInts(x, y int64) (Value, bool) {
	if x == math.MinInt64 || y == math.MinInt64 {
		return Value{}, false
	}
	if y < 0 {
		x, y = -x, -y
	}
	if x%y == 0 {
		return IntValue(x / y), true
	}
	if places := sizeInt(y) - 1; pow10[places] == y {
		return decimalValue(x, -places), true
	} else if places < smallDigits && pow10[places+1] == y {
		return decimalValue(x, -places-1), true
	}
	return Value{kind: Number, form: fraction, n: uint64(x), d: y}, true
}

func modSmall(x, xShift, y, yShift int64) (Value, bool) {
	x, y, shift, ok := aligned(x, xShift, y, yShift)
	switch {
	case !ok:
		return Value{}, false
	case y == -1:
		return IntValue(0), true
	}
	return decimalValue(x%y, shift), true
}

// alignedLong brings two decimals to one power of ten.
func alignedLong(x *big.Int, xShift int64, y *big.Int, yShift int64) (_, _ *big.Int, shift int64, err error) {
	apart := xShift - yShift
	switch {
	case apart > maxDigits && x.Sign() != 0 || apart < -maxDigits && y.Sign() != 0:
		return nil, nil, 0, errTooLarge
	case apart > 0 && x.Sign() != 0:
		return new(big.Int).Mul(x, tenTo(apart)), y, yShift, nil
	case apart < 0 && y.Sign() != 0:
		return x, new(big.Int).Mul(y, tenTo(-apart)), xShift, nil
	}
	return x, y, min(xShift, yShift), nil
}

func addLong(x *big.Int, xShift int64, y *big.Int, yShift int64) (Value, error) {
	switch {
	case x.Sign() == 0:
		return bounded(y, yShift)
	case y.Sign() == 0:
		return bounded(x, xShift)
	}
	x, y, shift, err := alignedLong(x, xShift, y, yShift)
	if err != nil {
		return Value{}, err
	}
	return bounded(new(big.Int).Add(x, y), shift)
}

func subLong(x *big.Int, xShift int64, y *big.Int, yShift int64) (Value, error) {
	return addLong(x, xShift, new(big.Int).Neg(y), yShift)
}

func mulLong(x *big.Int, xShift int64, y *big.Int, yShift int64) (Value, error) {
	return bounded(new(big.Int).Mul(x, y), xShift+yShift)
}

func modLong(x *big.Int, xShift int64, y *big.Int, yShift int64) (Value, error) {
	x, y, shift, err := alignedLong(x, xShift, y, yShift)
	if err != nil {
		return Value{}, err
	}
	return bounded(new(big.Int).Rem(x, y), shift)
}

func modRat(x, y *big.Rat) *big.Rat {
	quotient := new(big.Rat).Quo(x, y)
	times := new(big.Rat).SetInt(new(big.Int).Quo(quotient.Num(), quotient.Denom()))
	return new(big.Rat).Sub(x, times.Mul(times, y))
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

func neg(a Value) (Value, error) { return sub(IntValue(0), a) }

func abs(a Value) (Value, error) {
	if sign(a) < 0 {
		return neg(a)
	}
	return add(a, IntValue(0))
}

// sign returns -1, 0 or 1. What is beyond measure has one, too.
func sign(a Value) int {
	switch a.form {
	case floating:
		return compareFloats(a.float(), 0)
	case long:
		return a.ref.(*big.Int).Sign()
	case exact:
		return a.ref.(*big.Rat).Sign()
	case beyond:
		if a.text[0] == '-' {
			return -1
		}
		return 1
	}
	return compareInts(a.int(), 0)
}

// approx returns the float64 nearest to a number, or for a long one that next to it at most, which is infinite where
// the number is beyond float64.
func (v Value) approx() float64 {
	switch v.form {
	case whole:
		return float64(v.int())
	case floating:
		return v.float()
	case decimal:
		// Both are float64s, and so one operation rounds once.
		if n := v.int(); magnitude(n) <= 1<<53 && v.d >= -smallDigits && v.d < 0 {
			return float64(n) / float64(pow10[-v.d])
		}
	case long:
		// Rounded twice: the powers of ten up to 22 are float64s.
		if n := v.ref.(*big.Int); v.d >= -smallDigits && v.d <= 0 {
			f, _ := n.Float64()
			return f / float64(pow10[-v.d])
		} else if v.d >= -22 && v.d < 0 {
			f, _ := n.Float64()
			return f / (float64(pow10[smallDigits]) * float64(pow10[-v.d-smallDigits]))
		}
	case fraction:
		if magnitude(v.int()) <= 1<<53 && v.d <= 1<<53 {
			return float64(v.int()) / float64(v.d)
		}
		f, _ := v.rational().Float64()
		return f
	case exact:
		f, _ := v.rational().Float64()
		return f
	}
	return parseFloat(v.appendNumber(nil, quotientDigits))
}
