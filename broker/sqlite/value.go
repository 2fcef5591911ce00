package sqlite

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/broker/internal/member"
	"github.com/leat-go/leat/broker/internal/relation"
	"github.com/leat-go/leat/internal/quote"
)

// A kind is what a column's declared type says of its values, as relation.Type. A column may hold any value whatever its
// type, so that the value says how it is read.
type kind struct {
	// declared is the type in upper case, without what is in parentheses.
	declared string
	affinity affinity
	// document, boolean and instant are what Leat makes of types that SQLite knows nothing of.
	document, boolean, instant bool
}

// An affinity is what SQLite makes of values that are written to a column.
type affinity int

const (
	// numeric takes numbers as they are, and texts that are numbers as numbers.
	numeric affinity = iota
	// textual takes numbers as texts, inexact integers as reals, and none everything as it is.
	textual
	inexact
	none
)

// kindOfType finds out what a declared type means, by SQLite's rules for affinity.
func kindOfType(declared string) kind {
	name, _, _ := strings.Cut(strings.ToUpper(declared), "(")
	k := kind{declared: strings.TrimSpace(name)}
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(k.declared, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		k.affinity = numeric
	case has("CHAR", "CLOB", "TEXT"):
		k.affinity = textual
	case has("BLOB") || k.declared == "" || k.declared == "ANY":
		k.affinity = none
	case has("REAL", "FLOA", "DOUB"):
		k.affinity = inexact
	}
	k.document = k.declared == "JSON" || k.declared == "JSONB"
	k.boolean = k.declared == "BOOLEAN" || k.declared == "BOOL"
	k.instant = k.declared == "DATETIME" || strings.HasPrefix(k.declared, "TIMESTAMP")
	return k
}

// newColumn makes a column of its name and declared type. The plus keeps the driver from making times of texts.
func newColumn(name, declared string) relation.Column {
	k := kindOfType(declared)
	plain := "+q." + identifier(name)
	c := relation.Column{Name: name, Read: plain, Type: k, As: k.comparedAs()}
	if k.document { // JSONB is a blob
		c.Read, c.Key = fmt.Sprintf("CASE typeof(%s) WHEN 'blob' THEN json(%[1]s) ELSE %[1]s END", plain), plain
	}
	return c
}

// comparedAs is what values are compared as, as far as the declared type tells.
func (k kind) comparedAs() string {
	switch k.affinity {
	case textual:
		return "text"
	case none:
		return ""
	}
	return "number"
}

// AppendJSON implements relation.Type.
func (k kind) AppendJSON(to []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case int64:
		if k.boolean && (v == 0 || v == 1) {
			return strconv.AppendBool(to, v == 1), nil
		}
		return strconv.AppendInt(to, v, 10), nil
	case float64:
		return appendReal(to, v), nil
	case string:
		switch {
		case k.document && json.Valid([]byte(v)):
			return append(to, v...), nil
		case k.instant:
			v = toInstant(v)
		}
		return quote.Append(to, v), nil
	case []byte:
		to = append(to, '"')
		to = base64.StdEncoding.AppendEncode(to, v)
		return append(to, '"'), nil
	}
	return nil, fmt.Errorf("SQLite gives a %T", value)
}

// appendReal appends a real with the fewest digits that say which it is. Infinity, which JSON doesn't have, is a number
// that is too large for everybody.
func appendReal(to []byte, v float64) []byte {
	switch size := math.Abs(v); {
	case math.IsInf(v, 1):
		return append(to, "9e999"...)
	case math.IsInf(v, -1):
		return append(to, "-9e999"...)
	case size == 0 || 1e-6 <= size && size < 1e21:
		return strconv.AppendFloat(to, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(to, v, 'e', -1, 64)
}

// stored is how SQLite's functions write an instant; without a zone it is in UTC.
const stored = "2006-01-02 15:04:05.999999999"

// layouts are the forms of instants that SQLite's functions read.
var layouts = [...]string{
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	time.RFC3339Nano, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04Z07:00", "2006-01-02T15:04Z07:00",
	"2006-01-02",
}

// toInstant writes a text that is a time as JSON has it; another one stays what it is.
func toInstant(text string) string {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format(time.RFC3339Nano)
		}
	}
	return text
}

// AppendValue implements relation.Type.
func (k kind) AppendValue(to *relation.Statement, text []byte) error {
	value, err := k.parameter(text)
	to.AppendParameter(value)
	return err
}

// parameter returns JSON as a value to write.
func (k kind) parameter(text []byte) (any, error) {
	switch text[0] {
	case '"':
		if k.document {
			return string(text), nil
		}
		s, err := member.Text(text)
		if err != nil {
			return nil, err
		}
		return k.textParameter(string(s))
	case 't', 'f':
		if k.document || k.affinity == textual {
			return string(text), nil
		}
		if text[0] == 't' {
			return int64(1), nil
		}
		return int64(0), nil
	case '{', '[':
		return string(text), nil
	}
	return k.number(string(text))
}

// textParameter is a text as a value to write.
func (k kind) textParameter(s string) (any, error) {
	switch {
	case k.declared == "BLOB":
		binary, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil, fmt.Errorf("it takes base64: %w", err)
		}
		return binary, nil
	case k.instant:
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC().Format(stored), nil
		}
	}
	return s, nil
}

// number is a JSON number as a value to write. Digits are lost only where the column says so by its type, REAL.
func (k kind) number(text string) (any, error) {
	if k.affinity == textual {
		return text, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if k.affinity == inexact && err == nil {
		return f, nil
	}
	if err != nil || !isSameNumber(text, string(appendReal(nil, f))) {
		return nil, fmt.Errorf("%s has more digits than SQLite's numbers: declare the column REAL, which takes the nearest "+
			"number, or TEXT, which keeps them", text)
	}
	return f, nil
}

// Text implements relation.Type. Equal numbers have one text, whether they are integers or reals.
func (k kind) Text(value any) (string, error) {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10), nil
		}
		return strconv.FormatFloat(v, 'e', -1, 64), nil
	case string:
		if !utf8.ValidString(v) { // SQLite takes any bytes as a text, and a position is JSON
			return "t'" + hex.EncodeToString([]byte(v)) + "'", nil
		}
		return "'" + v + "'", nil
	case []byte:
		return "x'" + hex.EncodeToString(v) + "'", nil
	}
	return "", fmt.Errorf("SQLite gives a %T", value)
}

// Value implements relation.Type.
func (k kind) Value(text string) (any, error) {
	switch {
	case strings.HasPrefix(text, "'") && len(text) >= 2:
		return text[1 : len(text)-1], nil
	case strings.HasPrefix(text, "t'"):
		bytes, err := hex.DecodeString(text[2 : len(text)-1])
		return string(bytes), err
	case strings.HasPrefix(text, "x'"):
		return hex.DecodeString(text[2 : len(text)-1])
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("the position's value %q is damaged", text)
	}
	return f, nil
}
