package parquet

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	parquetgo "github.com/parquet-go/parquet-go"

	"github.com/leat-go/leat/broker/internal/member"
)

// decimalBytes is how many bytes a decimal has: enough for 38 digits.
const decimalBytes = 16

// what says what a JSON value is.
func what(value []byte) string {
	switch value[0] {
	case '"':
		return "text"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a truth value"
	case 'n':
		return "null"
	}
	return "a number"
}

// value returns a JSON value that isn't null as the column has it. A text may be a part of it.
func (c *column) value(raw []byte) (parquetgo.Value, error) {
	if c.holds == document {
		return parquetgo.ByteArrayValue(raw), nil
	}
	kind := what(raw)
	wrong := func(want string) (parquetgo.Value, error) {
		return parquetgo.Value{}, fmt.Errorf("it is %s, and its column has %s: say what it has by the column's type", kind, want)
	}
	switch c.holds {
	case boolean:
		if kind != "a truth value" {
			return wrong("truth values")
		}
		return parquetgo.BooleanValue(raw[0] == 't'), nil
	case integer, unsigned, single32, double64, decimal:
		if kind != "a number" {
			return wrong(c.holds.String())
		}
		return c.number(raw)
	}
	if kind != "text" {
		return wrong(c.holds.String())
	}
	s, err := member.Text(raw)
	if err != nil {
		return parquetgo.Value{}, err
	}
	return c.text(s)
}

func (c *column) text(s []byte) (v parquetgo.Value, err error) {
	switch c.holds {
	case timestamp:
		return c.timestamp(string(s))
	case date:
		t, err := time.Parse(time.DateOnly, strings.TrimSuffix(string(s), "T00:00:00Z"))
		if err != nil {
			return v, fmt.Errorf("%q is no date, as 2026-11-29", s)
		}
		return parquetgo.Int32Value(int32(t.Unix() / 86400)), nil
	case uuid:
		b, err := hex.DecodeString(strings.ReplaceAll(string(s), "-", ""))
		if err != nil || len(b) != 16 {
			return v, fmt.Errorf("%q is no UUID", s)
		}
		return parquetgo.FixedLenByteArrayValue(b), nil
	case binaryBytes:
		b, err := base64.StdEncoding.DecodeString(string(s))
		if err != nil {
			return v, fmt.Errorf("%.40q is no text in base64", s)
		}
		return parquetgo.ByteArrayValue(b), nil
	}
	return parquetgo.ByteArrayValue(s), nil
}

func (c *column) timestamp(s string) (v parquetgo.Value, err error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return v, fmt.Errorf("%q is no instant, as 2026-11-29T10:00:00Z", s)
	}
	size := 1e9 / c.unit
	if int64(t.Nanosecond())%size != 0 {
		return v, fmt.Errorf("%s has more digits than its column", s)
	}
	units := new(big.Int).Mul(big.NewInt(t.Unix()), big.NewInt(c.unit))
	units.Add(units, big.NewInt(int64(t.Nanosecond())/size))
	if !units.IsInt64() {
		return v, fmt.Errorf("%s lies outside of what a timestamp can be", s)
	}
	return parquetgo.Int64Value(units.Int64()), nil
}

func (c *column) number(raw []byte) (v parquetgo.Value, err error) {
	if c.bits == 64 && (c.holds == integer || c.holds == unsigned) {
		if i, ok := plainWhole(raw); ok && (i >= 0 || c.holds == integer) {
			return parquetgo.Int64Value(i), nil
		}
	}
	if c.holds == double64 {
		return c.double(raw)
	}
	text := string(raw)
	switch c.holds {
	case integer:
		i, err := wholeOf(text, func(s string) (int64, error) { return strconv.ParseInt(s, 10, c.bits) })
		if err != nil {
			return v, fmt.Errorf("%s is no whole number of %d bits, which its column has: %s", text, c.bits, sayType)
		}
		return integerValue(i, c.bits), nil
	case unsigned:
		i, err := wholeOf(text, func(s string) (uint64, error) { return strconv.ParseUint(s, 10, c.bits) })
		if err != nil {
			return v, fmt.Errorf("%s is no whole number of %d bits without a sign, which its column has", text, c.bits)
		}
		return integerValue(int64(i), c.bits), nil
	case single32:
		f, err := strconv.ParseFloat(text, 32)
		return parquetgo.FloatValue(float32(f)), err
	}
	d, err := parseDecimal(text)
	if err != nil || d.scale > c.scale {
		return v, fmt.Errorf("%s has more than the %d decimals of its column: %s", text, c.scale, sayType)
	}
	unscaled := d.at(c.scale)
	if len(new(big.Int).Abs(unscaled).String()) > c.precision {
		return v, fmt.Errorf("%s has more than the %d digits of its column: %s", text, c.precision, sayType)
	}
	return parquetgo.FixedLenByteArrayValue(twosComplement(unscaled)), nil
}

