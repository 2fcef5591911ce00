package expression

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// This file reads and writes numbers: text to the forms of a Value and back.

const (
	// maxDigits bounds the digits of a number that takes part in arithmetic and comparisons, so that a hostile one can't
	// cost much more than reading it. It can be passed on all the same.
	maxDigits = 100_000
	// maxBits is the same bound for what arithmetic makes: a mistaken power must not eat the machine.
	maxBits = maxDigits * 10 / 3
	// maxExponent bounds powers of ten. Sums of a few exponents fit into an int64.
	maxExponent = 1 << 56
	// smallDigits is how many digits always fit into an int64.
	smallDigits = 18
)

// pow10 are the powers of ten that fit into an int64.
var pow10 = [smallDigits + 1]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18}

// ParseNumber returns the number that a decimal text such as 12, -0.50 or 1e9 stands for, with all its digits. It
// reports whether it is one.
func ParseNumber(text string) (Value, bool) {
	v, _, ok := parseNumber(text)
	return v, ok
}

// NumberOf returns the number that valid JSON stands for. It is written again as it stands there.
func NumberOf(raw []byte) Value {
	v, plain, _ := parseNumber(raw)
	if !plain {
		v.text = string(raw)
	}
	return v
}

// spelling is a decimal text, taken apart.
type spelling struct {
	negative, exponent, sloppy bool
	// digits counts those of the coefficient without leading zeros, and coefficient is it as long as they are at most 19.
	digits      int
	coefficient uint64
	// point is how many digits stand behind the point, shift the exponent, and end where the coefficient ends.
	point int
	shift int64
	end   int
}

// parseNumber reports in plain whether the value's form alone gives the same text.
func parseNumber[T string | []byte](text T) (v Value, plain, ok bool) {
	s, ok := spell(text)
	if !ok {
		return Value{}, false, false
	}
	plain = !s.exponent && !s.sloppy
	shift := s.shift - int64(s.point)
	n := int64(s.coefficient)
	switch {
	case s.digits == 0:
		if s.exponent || s.negative {
			return IntValue(0), false, true
		}
		v = decimalValue(0, -int64(s.point))
	case shift > maxExponent || shift < -maxExponent || s.digits > maxDigits:
		return Value{kind: Number, form: beyond, text: string(text)}, false, !s.sloppy
	case s.digits > smallDigits+1 || s.coefficient > math.MaxInt64 && !(s.negative && n == math.MinInt64):
		v = Value{kind: Number, form: long, d: shift, ref: s.big(text)}
	default:
		if s.negative {
			n = -n
		}
		v = decimalValue(n, shift)
	}
	v.written = plain
	return v, plain, true
}

// spell takes a decimal text apart; false if it isn't one.
func spell[T string | []byte](text T) (s spelling, ok bool) {
	i := 0
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		s.negative, s.sloppy = text[0] == '-', text[0] == '+'
		i++
	}
	start, dot := i, -1
	for ; i < len(text); i++ {
		c := text[i] - '0'
		if c > 9 {
			if text[i] != '.' || dot >= 0 {
				break
			}
			dot = i
			continue
		}
		if s.digits > 0 || c != 0 {
			s.digits++
		}
		if s.digits <= smallDigits+1 {
			s.coefficient = s.coefficient*10 + uint64(c)
		}
	}
	s.end = i
	count := i - start
	if dot >= 0 {
		count--
		s.point = i - dot - 1
	}
	if count == 0 {
		return s, false
	}
	before := count - s.point
	// 007, .5 and 5. are taken, but aren't JSON.
	s.sloppy = s.sloppy || before == 0 || before > 1 && text[start] == '0' || dot == i-1
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		s.exponent = true
		s.shift, ok = exponent(text[i+1:])
		return s, ok
	}
	return s, i == len(text)
}

// exponent parses what stands behind an e. What is beyond measure is only as large as that shows.
func exponent[T string | []byte](text T) (shift int64, ok bool) {
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	for i := range len(text) {
		c := text[i] - '0'
		if c > 9 {
			return 0, false
		}
		shift = min(shift*10+int64(c), 4*maxExponent)
	}
	if negative {
		shift = -shift
	}
	return shift, len(text) > 0
}

