// Package number reads numbers as JSON writes them, in the form that nearly all of them have: without an exponent, and of few
// digits. Others are for strconv. It writes floating-point ones as codec.JSON does.
package number

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/goccy/go-json/jsontext"

	"github.com/leat-go/leat/internal/swar"
)

// maxDigits is how many digits a uint64 holds, whichever they are.
const maxDigits = 19

// Int returns the whole number that a text begins with, and its length; zero where there is none, or it has another form. What
// is behind it, such as an exponent, is for the caller to look at.
func Int(text []byte) (value int64, length int) { return IntAt(text, 0) }

// IntAt does for what is at an index of a text what [Int] does for all of it, and returns the index behind the number; zero
// where there is none. It is the faster way to go through a text, whose last bytes are read together with those before.
func IntAt(text []byte, at int) (value int64, end int) {
	begin, negative := at, uint64(0)
	if at < len(text) && text[at] == '-' {
		begin, negative = at+1, 1
	}
	digits, n := swar.Digits(swar.At(text, begin))
	end = begin + n
	if n == 8 && end < len(text) && text[end]-'0' <= 9 {
		if digits, end = digitsAt(text, end, digits); end-begin > maxDigits {
			return 0, 0
		}
	}
	if n == 0 || n > 1 && text[begin] == '0' || end < len(text) && text[end] == '.' || digits > math.MaxInt64+negative {
		return 0, 0
	}
	return int64((digits ^ -negative) + negative), end
}

// Float returns the number that a text begins with, as strconv.ParseFloat rounds it, and its length; zero where there is none, or
// it has another form. What is behind it, such as an exponent, is for the caller to look at.
func Float(text []byte) (value float64, length int) { return FloatAt(text, 0) }

// FloatAt does for what is at an index of a text what [Float] does for all of it, as [IntAt] does for [Int].
func FloatAt(text []byte, at int) (value float64, end int) {
	begin := at
	if at < len(text) && text[at] == '-' {
		begin++
	}
	digits, end := digitsAt(text, begin, 0)
	n, decimals := end-begin, 0
	if n == 0 || n > maxDigits || n > 1 && text[begin] == '0' {
		return 0, 0
	}
	if end < len(text) && text[end] == '.' {
		point := end
		digits, end = digitsAt(text, point+1, digits)
		if decimals = end - point - 1; text[begin] == '0' {
			n = 0 // it isn't counted
		}
		if decimals == 0 || n+decimals > maxDigits {
			return 0, 0
		}
	}
	if digits >= 1<<53 || decimals >= len(powers) { // as most that were computed
		number := text[at:end]
		value, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(number), len(number)), 64)
		if err != nil {
			return 0, 0
		}
		return value, end
	}
	value = float64(digits) / powers[decimals] // both are exact, so that it is rounded once
	if begin > at {
		value = -value
	}
	return value, end
}

// digitsAt reads the digits at an index of a text, behind those that have a value, and returns the index behind them. Of more
// than maxDigits the value is of no use.
func digitsAt(text []byte, at int, value uint64) (digits uint64, end int) {
	for n := 8; n == 8; at += n {
		digits, n = swar.Digits(swar.At(text, at))
		value = value*tens[n] + digits
	}
	return value, at
}

// tens are the powers of ten that a uint64 holds.
var tens = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// powers are the powers of ten that a float64 holds exactly, as far as they are needed.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// Append appends a floating-point number of so many bits as JSON has it; false for one that it doesn't have, NaN and infinity.
func Append(into []byte, f float64, bits int) ([]byte, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return into, false
	}
	return jsontext.AppendFloat(into, f, bits), true
}
