package expression

import (
	"encoding/binary"
	"math/big"
	"time"
)

// This file writes keys as bytes that are in the order of the keys, so that what sorts them need not know their kinds.
//
// A number of either sign is its integral part in eight bytes, and its fraction; where the integral part has no room
// there, it is an exponent and digits. A fraction, too, is an exponent (how many zeros stand before its first digit)
// and digits: 40 at most, two in a byte, without zeros at the end. That is exact for all decimals that people have, and
// is followed by what is left behind the 40 digits, as a continued fraction: it ends for every rational number, so that
// 1 / 3 has its place among decimals of any length. All bytes of negative numbers are complemented.
//
//	1764.5    0x23  00 00 00 00 00 00 06 E4  FF  34 00     5 is the pair 50, and is written as 50 + 2

// The first byte of a key tells its kind, so that null comes last, as in DuckDB and PostgreSQL.
const (
	orderedBool        = 0x10
	orderedNegInfinity = 0x20
	orderedNegHuge     = 0x21
	orderedNegative    = 0x22
	orderedNumber      = 0x23
	orderedHuge        = 0x24
	orderedInfinity    = 0x25
	orderedText        = 0x30
	orderedTime        = 0x40
	orderedDuration    = 0x50
	orderedNull        = 0x60
)

// AppendOrdered appends bytes that compare as keys do: bytes.Compare of those of two keys is what Compare returns of
// the keys, but that null is above all others.
func (k Key) AppendOrdered(dst []byte) []byte {
	v := k.value()
	switch v.kind {
	case Number:
		return appendOrderedNumber(dst, v)
	case Text:
		return append(append(dst, orderedText), v.text...)
	case Time:
		at := v.ref.(time.Time)
		dst = appendSigned(append(dst, orderedTime), at.Unix())
		return binary.BigEndian.AppendUint32(dst, uint32(at.Nanosecond()))
	case Duration:
		return appendSigned(append(dst, orderedDuration), v.int())
	case Bool:
		return append(dst, orderedBool, byte(v.n))
	}
	return append(dst, orderedNull)
}

func appendSigned(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(n)^1<<63)
}

func appendOrderedNumber(dst []byte, v Value) []byte {
	if v.form == whole && v.int() >= 0 {
		return append(binary.BigEndian.AppendUint64(append(dst, orderedNumber), v.n), noMore) // most are
	}
	if !v.finite() {
		if v.float() < 0 {
			return append(dst, orderedNegInfinity)
		}
		return append(dst, orderedInfinity)
	}
	start := len(dst)
	dst, huge := appendMagnitude(append(dst, orderedNumber), v)
	if huge {
		dst[start] = orderedHuge
	}
	if sign(v) >= 0 {
		return dst
	}
	for i := start + 1; i < len(dst); i++ {
		dst[i] = ^dst[i]
	}
	dst[start] = orderedNegative
	if huge {
		dst[start] = orderedNegHuge
	}
	return dst
}

// appendMagnitude appends the size of a finite number. It is huge where its integral part has more than 64 bits.
func appendMagnitude(dst []byte, v Value) (_ []byte, huge bool) {
	if n, shift, ok := v.small(); ok {
		size := magnitude(n)
		switch {
		case size == 0:
			return append(dst, make([]byte, 9)...), false
		case shift == 0:
			return append(binary.BigEndian.AppendUint64(dst, size), noMore), false
		case shift < 0 && shift >= -smallDigits:
			unit := uint64(pow10[-shift])
			dst = binary.BigEndian.AppendUint64(dst, size/unit)
			return appendSmallFraction(dst, size%unit, -shift), false
		}
	}
	if n, shift, ok := v.long(); ok {
		return appendLong(dst, new(big.Int).Abs(n), shift)
	}
	r := v.rational()
	return appendRational(dst, new(big.Int).Abs(r.Num()), r.Denom())
}

// appendSmallFraction appends n / 10^places.
func appendSmallFraction(dst []byte, n uint64, places int64) []byte {
	if n == 0 {
		return append(dst, noMore)
	}
	digits := int64(1)
	for digits < places && n >= uint64(pow10[digits]) {
		digits++
	}
	dst = appendFirstPlace(dst, places-digits)
	// The first digit has the highest place of two, so that 5 and 50 are one pair.
	for unit := pow10[digits-1]; n > 0; {
		pair := n / uint64(unit) * 10
		n %= uint64(unit)
		if unit /= 10; unit > 0 {
			pair += n / uint64(unit)
			n %= uint64(unit)
			unit /= 10
		}
		dst = append(dst, byte(pair)+firstPair)
	}
	return append(dst, noMore)
}

const (
	// noMore stands where nothing follows: it is below all that may.
	noMore = 0
	// someMore stands behind orderedDigits digits, before the rest.
	someMore = 1
	// firstPair is the pair 00.
	firstPair = 2
	// orderedDigits is how many digits are written as such.
	orderedDigits = 40
	// manyZeros stands before a number of zeros that doesn't fit into a byte.
	manyZeros = 1
)