// big returns a coefficient that is too long for an int64.
func (s spelling) big(text any) *big.Int {
	raw, ok := text.(string)
	if !ok {
		raw = string(text.([]byte))
	}
	digits := make([]byte, 0, s.end)
	for i := range s.end {
		if raw[i] != '.' && raw[i] != '+' {
			digits = append(digits, raw[i])
		}
	}
	n, _ := new(big.Int).SetString(string(digits), 10)
	return n
}

// decimalValue returns n × 10^shift, as a whole number where that fits.
func decimalValue(n, shift int64) Value {
	if shift == 0 {
		return IntValue(n)
	}
	if shift > 0 {
		if scaled, ok := scaleInt(n, shift); ok {
			return IntValue(scaled)
		}
	}
	return Value{kind: Number, form: decimal, n: uint64(n), d: shift}
}

// scaleInt returns n × 10^shift unless that is beyond int64; shift isn't negative.
func scaleInt(n, shift int64) (int64, bool) {
	switch {
	case shift == 0:
		return n, true // also the least int64
	case shift > smallDigits:
		return 0, n == 0
	}
	return mulInt(n, pow10[shift])
}

// floatDecimal returns the shortest decimal that denotes a finite float64, as n × 10^shift.
func floatDecimal(f float64) (n, shift int64) {
	if f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		return int64(f), 0
	}
	// Most have few decimals. A decimal of at most 15 digits that denotes f is the only one.
	for places := int64(1); places <= 9; places++ {
		scaled := math.RoundToEven(f * float64(pow10[places]))
		if math.Abs(scaled) >= 1e15 {
			break
		}
		if scaled/float64(pow10[places]) == f {
			return int64(scaled), -places
		}
	}
	return shortest(f, 64)
}

// shortest returns the shortest decimal that denotes a finite number of 32 or 64 bits.
func shortest(f float64, size int) (n, shift int64) {
	var buffer [32]byte
	s, _ := spell(strconv.AppendFloat(buffer[:0], f, 'e', -1, size))
	n = int64(s.coefficient)
	if s.negative {
		n = -n
	}
	return n, s.shift - int64(s.point)
}

const (
	// maxZeros is how many zeros a computed number may have that only show its size: with more it is written with an
	// exponent.
	maxZeros = 40
	// quotientDigits is to how many digits a quotient is written that isn't a decimal: as many as decimal128 has.
	quotientDigits = 34
)

// appendNumber appends a number: as its text stood, or as the shortest decimal where it was computed. What isn't a
// decimal, such as 1 / 3, is rounded to so many digits. An infinity can't be written, see infinite.
func (v Value) appendNumber(dst []byte, digits int) []byte {
	if v.text != "" {
		return append(dst, v.text...)
	}
	switch v.form {
	case whole:
		return strconv.AppendInt(dst, v.int(), 10)
	case decimal, floating:
		n, shift, ok := v.small()
		if !ok {
			return strconv.AppendFloat(dst, v.float(), 'g', -1, 64)
		}
		if !v.written {
			n, shift = strip(n, shift)
		}
		var buffer [24]byte
		return appendDecimal(dst, strconv.AppendInt(buffer[:0], n, 10), shift, v.written)
	case long:
		n, shift := v.ref.(*big.Int), v.d
		if !v.written {
			n, shift = stripBig(n, shift)
		}
		return appendDecimal(dst, n.Append(nil, 10), shift, v.written)
	}
	n, shift := roundRat(v.rational(), digits)
	return appendDecimal(dst, n.Append(nil, 10), shift, false)
}

// shown returns a number for messages. A quotient that isn't a decimal is cut off to what a float64 shows.
func (v Value) shown() string {
	const digits = 16
	text := string(v.appendNumber(nil, digits))
	if !v.isDecimal() {
		text += "…"
	}
	return text
}

// isDecimal reports whether a number can be written with all of its digits: 1 / 4 can, 1 / 3 can't.
func (v Value) isDecimal() bool {
	if v.form != fraction && v.form != exact {
		return true
	}
	_, is := v.rational().FloatPrec()
	return is
}

func parseFloat(text []byte) float64 {
	// Beyond float64 it returns an infinity, too.
	f, _ := strconv.ParseFloat(string(text), 64)
	return f
}

