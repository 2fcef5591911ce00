package postgres

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker/internal/member"
)

// text is a member's value as PostgreSQL reads it for a column; null is true for NULL.
func (c *column) text(value []byte) (text string, null bool, err error) {
	switch {
	case string(value) == "null":
		return "", true, nil
	case c.document:
		return string(value), false, nil
	case value[0] == '"':
		if text, err = member.Text(value); err != nil || !c.binary {
			return text, false, err
		}
		binary, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", false, fmt.Errorf("column %s takes base64: %w", c.name, err)
		}
		return `\x` + hex.EncodeToString(binary), false, nil
	case value[0] == '[' && c.array:
		var list strings.Builder
		err := c.list(value, &list)
		return list.String(), false, err
	}
	return string(value), false, nil
}

// writeArrayItem writes one value of an array.
func writeArrayItem(into *strings.Builder, text string, null bool) {
	if null {
		into.WriteString("NULL")
		return
	}
	into.WriteByte('"')
	for {
		i := strings.IndexAny(text, `\"`)
		if i < 0 {
			break
		}
		into.WriteString(text[:i])
		into.WriteByte('\\')
		into.WriteByte(text[i])
		text = text[i+1:]
	}
	into.WriteString(text)
	into.WriteByte('"')
}

// list writes a JSON list as PostgreSQL writes arrays.
func (c *column) list(value []byte, into *strings.Builder) error {
	into.WriteByte('{')
	first := true
	err := member.Items(value, func(item []byte) error {
		if !first {
			into.WriteByte(',')
		}
		first = false
		if item[0] == '[' {
			return c.list(item, into)
		}
		text, null, err := (&column{name: c.name}).text(item)
		if err == nil {
			writeArrayItem(into, text, null)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("column %s: %w", c.name, err)
	}
	into.WriteByte('}')
	return nil
}
