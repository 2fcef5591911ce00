package mysql

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/broker/internal/relation"
	"github.com/leat-go/leat/internal/quote"
)

// A kind is a column's type, as relation.Type.
type kind struct {
	// name is the type's, in upper case, without its length.
	name              string
	unsigned, boolean bool
}

func (k kind) isText() bool {
	return strings.HasSuffix(k.name, "TEXT") || k.name == "CHAR" || k.name == "VARCHAR"
}

func (k kind) isInteger() bool { return strings.HasSuffix(k.name, "INT") || k.name == "YEAR" }

func (k kind) isBinary() bool {
	return strings.HasSuffix(k.name, "BLOB") || strings.HasSuffix(k.name, "BINARY") || k.name == "GEOMETRY"
}

func (k kind) isInstant() bool { return k.name == "DATETIME" || k.name == "TIMESTAMP" }

// newColumn makes a column. Decimals are compared with decimals: with texts MySQL compares them as inexact numbers.
func newColumn(name string, k kind) relation.Column {
	c := relation.Column{Name: name, Type: k, As: k.comparedAs()}
	if k.name == "DECIMAL" {
		c.Mark = "CAST(? AS DECIMAL(65,30))"
	}
	return c
}

// comparedAs is what values are compared as.
func (k kind) comparedAs() string {
	switch {
	case k.isInteger() || k.name == "DECIMAL":
		return "number"
	case k.name == "FLOAT" || k.name == "DOUBLE":
		return "float"
	case k.isText():
		return "text"
	case k.isBinary():
		return "bytes"
	}
	return strings.ToLower(k.name)
}

// AppendJSON implements relation.Type.
func (k kind) AppendJSON(to []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case int64:
		if k.boolean && (v == 0 || v == 1) {
			return strconv.AppendBool(to, v == 1), nil
		}
		return strconv.AppendInt(to, v, 10), nil
	case uint64:
		return strconv.AppendUint(to, v, 10), nil
	case float32:
		return appendReal(to, float64(v), 32), nil
	case float64:
		return appendReal(to, v, 64), nil
	case []byte:
		return k.appendBytes(to, v), nil
	case string:
		return k.appendBytes(to, []byte(v)), nil
	}
	return nil, fmt.Errorf("the driver gives a %T", value)
}

func (k kind) appendBytes(to, v []byte) []byte {
	switch {
	case k.name == "DECIMAL", k.isInteger(), k.name == "JSON" && json.Valid(v):
		return append(to, v...)
	case k.name == "BIT" && k.boolean:
		return strconv.AppendBool(to, bits(v) == 1)
	case k.name == "BIT":
		return strconv.AppendUint(to, bits(v), 10)
	case k.isBinary():
		to = append(to, '"')
		to = base64.StdEncoding.AppendEncode(to, v)
		return append(to, '"')
	case k.isInstant():
		return quote.Append(to, toInstant(string(v)))
	}
	return quote.Append(to, string(v))
}

// bits is the number that a BIT is.
func bits(v []byte) (n uint64) {
	for _, b := range v {
		n = n<<8 | uint64(b)
	}
	return n
}

// appendReal appends a real with the fewest digits that say which it is.
func appendReal(to []byte, v float64, size int) []byte {
	if abs := math.Abs(v); abs == 0 || 1e-6 <= abs && abs < 1e21 {
		return strconv.AppendFloat(to, v, 'f', -1, size)
	}
	return strconv.AppendFloat(to, v, 'e', -1, size)
}

// stored is how MySQL writes an instant, to the microsecond.
const stored = "2006-01-02 15:04:05.999999"

// toInstant writes an instant in UTC as JSON has it. The zero date is none, and stays text.
func toInstant(text string) string {
	if t, err := time.Parse(stored, text); err == nil {
		return t.Format(time.RFC3339Nano)
	}
	return text
}

// Text implements relation.Type.
func (k kind) Text(value any) (string, error) {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case []byte:
		return k.keyText(v)
	case string:
		return k.keyText([]byte(v))
	}
	return "", errUnordered(k)
}

func (k kind) keyText(v []byte) (string, error) {
	switch {
	case k.isBinary():
		return base64.StdEncoding.EncodeToString(v), nil
	case k.isText(), k.isInstant(), k.isInteger(), k.name == "DECIMAL", k.name == "DATE":
		return string(v), nil
	}
	return "", errUnordered(k)
}

// errUnordered says why a column can't be ordered by.
func errUnordered(k kind) error {
	return errors.New("MySQL compares values of type " + k.name + " otherwise than it sorts them: order by another column")
}

// Value implements relation.Type.
func (k kind) Value(text string) (any, error) {
	switch {
	case k.isBinary():
		return base64.StdEncoding.DecodeString(text)
	case k.isInteger() && k.unsigned:
		return strconv.ParseUint(text, 10, 64)
	case k.isInteger():
		return strconv.ParseInt(text, 10, 64)
	case k.name == "DOUBLE":
		return strconv.ParseFloat(text, 64)
	}
	return text, nil
}
