package parquet

import (
	"math"
	"strconv"
)

// appendFloat appends a number in its shortest form, and what is none as a text.
func appendFloat(dst []byte, f float64, size int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	if size == 64 {
		if short, ok := appendShort(dst, f); ok {
			return short
		}
	}
	form, size2 := byte('f'), math.Abs(f)
	if size2 != 0 && (size2 < 1e-6 || size2 >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(dst, f, form, -1, size)
}

// appendShort appends a number of up to four decimals and fifteen digits, as prices are, where it is one: several times as fast.
// No two numbers of so few digits have the same double, so these are the shortest form.
func appendShort(dst []byte, f float64) ([]byte, bool) {
	const unit, limit = 10_000, 1e15
	scaled := math.Abs(f) * unit
	if !(scaled >= 1 && scaled < limit) {
		return dst, false
	}
	units := uint64(scaled + 0.5)
	if float64(units)/unit != math.Abs(f) {
		return dst, false
	}
	if f < 0 {
		dst = append(dst, '-')
	}
	dst = strconv.AppendUint(dst, units/unit, 10)
	if decimals := units % unit; decimals > 0 {
		dst = appendTwo(append(dst, '.'), int64(decimals/100))
		dst = appendTwo(dst, int64(decimals%100))
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst, true
}
