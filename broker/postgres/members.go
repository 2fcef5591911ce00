package postgres

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// A member is one of a result, a JSON object: its name, and its value as it is written there.
type member struct {
	name  string
	value []byte
}

// members cuts a result, which its codec has just encoded, into its members.
func members(object []byte, into []member) ([]member, error) {
	s := scanner{text: object}
	s.blanks()
	if !s.skip('{') {
		return nil, fmt.Errorf("a result is a JSON object, whose members are columns, but this one is %.40s", object)
	}
	into = into[:0]
	for s.blanks(); !s.skip('}'); s.blanks() {
		quoted := s.value()
		var name string
		if err := json.Unmarshal(quoted, &name); err != nil {
			return nil, fmt.Errorf("a result isn't a JSON object: %w", err)
		}
		s.blanks()
		if !s.skip(':') {
			return nil, fmt.Errorf("a result isn't a JSON object at byte %d", s.at)
		}
		s.blanks()
		value := s.value()
		if len(value) == 0 {
			return nil, fmt.Errorf("a result isn't a JSON object at byte %d", s.at)
		}
		into = append(into, member{name, value})
		s.blanks()
		s.skip(',')
	}
	return into, nil
}

// A scanner goes through JSON that is known to be valid.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) skip(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) blanks() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// value passes over a value and returns its text.
func (s *scanner) value() []byte {
	begin, depth := s.at, 0
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case '"':
			s.quoted()
			if depth == 0 {
				return s.text[begin:s.at]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return s.text[begin:s.at]
			}
			if c == '}' || c == ']' {
				depth--
				if depth == 0 {
					s.at++
					return s.text[begin:s.at]
				}
			}
		}
		s.at++
	}
	return s.text[begin:]
}

// quoted passes over a string.
func (s *scanner) quoted() {
	for s.at++; s.at < len(s.text) && s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
}

// text is a member's value as PostgreSQL reads it for a column; null is true for NULL.
func (c *column) text(value []byte) (text string, null bool, err error) {
	switch {
	case string(value) == "null":
		return "", true, nil
	case c.document:
		return string(value), false, nil
	case value[0] == '"':
		if err := json.Unmarshal(value, &text); err != nil || !c.binary {
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
	s := scanner{text: value, at: 1}
	into.WriteByte('{')
	for s.blanks(); !s.skip(']'); s.blanks() {
		if into.String()[into.Len()-1] != '{' {
			into.WriteByte(',')
		}
		item := s.value()
		switch {
		case len(item) == 0:
			return fmt.Errorf("column %s: not a JSON list: %.40s", c.name, value)
		case item[0] == '[':
			if err := c.list(item, into); err != nil {
				return err
			}
		default:
			text, null, err := (&column{name: c.name}).text(item)
			if err != nil {
				return err
			}
			writeArrayItem(into, text, null)
		}
		s.blanks()
		s.skip(',')
	}
	into.WriteByte('}')
	return nil
}
