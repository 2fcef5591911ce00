package parquet

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/leat-go/leat/internal/quote"
)

// A kind is what a column's values mean.
type kind int

const (
	integer kind = iota
	unsigned
	boolean
	single32
	double64
	half16
	decimal
	date
	clock
	timestamp
	text
	document
	uuid
	binaryBytes
	interval
	nothing
)

// A logical is the logical type of a column.
type logical struct {
	kind kind
	// scale is how many decimals a decimal has.
	scale int
	// unit is what a second has of a time's units; instant says that a timestamp is one.
	unit    int64
	instant bool
}

// logicalOf tells what the values of a column mean: by the logical type, by the older converted type, or by how they lie
// in the file.
func logicalOf(n *node, e *format.SchemaElement) (logical, error) {
	l, ok, err := annotated(e)
	if err != nil {
		return l, err
	}
	if ok && l.fits(n) {
		return l, nil
	}
	switch n.physical {
	case format.Boolean:
		return logical{kind: boolean}, nil
	case format.Int32, format.Int64:
		return logical{kind: integer}, nil
	case format.Int96: // only ever written for instants
		return logical{kind: timestamp, unit: 1e9, instant: true}, nil
	case format.Float:
		return logical{kind: single32}, nil
	case format.Double:
		return logical{kind: double64}, nil
	case format.ByteArray, format.FixedLenByteArray:
		return logical{kind: binaryBytes}, nil
	}
	return l, damaged("its values are of type %d", n.physical)
}

// fits reports whether values that lie so in the file can mean that; what they mean is passed over otherwise.
func (l logical) fits(n *node) bool {
	isNumber := n.physical == format.Int32 || n.physical == format.Int64
	switch l.kind {
	case integer, unsigned, clock, timestamp:
		return isNumber
	case date:
		return n.physical == format.Int32
	case decimal:
		return isNumber || n.physical == format.ByteArray || n.physical == format.FixedLenByteArray
	case half16:
		return n.physical == format.FixedLenByteArray && n.length == 2
	case uuid:
		return n.physical == format.FixedLenByteArray && n.length == 16
	case interval:
		return n.physical == format.FixedLenByteArray && n.length == 12
	case text, document:
		return n.physical == format.ByteArray || n.physical == format.FixedLenByteArray
	}
	return true
}

func annotated(e *format.SchemaElement) (l logical, ok bool, err error) {
	switch t := e.LogicalType.Value.(type) {
	case nil:
		if e.ConvertedType.Valid {
			return converted(e)
		}
		return l, false, nil
	case *format.StringType, *format.EnumType:
		return logical{kind: text}, true, nil
	case *format.JsonType:
		return logical{kind: document}, true, nil
	case *format.UUIDType:
		return logical{kind: uuid}, true, nil
	case *format.DecimalType:
		return decimalOf(int(t.Scale))
	case *format.DateType:
		return logical{kind: date}, true, nil
	case *format.TimeType:
		return logical{kind: clock, unit: unitOf(t.Unit), instant: t.IsAdjustedToUTC}, true, nil
	case *format.TimestampType:
		return logical{kind: timestamp, unit: unitOf(t.Unit), instant: t.IsAdjustedToUTC}, true, nil
	case *format.IntType:
		if t.IsSigned {
			return logical{kind: integer}, true, nil
		}
		return logical{kind: unsigned}, true, nil
	case *format.Float16Type:
		return logical{kind: half16}, true, nil
	case *format.NullType:
		return logical{kind: nothing}, true, nil
	}
	return l, false, nil
}

func decimalOf(scale int) (logical, bool, error) {
	if scale < 0 || scale > 1<<16 {
		return logical{}, false, damaged("a decimal has %d decimals", scale)
	}
	return logical{kind: decimal, scale: scale}, true, nil
}

// unitOf returns what a second has of a unit.
func unitOf(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1e3
	case *format.MicroSeconds:
		return 1e6
	}
	return 1e9
}

func converted(e *format.SchemaElement) (l logical, ok bool, err error) {
	switch e.ConvertedType.V {
	case deprecated.UTF8, deprecated.Enum:
		return logical{kind: text}, true, nil
	case deprecated.Json:
		return logical{kind: document}, true, nil
	case deprecated.Decimal:
		return decimalOf(int(e.Scale.V))
	case deprecated.Date:
		return logical{kind: date}, true, nil
	case deprecated.TimeMillis:
		return logical{kind: clock, unit: 1e3}, true, nil
	case deprecated.TimeMicros:
		return logical{kind: clock, unit: 1e6}, true, nil
	case deprecated.TimestampMillis:
		return logical{kind: timestamp, unit: 1e3, instant: true}, true, nil
	case deprecated.TimestampMicros:
		return logical{kind: timestamp, unit: 1e6, instant: true}, true, nil
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return logical{kind: unsigned}, true, nil
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return logical{kind: integer}, true, nil
	case deprecated.Interval:
		return logical{kind: interval}, true, nil
	}
	return l, false, nil
}

