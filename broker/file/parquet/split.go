package parquet

import (
	"bytes"

	"github.com/leat-go/leat/broker/internal/member"
	"github.com/leat-go/leat/internal/quote"
)

// A splitter takes results apart that have all columns in their order, without blanks and without lists and objects, as most
// have: it only looks where each value ends.
type splitter struct {
	// heads are what stands before the values: {"a": and then ,"b":.
	heads   [][]byte
	members []member.Member
}

func newSplitter(columns []*column) *splitter {
	s := &splitter{}
	for i, c := range columns {
		head := []byte(",")
		if i == 0 {
			head = []byte("{")
		}
		s.heads = append(s.heads, append(quote.Append(head, c.name), ':'))
		s.members = append(s.members, member.Member{Name: c.name})
	}
	return s
}

// split sets the members; false where the result isn't such a one.
func (s *splitter) split(object []byte) bool {
	for i, head := range s.heads {
		if !bytes.HasPrefix(object, head) {
			return false
		}
		object = object[len(head):]
		end := valueEnd(object)
		if end < 0 {
			return false
		}
		s.members[i].Value, object = object[:end], object[end:]
	}
	return string(object) == "}"
}

// valueEnd returns where a plain value ends; below zero for others.
func valueEnd(text []byte) int {
	if len(text) > 0 && text[0] == '"' {
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				return -1
			case '"':
				return i + 1
			}
		}
		return -1
	}
	for i, c := range text {
		switch {
		case c == ',' || c == '}':
			return i
		case c <= ' ' || c == '{' || c == '[':
			return -1
		}
	}
	return -1
}
