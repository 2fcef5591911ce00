package avrojson

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/jsontree"
)

const (
	dayLayout   = "2006-01-02"
	clockLayout = "15:04:05.999999999"
	localLayout = dayLayout + "T" + clockLayout
	daySeconds  = 24 * 60 * 60
)

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

func (r *reader) time(dst []byte, n *node) ([]byte, error) {
	v, err := r.long()
	if err != nil {
		return nil, err
	}
	if n.kind == daytime {
		unit := pow10(n.digits)
		if v < 0 || v >= daySeconds*unit {
			return nil, r.fail("%d is no %s", v, n.name)
		}
		at := time.Unix(v/unit, v%unit*(1e9/unit)).UTC()
		return append(at.AppendFormat(append(dst, '"'), clockLayout), '"'), nil
	}
	at := instantOf(v, n)
	if y := at.Year(); y < 1 || y > 9999 {
		return nil, r.fail("%d is a %s of the year %d, which can't be written with four digits", v, n.name, y)
	}
	return append(at.AppendFormat(append(dst, '"'), layoutOf(n)), '"'), nil
}

func layoutOf(n *node) string {
	switch n.kind {
	case date:
		return dayLayout
	case local:
		return localLayout
	}
	return time.RFC3339Nano
}

func instantOf(v int64, n *node) time.Time {
	if n.kind == date {
		return time.Unix(min(max(v, math.MinInt32), math.MaxInt32)*daySeconds, 0).UTC()
	}
	unit := pow10(n.digits)
	seconds, rest := v/unit, v%unit
	if rest < 0 {
		seconds, rest = seconds-1, rest+unit
	}
	return time.Unix(seconds, rest*(1e9/unit)).UTC()
}

// time writes a text that is a time, or the number that stands for it.
func (w *writer) time(n *node, v *jsontree.Value) (int64, error) {
	if v.Kind == jsontree.Number {
		return whole(v.Raw, 64)
	}
	if v.Kind != jsontree.Text {
		return 0, mismatch(n, v)
	}
	layout, like := layoutOf(n), "2026-11-29T10:00:00Z"
	switch n.kind {
	case date:
		like = "2026-11-29"
	case local:
		like = "2026-11-29T10:00:00"
	case daytime:
		layout, like = clockLayout, "10:00:00"
	}
	at, err := time.Parse(layout, v.Text)
	if err != nil {
		return 0, fmt.Errorf("%s is no %s, which is a text like %s", v, n.name, like)
	}
	if n.kind == date {
		return floorDiv(at.Unix(), daySeconds), nil
	}
	if n.kind == daytime {
		at = time.Unix(int64(at.Hour()*3600+at.Minute()*60+at.Second()), int64(at.Nanosecond()))
	}
	unit := pow10(n.digits)
	if int64(at.Nanosecond())%(1e9/unit) != 0 {
		return 0, fmt.Errorf("%s has more digits than the %d that a %s keeps: round it, or give a schema with more",
			v, n.digits, n.name)
	}
	seconds := at.Unix()
	if limit := math.MaxInt64/unit - 1; seconds > limit || seconds < -limit {
		return 0, fmt.Errorf("%s is beyond what a %s holds", v, n.name)
	}
	return seconds*unit + int64(at.Nanosecond())/(1e9/unit), nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// appendDecimal appends an integer in two's complement with its point.
func appendDecimal(dst, b []byte, scale int) []byte {
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	digits := v.Text(10)
	if scale == 0 {
		return append(dst, digits...)
	}
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	return append(append(dst, '.'), digits[len(digits)-scale:]...)
}

// maxExponent bounds the powers of ten that are multiplied out.
const maxExponent = 5000

// A number is digits, an integer, times a power of ten.
type number struct {
	digits   *big.Int
	exponent int
}

// parseNumber reads a number as JSON writes it; trailing zeros are in the exponent.
func parseNumber(raw []byte) (n number, err error) {
	mantissa, power, _ := strings.Cut(strings.ToLower(string(raw)), "e")
	if power != "" {
		if n.exponent, err = strconv.Atoi(power); err != nil || n.exponent > math.MaxInt32 || n.exponent < math.MinInt32 {
			return n, fmt.Errorf("%.60s is too large, or too close to zero", raw)
		}
	}
	before, behind, _ := strings.Cut(mantissa, ".")
	digits := before + behind
	n.exponent -= len(behind)
	if trimmed := strings.TrimRight(digits, "0"); trimmed != "" && trimmed != "-" {
		n.exponent += len(digits) - len(trimmed)
		digits = trimmed
	} else {
		digits, n.exponent = "0", 0
	}
	var ok bool
	if n.digits, ok = new(big.Int).SetString(digits, 10); !ok {
		return n, fmt.Errorf("%.60s is no number", raw)
	}
	return n, nil
}

// scaled returns the number times ten to the power of scale; an error where that isn't whole.
func (n number) scaled(raw []byte, scale int) (*big.Int, error) {
	switch exponent := n.exponent + scale; {
	case exponent > maxExponent:
		return nil, fmt.Errorf("%.60s is too large", raw)
	case exponent >= 0:
		return new(big.Int).Mul(n.digits, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil)), nil
	case scale == 0:
		return nil, fmt.Errorf("%.60s isn't whole", raw)
	}
	return nil, fmt.Errorf("%.60s has more than %d digits behind the point: round it, or give a schema with more", raw, scale)
}

// whole reads a number that must be whole and have so many bits.
func whole(raw []byte, bits int) (int64, error) {
	if v, err := strconv.ParseInt(string(raw), 10, bits); err == nil {
		return v, nil
	}
	n, err := parseNumber(raw)
	if err != nil {
		return 0, err
	}
	v, err := n.scaled(raw, 0)
	if err != nil {
		return 0, err
	}
	if !v.IsInt64() || bits == 32 && int64(int32(v.Int64())) != v.Int64() {
		return 0, fmt.Errorf("%.60s has more than %d bits", raw, bits)
	}
	return v.Int64(), nil
}