var errNotUTF8 = errors.New("a text isn't UTF-8")

// appendNumber appends a value that lies in a number, as JSON.
func (n *node) appendNumber(dst []byte, v int64) ([]byte, error) {
	switch n.logical.kind {
	case boolean:
		return strconv.AppendBool(dst, v != 0), nil
	case unsigned:
		return strconv.AppendUint(dst, n.unsigned(v), 10), nil
	case single32:
		return appendFloat(dst, float64(math.Float32frombits(uint32(v))), 32), nil
	case double64:
		return appendFloat(dst, math.Float64frombits(uint64(v)), 64), nil
	case decimal:
		return appendDecimal(dst, strconv.AppendInt(nil, v, 10), n.logical.scale), nil
	case date, clock, timestamp:
		dst = append(dst, '"')
		dst = n.appendTime(dst, v)
		return append(dst, '"'), nil
	}
	return strconv.AppendInt(dst, v, 10), nil
}

// unsigned returns a number without a sign.
func (n *node) unsigned(v int64) uint64 {
	if n.physical == format.Int32 {
		return uint64(uint32(v))
	}
	return uint64(v)
}

// appendDecimal appends a number of which the last digits are decimals.
func appendDecimal(dst, digits []byte, scale int) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if scale == 0 {
		return append(dst, digits...)
	}
	for len(digits) <= scale {
		digits = append([]byte("0"), digits...)
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	return append(append(dst, '.'), digits[len(digits)-scale:]...)
}

// julianEpoch is the day 1970-01-01 as INT96 counts days.
const julianEpoch = 2440588

// int96 returns the instant that twelve bytes stand for: the nanoseconds of a day, and the day.
func int96(b []byte) time.Time {
	days := int64(binary.LittleEndian.Uint32(b[8:])) - julianEpoch
	return time.Unix(days*86400, int64(binary.LittleEndian.Uint64(b))).UTC()
}

// appendText appends a value that lies in bytes, as JSON.
func (n *node) appendText(dst, b []byte) ([]byte, error) {
	switch n.logical.kind {
	case text:
		if !utf8.Valid(b) {
			return nil, errNotUTF8
		}
		return quote.AppendBytes(dst, b), nil
	case document:
		if !json.Valid(b) {
			return nil, errors.New("a value that is JSON by the schema is none")
		}
		return append(dst, b...), nil
	case half16:
		return appendFloat(dst, half(binary.LittleEndian.Uint16(b)), 32), nil
	case decimal:
		return appendDecimal(dst, []byte(bigEndian(b).String()), n.logical.scale), nil
	}
	dst = append(dst, '"')
	switch n.logical.kind {
	case uuid:
		dst = appendUUID(dst, b)
	case timestamp: // INT96
		dst = append(int96(b).AppendFormat(dst, "2006-01-02T15:04:05.999999999"), 'Z')
	case interval:
		dst = appendInterval(dst, b)
	default:
		dst = base64.StdEncoding.AppendEncode(dst, b)
	}
	return append(dst, '"'), nil
}

// bigEndian returns a number in two's complement, the highest byte first.
func bigEndian(b []byte) *big.Int {
	i := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		i.Sub(i, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return i
}

func appendUUID(dst, b []byte) []byte {
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

// appendInterval appends months, days and milliseconds as ISO 8601 has them.
func appendInterval(dst, b []byte) []byte {
	ms := binary.LittleEndian.Uint32(b[8:])
	return fmt.Appendf(dst, "P%dM%dDT%d.%03dS", binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), ms/1000,
		ms%1000)
}

// half returns a number of 16 bits.
func half(h uint16) float64 {
	sign, exponent, fraction := 1.0, int(h>>10&0x1f), float64(h&0x3ff)
	if h&0x8000 != 0 {
		sign = -1
	}
	switch {
	case exponent == 0x1f && fraction == 0:
		return math.Inf(int(sign))
	case exponent == 0x1f:
		return math.NaN()
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
