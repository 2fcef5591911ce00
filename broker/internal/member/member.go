// Package member takes results apart whose storage has a place of its own for each of their members, such as a column.
package member

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"unicode/utf8"
)

// A Member is one of a result: its name, and its value as it is written there.
type Member struct {
	Name  string
	Value []byte
}

// Split cuts a result, which is JSON that its codec has just encoded, into its members. It appends to into[:0], and takes
// the names that it finds there, which are mostly the same; values are parts of object.
func Split(object []byte, into []Member) ([]Member, error) {
	s := scanner{text: object}
	s.blanks()
	if !s.skip('{') {
		return nil, fmt.Errorf("a result is a JSON object, but this one is %.40s", object)
	}
	before := into
	into = into[:0]
	for s.blanks(); !s.skip('}'); s.blanks() {
		var name string
		if len(into) < len(before) && s.skipName(before[len(into)].Name) {
			name = before[len(into)].Name
		} else {
			text, err := Text(s.value())
			if err != nil {
				return nil, fmt.Errorf("a result isn't a JSON object: %w", err)
			}
			name = string(text)
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
		into = append(into, Member{name, value})
		s.blanks()
		s.skip(',')
	}
	return into, nil
}

// A Splitter splits results, and uses memory and names again. The zero value is ready, and safe for concurrent use.
type Splitter struct{ spare sync.Pool }

// Split splits a result as the function of that name does, and calls use with its members, which may not be kept.
func (s *Splitter) Split(object []byte, use func(all []Member)) error {
	before, _ := s.spare.Get().(*[]Member)
	if before == nil {
		before = new([]Member)
	}
	all, err := Split(object, *before)
	if err != nil {
		return err
	}
	use(all)
	*before = all
	s.spare.Put(before)
	return nil
}

// Text returns what a JSON string says. It is a part of quoted where nothing in it is escaped.
func Text(quoted []byte) ([]byte, error) {
	if n := len(quoted); n > 1 && quoted[0] == '"' && quoted[n-1] == '"' && bytes.IndexByte(quoted, '\\') < 0 &&
		utf8.Valid(quoted) {
		return quoted[1 : n-1], nil
	}
	var text string
	err := json.Unmarshal(quoted, &text)
	return []byte(text), err
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

// skipName passes over a name that is known, where it is written without escapes.
func (s *scanner) skipName(name string) bool {
	end := s.at + 1 + len(name)
	if end >= len(s.text) || s.text[s.at] != '"' || s.text[end] != '"' || string(s.text[s.at+1:end]) != name ||
		bytes.IndexByte(s.text[s.at:end], '\\') >= 0 {
		return false
	}
	s.at = end + 1
	return true
}

func (s *scanner) blanks() {
	for s.at < len(s.text) && s.text[s.at] <= ' ' {
		s.at++
	}
}

// value passes over a value and returns its text.
func (s *scanner) value() []byte {
	begin, depth := s.at, 0
	for s.at < len(s.text) {
		c := s.text[s.at]
		if isPlain[c] {
			s.at++
			continue
		}
		switch c {
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

// isPlain says which bytes are only a part of a number, true, false or null.
var isPlain = func() (plain [256]bool) {
	for _, c := range "+-.0123456789abcdefghijklmnopqrstuvwxyzE" {
		plain[c] = true
	}
	return plain
}()

// quoted passes over a string.
func (s *scanner) quoted() {
	for s.at++; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '"':
			s.at++
			return
		case '\\':
			s.at++
		}
	}
	s.at = len(s.text)
}

// Items cuts a JSON list into its items and calls take with each, until that fails.
func Items(list []byte, take func(item []byte) error) error {
	s := scanner{text: list}
	s.blanks()
	if !s.skip('[') {
		return fmt.Errorf("not a JSON list: %.40s", list)
	}
	for s.blanks(); !s.skip(']'); s.blanks() {
		item := s.value()
		if len(item) == 0 {
			return fmt.Errorf("not a JSON list: %.40s", list)
		}
		if err := take(item); err != nil {
			return err
		}
		s.blanks()
		s.skip(',')
	}
	return nil
}
