// Package member takes results apart whose storage has a place of its own for each of their members, such as a column.
package member

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
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
		quoted := s.value()
		var known string
		if len(into) < len(before) {
			known = before[len(into)].Name
		}
		name, err := Text(quoted)
		if err != nil {
			return nil, fmt.Errorf("a result isn't a JSON object: %w", err)
		}
		if string(name) != known {
			known = string(name)
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
		into = append(into, Member{known, value})
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