// appendDecimal appends digits, with a sign or without, times 10^shift.
func appendDecimal(dst, digits []byte, shift int64, plain bool) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	count := int64(len(digits))
	switch {
	case shift == 0:
		return append(dst, digits...)
	case shift > 0 && (shift <= maxZeros || plain):
		return appendZeros(append(dst, digits...), shift)
	case shift < 0 && -shift < count:
		dst = append(append(dst, digits[:count+shift]...), '.')
		return append(dst, digits[count+shift:]...)
	case shift < 0 && (-shift-count <= maxZeros || plain):
		return append(appendZeros(append(dst, "0."...), -shift-count), digits...)
	}
	dst = append(dst, digits[0])
	if count > 1 {
		dst = append(append(dst, '.'), digits[1:]...)
	}
	return strconv.AppendInt(append(dst, 'e'), shift+count-1, 10)
}

func appendZeros(dst []byte, count int64) []byte {
	for range count {
		dst = append(dst, '0')
	}
	return dst
}

// strip takes away the zeros at a number's end.
func strip(n, shift int64) (int64, int64) {
	if n == 0 {
		return 0, 0
	}
	for n%10 == 0 {
		n, shift = n/10, shift+1
	}
	return n, shift
}

// stripBig is strip for long numbers. A number with k zeros at its end has as many at the end of its binary digits.
func stripBig(n *big.Int, shift int64) (*big.Int, int64) {
	if n.Sign() == 0 {
		return n, 0
	}
	for step := n.TrailingZeroBits(); step > 0 && divisibleBy5(n); {
		quotient, rest := new(big.Int).QuoRem(n, tenTo(int64(step)), new(big.Int))
		if rest.Sign() == 0 {
			n, shift = quotient, shift+int64(step)
			step = min(step, n.TrailingZeroBits())
		} else {
			step /= 2
		}
	}
	return n, shift
}

// divisibleBy5 adds the words up: their base is 1 modulo 5.
func divisibleBy5(n *big.Int) bool {
	rest := uint64(0)
	for _, word := range n.Bits() {
		rest += uint64(word) % 5
	}
	return rest%5 == 0
}

// tenTo returns 10^n.
func tenTo(n int64) *big.Int {
	if n <= smallDigits {
		return big.NewInt(pow10[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil)
}

// roundRat returns r as n × 10^shift: exactly if it is a decimal, else the nearest of so many digits, an even one in a
// draw.
func roundRat(r *big.Rat, digits int) (n *big.Int, shift int64) {
	if places, exact := r.FloatPrec(); exact {
		scaled := new(big.Int).Mul(r.Num(), tenTo(int64(places)))
		return stripBig(scaled.Quo(scaled, r.Denom()), -int64(places))
	}
	limit := tenTo(int64(digits))
	shift = decimalSize(r.Num()) - decimalSize(r.Denom()) - int64(digits) - 1
	for ; ; shift++ {
		if n = quotient(r.Num(), r.Denom(), shift); n.CmpAbs(limit) < 0 {
			return stripBig(n, shift)
		}
	}
}

// quotient returns a / b / 10^shift, rounded.
func quotient(a, b *big.Int, shift int64) *big.Int {
	if shift < 0 {
		a = new(big.Int).Mul(a, tenTo(-shift))
	} else {
		b = new(big.Int).Mul(b, tenTo(shift))
	}
	n, rest := new(big.Int).QuoRem(a, b, new(big.Int))
	half := rest.Lsh(rest, 1).CmpAbs(b)
	if half > 0 || half == 0 && n.Bit(0) == 1 {
		n.Add(n, big.NewInt(int64(a.Sign())))
	}
	return n
}

// decimalSize returns how many decimal digits a number has, or one less.
func decimalSize(n *big.Int) int64 {
	if n.Sign() == 0 {
		return 0
	}
	// log10(2) is a little more than this.
	return int64(float64(n.BitLen()-1)*0.30102999566398119) + 1
}

// sizeInt returns how many decimal digits a number has, or one less.
func sizeInt(n int64) int64 {
	if n == 0 {
		return 0
	}
	return int64(bits.Len64(magnitude(n))-1)*1233>>12 + 1
}
