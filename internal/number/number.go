// Package number reads numbers as JSON writes them, in the form that nearly all of them have: without an exponent, and of few
// digits. Others are for strconv.
package number

import (
	"math"
	"strconv"
	"unsafe"
)

// maxDigits is how many digits a uint64 holds, whichever they are.
const maxDigits = 19

// parse reads the number that a text begins with: its digits, how many of them are decimals, and its length, which is zero
// where it has another form. A zero before the point isn't counted as a digit.
func parse(text []byte) (digits uint64, decimals, length int) {
	i := 0
	if len(text) > 0 && text[0] == '-' {
		i = 1
	}
	begin, point := i, -1
	for ; i < len(text); i++ {
		if c := text[i] - '0'; c <= 9 {
			digits = digits*10 + uint64(c)
		} else if text[i] != '.' || point >= 0 {
			break
		} else {
			point = i
		}
	}
	whole := i - begin
	if point >= 0 {
		whole, decimals = point-begin, i-point-1
		if decimals == 0 {
			return 0, 0, 0
		}
	}
	if whole == 0 || whole > 1 && text[begin] == '0' {
		return 0, 0, 0
	}
	if text[begin] == '0' {
		whole = 0
	}
	if whole+decimals > maxDigits {
		return 0, 0, 0
	}
	return digits, decimals, i
}

// Int returns the whole number that a text begins with, and its length; zero where there is none, or it has another form. What
// is behind it, such as an exponent, is for the caller to look at.
func Int(text []byte) (value int64, length int) {
	digits, decimals, n := parse(text)
	switch {
	case n == 0 || decimals > 0:
		return 0, 0
	case text[0] == '-':
		if digits > -math.MinInt64 {
			return 0, 0
		}
		return -int64(digits), n
	case digits > math.MaxInt64:
		return 0, 0
	}
	return int64(digits), n
}

// Float returns the number that a text begins with, as strconv.ParseFloat rounds it, and its length; zero where there is none, or
// it has another form. What is behind it, such as an exponent, is for the caller to look at.
func Float(text []byte) (value float64, length int) {
	digits, decimals, n := parse(text)
	if n == 0 {
		return 0, 0
	}
	if digits >= 1<<53 || decimals >= len(powers) { // as most that were computed
		value, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), n), 64)
		if err != nil {
			return 0, 0
		}
		return value, n
	}
	value = float64(digits) / powers[decimals] // both are exact, so that it is rounded once
	if text[0] == '-' {
		value = -value
	}
	return value, n
}

// powers are the powers of ten that a float64 holds exactly, as far as they are needed.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}
