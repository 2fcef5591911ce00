package mysql

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/leat-go/leat/broker/internal/member"
	"github.com/leat-go/leat/broker/internal/relation"
)

// AppendValue implements relation.Type. Values are literals in the statement: the driver would make these of parameters,
// which takes twice the time. A literal means the same whatever the session's sql_mode is.
func (k kind) AppendValue(to *relation.Statement, json []byte) (err error) {
	to.Text, err = k.appendLiteral(to.Text, json)
	return err
}

func (k kind) appendLiteral(to, json []byte) ([]byte, error) {
	switch json[0] {
	case '"':
		if k.name == "JSON" {
			return appendText(to, json), nil
		}
		text, err := member.Text(json)
		if err != nil {
			return nil, err
		}
		return k.appendTextLiteral(to, text)
	case 't', 'f':
		if k.name == "JSON" || k.isText() {
			return appendText(to, json), nil
		}
		if json[0] == 't' {
			return append(to, '1'), nil
		}
		return append(to, '0'), nil
	case '{', '[':
		return appendText(to, json), nil
	}
	return k.appendNumber(to, json)
}

// appendTextLiteral appends a text as a value of the column's type.
func (k kind) appendTextLiteral(to, text []byte) ([]byte, error) {
	switch {
	case k.isBinary():
		binary, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			return nil, fmt.Errorf("it takes base64: %w", err)
		}
		return appendHex(to, binary), nil
	case k.isInstant():
		if t, err := time.Parse(time.RFC3339Nano, string(text)); err == nil {
			return t.UTC().AppendFormat(to, "'2006-01-02 15:04:05.999999999'"), nil
		}
	}
	return appendText(to, text), nil
}

// appendText appends a text in quotes. What a backslash means in these depends on sql_mode, so that texts with one are
// written by their bytes.
func appendText(to, text []byte) []byte {
	if bytes.IndexByte(text, '\\') >= 0 {
		return appendHex(append(to, "_utf8mb4 "...), text)
	}
	to = append(to, '\'')
	for {
		i := bytes.IndexByte(text, '\'')
		if i < 0 {
			to = append(to, text...)
			return append(to, '\'')
		}
		to = append(append(to, text[:i]...), "''"...)
		text = text[i+1:]
	}
}

func appendHex(to, binary []byte) []byte {
	to = hex.AppendEncode(append(to, "X'"...), binary)
	return append(to, '\'')
}

// appendNumber appends a JSON number. One with a fraction is a text, which MySQL reads exactly for DECIMAL; for an integer
// column, which would round it without a word, it is an error.
func (k kind) appendNumber(to, json []byte) ([]byte, error) {
	if k.isText() || k.name == "JSON" {
		return appendText(to, json), nil
	}
	isWhole := k.isInteger() || k.name == "BIT"
	switch {
	case isShort(json):
		return append(to, json...), nil
	case !isWhole:
		return appendText(to, json), nil
	}
	if n, err := strconv.ParseInt(string(json), 10, 64); err == nil {
		return strconv.AppendInt(to, n, 10), nil
	}
	if n, err := strconv.ParseUint(string(json), 10, 64); err == nil {
		return strconv.AppendUint(to, n, 10), nil
	}
	f, err := strconv.ParseFloat(string(json), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return nil, fmt.Errorf("%s is no integer of its range", json)
	}
	return strconv.AppendInt(to, int64(f), 10), nil
}

// isShort reports whether a JSON number is an integer that 64 bits hold for certain.
func isShort(json []byte) bool {
	for i, c := range json {
		if (c < '0' || c > '9') && (i > 0 || c != '-') {
			return false
		}
	}
	return len(json) < 19
}
