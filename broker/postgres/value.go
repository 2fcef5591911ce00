package postgres

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/leat-go/leat/broker/internal/member"
)

// text is a member's value as PostgreSQL reads it for a column: a part of it where it can be. Null is true for NULL.
func (c *column) text(value []byte) (text []byte, null bool, err error) {
	switch {
	case string(value) == "null":
		return nil, true, nil
	case c.document:
	case value[0] == '"':
		if text, err = member.Text(value); err != nil || !c.binary {
			return text, false, err
		}
		binary, err := base64.StdEncoding.AppendDecode(nil, text)
		if err != nil {
			return nil, false, fmt.Errorf("column %s takes base64: %w", c.name, err)
		}
		return hex.AppendEncode([]byte(`\x`), binary), false, nil
	case value[0] == '[' && c.array:
		text, err := c.appendList(nil, value)
		return text, false, err
	}
	return value, false, nil
}

// isPlain reports whether the column takes every value.
func (c *column) isPlain() bool { return c.document || !c.binary && !c.array }

// appendItem appends one value of an array.
func appendItem(to, text []byte, null bool) []byte {
	if null {
		return append(to, "NULL"...)
	}
	to = append(to, '"')
	for {
		i := bytes.IndexAny(text, `\"`)
		if i < 0 {
			break
		}
		to = append(append(to, text[:i]...), '\\', text[i])
		text = text[i+1:]
	}
	return append(append(to, text...), '"')
}

// appendList appends a JSON list as PostgreSQL writes arrays.
func (c *column) appendList(to, value []byte) ([]byte, error) {
	to = append(to, '{')
	first := true
	err := member.Items(value, func(item []byte) (err error) {
		if !first {
			to = append(to, ',')
		}
		first = false
		if item[0] == '[' {
			to, err = c.appendList(to, item)
			return err
		}
		text, null, err := (&column{name: c.name}).text(item)
		to = appendItem(to, text, null)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", c.name, err)
	}
	return append(to, '}'), nil
}
