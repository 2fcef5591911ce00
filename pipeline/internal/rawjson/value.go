package rawjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/expression"
)

// Value returns the value that valid JSON stands for.
func Value(raw []byte) (expression.Value, error) {
	switch raw[0] {
	case '"':
		return expression.TextValue(unquote(raw)), nil
	case 't', 'f':
		return expression.BoolValue(raw[0] == 't'), nil
	case 'n':
		return expression.NullValue(), nil
	case '{', '[':
		x, err := Decode(raw)
		return expression.OtherValue(x), err
	}
	if n, ok := smallInt(raw); ok {
		return expression.IntValue(n), nil
	}
	return expression.NumberOf(raw), nil
}

// smallInt parses whole numbers of at most 18 digits, which are most.
func smallInt(raw []byte) (n int64, ok bool) {
	digits := bytes.TrimPrefix(raw, []byte{'-'})
	if len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(raw) {
		n = -n
	}
	return n, true
}

// Decode returns valid JSON as Go values: nil, bool, int64, *big.Int, float64, string, []any and map[string]any.
func Decode(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var x any
	if err := decoder.Decode(&x); err != nil {
		return nil, err
	}
	return numbers(x)
}

// numbers replaces each json.Number within x by the number.
func numbers(x any) (any, error) {
	var err error
	switch x := x.(type) {
	case json.Number:
		return expression.NumberOf([]byte(x)).Go(), nil
	case []any:
		for i := range x {
			if x[i], err = numbers(x[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range x {
			if x[name], err = numbers(x[name]); err != nil {
				return nil, err
			}
		}
	}
	return x, nil
}

// Append appends what an expression came out as. A json.RawMessage is appended as it is; the members of an object that
// was computed are sorted by name.
func Append(dst []byte, x any) ([]byte, error) {
	switch x := x.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, x), nil
	case int64:
		return strconv.AppendInt(dst, x, 10), nil
	case int:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case *big.Int:
		return x.Append(dst, 10), nil
	case float64:
		return appendFloat(dst, x)
	case string:
		return AppendText(dst, x), nil
	case json.RawMessage:
		return append(dst, x...), nil
	case time.Time:
		return AppendText(dst, x.Format(time.RFC3339Nano)), nil
	case time.Duration:
		return AppendText(dst, x.String()), nil
	case []any:
		return appendList(dst, x)
	case map[string]any:
		return appendObject(dst, x)
	}
	encoded, err := json.Marshal(x)
	return append(dst, encoded...), err
}

func appendList(dst []byte, list []any) (_ []byte, err error) {
	dst = append(dst, '[')
	for i, item := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = Append(dst, item); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendObject(dst []byte, object map[string]any) (_ []byte, err error) {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendText(dst, name), ':')
		if dst, err = Append(dst, object[name]); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// appendFloat writes a number as encoding/json and JavaScript do.
func appendFloat(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("the result is %v, which JSON has no number for", f)
	}
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-2] == '0' {
		// e-09 is written e-9.
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst, nil
}

// AppendText appends a text in quotes. Bytes that are no UTF-8 become U+FFFD.
func AppendText(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ':
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}
