package expression

import (
	"math"
	"math/big"
	"math/bits"
)

// compareNumbers compares two numbers exactly. Neither may be NaN, or beyond measure.
func compareNumbers(a, b Value) int {
	switch {
	case a.form == whole && b.form == whole:
		return compareInts(a.int(), b.int())
	case a.form == floating && b.form == floating:
		// The shortest decimals are ordered as the numbers that they denote.
		return compareFloats(a.float(), b.float())
	}
	if !a.finite() {
		return compareFloats(a.float(), 0)
	}
	if !b.finite() {
		return compareFloats(0, b.float())
	}
	if x, xShift, ok := a.small(); ok {
		if y, yShift, ok := b.small(); ok {
			return compareSmall(x, xShift, y, yShift)
		}
		if b.form == fraction {
			if order, ok := compareFraction(b, x, xShift); ok {
				return -order
			}
		}
	} else if a.form == fraction {
		if y, yShift, ok := b.small(); ok {
			if order, ok := compareFraction(a, y, yShift); ok {
				return order
			}
		}
	}
	return compareBig(a, b)
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

// compareSmall compares x × 10^xShift with y × 10^yShift.
func compareSmall(x, xShift, y, yShift int64) int {
	if xShift == yShift {
		return compareInts(x, y)
	}
	signX, signY := compareInts(x, 0), compareInts(y, 0)
	if signX != signY || signX == 0 {
		return compareInts(int64(signX), int64(signY))
	}
	if xShift > yShift {
		return signX * compareScaled(magnitude(x), xShift-yShift, magnitude(y))
	}
	return -signX * compareScaled(magnitude(y), yShift-xShift, magnitude(x))
}

// compareScaled compares x × 10^shift with y; neither x nor shift is zero.
func compareScaled(x uint64, shift int64, y uint64) int {
	if shift > smallDigits {
		return 1 // y has at most 19 digits
	}
	hi, lo := bits.Mul64(x, uint64(pow10[shift]))
	switch {
	case hi > 0 || lo > y:
		return 1
	case lo < y:
		return -1
	}
	return 0
}

// compareFraction compares a fraction with y × 10^shift; false where that needs more digits.
func compareFraction(f Value, y, shift int64) (order int, ok bool) {
	left, right, _, ok := aligned(f.int(), 0, y, shift)
	if !ok {
		return 0, false
	}
	// left / d with right: left with right × d.
	signLeft, signRight := compareInts(left, 0), compareInts(right, 0)
	if signLeft != signRight {
		return compareInts(int64(signLeft), int64(signRight)), true
	}
	hi, lo := bits.Mul64(magnitude(right), uint64(f.d))
	size := magnitude(left)
	switch {
	case hi > 0 || lo > size:
		return -signLeft, true
	case lo < size:
		return signLeft, true
	}
	return 0, true
}

// compareBig compares finite numbers of any form. Where one is far larger, nothing as large is built.
func compareBig(a, b Value) int {
	signA, signB := sign(a), sign(b)
	if signA != signB || signA == 0 {
		return compareInts(int64(signA), int64(signB))
	}
	lowA, highA := a.span()
	lowB, highB := b.span()
	switch {
	case highA < lowB:
		return -signA
	case lowA > highB:
		return signA
	}
	x, xShift, okA := a.long()
	y, yShift, okB := b.long()
	if okA && okB {
		// They are of about one size, so the difference of the exponents is bounded by the digits.
		if xShift > yShift {
			x = new(big.Int).Mul(x, tenTo(xShift-yShift))
		} else {
			y = new(big.Int).Mul(y, tenTo(yShift-xShift))
		}
		return x.Cmp(y)
	}
	return a.unbounded().Cmp(b.unbounded())
}

// span returns bounds of a number's size: 10^low ≤ |v| < 10^high.
func (v Value) span() (low, high int64) {
	if n, shift, ok := v.long(); ok {
		size := decimalSize(n)
		return size - 1 + shift, size + 1 + shift
	}
	r := v.rational()
	num, denom := decimalSize(r.Num()), decimalSize(r.Denom())
	return num - denom - 2, num - denom + 2
}

// unbounded is rat for a number that is known to be about as large as a rational one.
func (v Value) unbounded() *big.Rat {
	n, shift, ok := v.long()
	switch {
	case !ok:
		return v.rational()
	case shift >= 0:
		return new(big.Rat).SetInt(new(big.Int).Mul(n, tenTo(shift)))
	}
	return new(big.Rat).SetFrac(n, tenTo(-shift))
}

// canCompare returns an error for a number that has no order.
func (v Value) canCompare() error {
	switch {
	case v.form == floating && math.IsNaN(v.float()):
		return errNaN
	case v.form == beyond:
		return errBeyond
	}
	return nil
}