func (c *column) double(raw []byte) (v parquetgo.Value, err error) {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || c.exact && !keepsDigits(raw, f) {
		return v, fmt.Errorf("a double can't have all digits of %s: %s", raw, sayType)
	}
	return parquetgo.DoubleValue(f), nil
}

// sayType says how a user chooses the type of a column.
const sayType = "give the column another type, such as decimal(38,10), double or text"

func integerValue(i int64, bits int) parquetgo.Value {
	if bits <= 32 {
		return parquetgo.Int32Value(int32(i))
	}
	return parquetgo.Int64Value(i)
}

// wholeOf parses a whole number, however it is written.
func wholeOf[T int64 | uint64](text string, parse func(string) (T, error)) (T, error) {
	if i, err := parse(text); err == nil {
		return i, nil
	}
	d, err := parseDecimal(text)
	if err != nil || d.scale > 0 {
		return 0, errors.New("no whole number")
	}
	return parse(d.at(0).String())
}

// plainWhole parses a whole number of up to 18 digits, which nearly all have.
func plainWhole(raw []byte) (i int64, ok bool) {
	digits := raw
	if len(raw) > 0 && raw[0] == '-' {
		digits = raw[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		i = 10*i + int64(d-'0')
	}
	if len(digits) < len(raw) {
		i = -i
	}
	return i, true
}

func twosComplement(i *big.Int) []byte {
	b := make([]byte, decimalBytes)
	if i.Sign() < 0 {
		i = new(big.Int).Add(i, new(big.Int).Lsh(big.NewInt(1), 8*decimalBytes))
	}
	return i.FillBytes(b)
}

// A number is an exact one: its digits, of which some are decimals, none of them a zero at the end.
type exactNumber struct {
	digits *big.Int
	scale  int
}

// maxExponent is how large the exponent of a number may be that is looked at digit by digit.
const maxExponent = 400

// parseDecimal parses a number as JSON has it.
func parseDecimal(text string) (d exactNumber, err error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	e := 0
	if exponent != "" {
		if e, err = strconv.Atoi(exponent); err != nil || e > maxExponent || e < -maxExponent {
			return d, fmt.Errorf("the exponent of %s is too large", text)
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return d, fmt.Errorf("%s is no number", text)
	}
	d = exactNumber{digits, len(fraction) - e}
	ten, rest := big.NewInt(10), new(big.Int)
	for d.scale > 0 && d.digits.Sign() != 0 {
		quotient := new(big.Int)
		if quotient.QuoRem(d.digits, ten, rest); rest.Sign() != 0 {
			break
		}
		d.digits, d.scale = quotient, d.scale-1
	}
	if d.digits.Sign() == 0 {
		d.scale = 0
	}
	if d.scale < 0 {
		d.digits, d.scale = d.at(0), 0
	}
	return d, nil
}

// at returns the digits of the number with so many decimals.
func (d exactNumber) at(scale int) *big.Int {
	return new(big.Int).Mul(d.digits, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-d.scale)), nil))
}

// keepsDigits reports whether a number is that which its nearest double stands for, in its shortest form.
func keepsDigits(text []byte, f float64) bool {
	if len(text) <= 15 && !bytes.ContainsAny(text, "eE") {
		return true
	}
	var shortestText [24]byte
	if bytes.Equal(appendFloat(shortestText[:0], f, 64), text) {
		return true // as codecs write them
	}
	d, err := parseDecimal(string(text))
	if err != nil {
		return false
	}
	shortest, err := parseDecimal(strconv.FormatFloat(f, 'e', -1, 64))
	return err == nil && d.scale == shortest.scale && d.digits.Cmp(shortest.digits) == 0
}