// appendFirstPlace appends how many zeros stand before a fraction's first digit: the more, the lower.
func appendFirstPlace(dst []byte, zeros int64) []byte {
	if zeros < 0xFF-manyZeros {
		return append(dst, 0xFF-byte(zeros))
	}
	return binary.BigEndian.AppendUint64(append(dst, manyZeros), ^uint64(zeros))
}

// appendLong appends n × 10^shift. No number is made that is longer than n by much: the exponent may be huge.
func appendLong(dst []byte, n *big.Int, shift int64) (_ []byte, huge bool) {
	size := digitsOf(n)
	switch point := size + shift; {
	case point <= 0:
		dst = appendFirstPlace(append(dst, make([]byte, 8)...), -point)
		return appendDigits(dst, n, tenTo(size)), false
	case point > 20: // 2^64 has twenty digits
		return appendHuge(dst, point, n, tenTo(size)), true
	case shift >= 0:
		return appendRational(dst, new(big.Int).Mul(n, tenTo(shift)), big.NewInt(1))
	default:
		return appendRational(dst, n, tenTo(-shift))
	}
}

// appendRational appends num / denom.
func appendRational(dst []byte, num, denom *big.Int) (_ []byte, huge bool) {
	integral, rest := new(big.Int).QuoRem(num, denom, new(big.Int))
	if !integral.IsUint64() {
		point := digitsOf(integral)
		return appendHuge(dst, point, num, new(big.Int).Mul(denom, tenTo(point))), true
	}
	dst = binary.BigEndian.AppendUint64(dst, integral.Uint64())
	if rest.Sign() == 0 {
		return append(dst, noMore), false
	}
	zeros := int64(0)
	if span := digitsOf(denom) - digitsOf(rest); span > 1 {
		zeros = span - 1
		rest = new(big.Int).Mul(rest, tenTo(zeros))
	}
	ten := big.NewInt(10)
	for next := new(big.Int).Mul(rest, ten); next.Cmp(denom) < 0; next = new(big.Int).Mul(rest, ten) {
		rest = next
		zeros++
	}
	return appendDigits(appendFirstPlace(dst, zeros), rest, denom), false
}

// appendHuge appends num / denom × 10^point, where the quotient is at least 0.1 and below one.
func appendHuge(dst []byte, point int64, num, denom *big.Int) []byte {
	return appendDigits(appendSigned(dst, point), num, denom)
}

// appendDigits appends the digits of num / denom, which is at least 0.1 and below one.
func appendDigits(dst []byte, num, denom *big.Int) []byte {
	scaled := new(big.Int).Mul(num, tenTo(orderedDigits))
	digits, rest := scaled.QuoRem(scaled, denom, new(big.Int))
	text := digits.Text(10)
	last := len(text)
	for rest.Sign() == 0 && last > 0 && text[last-1] == '0' {
		last--
	}
	for i := 0; i < last; i += 2 {
		pair := (text[i] - '0') * 10
		if i+1 < last {
			pair += text[i+1] - '0'
		}
		dst = append(dst, pair+firstPair)
	}
	if rest.Sign() == 0 {
		return append(dst, noMore)
	}
	return appendContinued(append(dst, someMore), rest, denom)
}

// appendContinued appends num / denom, which is above zero and below one, as a continued fraction 1/(a + 1/(b + …)).
// The greater a, the lower the fraction, and the other way round with b; where it ends, an infinite number would
// follow.
func appendContinued(dst []byte, num, denom *big.Int) []byte {
	num, denom = new(big.Int).Set(num), new(big.Int).Set(denom)
	for falling := true; ; falling = !falling {
		start := len(dst)
		done := num.Sign() == 0
		if done {
			dst = append(dst, 0xFF)
		} else {
			quotient, rest := new(big.Int).QuoRem(denom, num, new(big.Int))
			denom, num = num, rest
			dst = appendTerm(dst, quotient.Bytes())
		}
		for i := start; falling && i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
		if done {
			return dst
		}
	}
}

// appendTerm appends a whole number: its length, and it.
func appendTerm(dst, term []byte) []byte {
	const long = 0xFE
	if len(term) < long {
		dst = append(dst, byte(len(term)))
	} else {
		dst = binary.BigEndian.AppendUint64(append(dst, long), uint64(len(term)))
	}
	return append(dst, term...)
}

// digitsOf returns how many decimal digits a positive number has.
func digitsOf(n *big.Int) int64 {
	size := decimalSize(n)
	if n.Cmp(tenTo(size)) >= 0 {
		size++
	}
	return size
}

// Minus returns the key that lies a distance below: a number below a number, a duration below a time or a duration. It
// is an error if there is no such key, since kinds don't fit or the result is out of range.
func (k Key) Minus(distance Key) (Key, error) {
	v, err := minus(k.value(), distance.value())
	if err != nil {
		return Key{}, err
	}
	return NewKey(v)
}
