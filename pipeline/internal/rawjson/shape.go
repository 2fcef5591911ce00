package rawjson

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
)

// This file finds the members of objects that are written as those before were, which nearly all of a stream's are: in one
// line, with no blanks but one behind a colon or a comma, and with names that are known in the order in which they come. Such a
// name need not be looked up, nor compared with the others of its object. Every other object, and every error, is left to the
// scanner.

// maxShape is how many names a shape may have, and maxLearnt how often a shape is learnt: objects that have others each time
// are scanned.
const (
	maxShape  = 64
	maxLearnt = 32
)

// shapes is the shape that objects of a stream had, which is replaced as a whole: several goroutines may decode.
type shapes struct {
	shape  atomic.Pointer[shape]
	learnt atomic.Int32
}

// forget forgets what was learnt: other paths lead elsewhere.
func (s *shapes) forget() {
	s.shape.Store(nil)
	s.learnt.Store(0)
}

// A shape are the names that the members of objects had, in the order in which these came: an object may lack some of them.
type shape struct{ names []shapeName }

type shapeName struct {
	// quoted is the name in quotes, with the colon behind it.
	quoted []byte
	// first are the first eight bytes of quoted, of which mask has those that it has.
	first, mask uint64
	// at is where paths go on; nil where none leads to the member.
	at *prefix
}

// find finds the members of an object, and reports false where the scanner must do it.
func (s *shape) find(data []byte, spans []Span) bool {
	if len(data) < 2 || data[0] != '{' {
		return false
	}
	for i, next := 1, 0; ; i++ {
		n := s.nameAt(data, i, next)
		if n < 0 {
			return false
		}
		name := &s.names[n]
		next = n + 1
		if i += len(name.quoted); i < len(data) && data[i] == ' ' {
			i++
		}
		end := valueEnd(data, i, name.at, spans)
		if end < 0 || end >= len(data) {
			return false
		}
		if name.at != nil && name.at.number > 0 {
			spans[name.at.number-1] = Span{Start: uint32(i), End: uint32(end)}
		}
		if i = end; data[i] != ',' {
			return data[i] == '}' && i+1 == len(data)
		}
		if i+1 < len(data) && data[i+1] == ' ' {
			i++
		}
	}
}

// nameAt returns the index of the name that begins at a byte, from a name on; -1 where it is none of them.
func (s *shape) nameAt(data []byte, at, from int) int {
	if len(data)-at < 8 {
		for n := from; n < len(s.names); n++ {
			if bytes.HasPrefix(data[at:], s.names[n].quoted) {
				return n
			}
		}
		return -1
	}
	first := binary.LittleEndian.Uint64(data[at:])
	for n := from; n < len(s.names); n++ {
		name := &s.names[n]
		if first&name.mask == name.first && (len(name.quoted) <= 8 || bytes.HasPrefix(data[at:], name.quoted)) {
			return n
		}
	}
	return -1
}

// valueEnd returns where the value that begins at a byte ends; -1 where the scanner must tell.
func valueEnd(data []byte, i int, at *prefix, spans []Span) int {
	if i >= len(data) {
		return -1
	}
	switch c := data[i]; {
	case c == '"':
		return textEnd(data, i+1)
	case c == '-' || c-'0' <= 9:
		return numberEnd(data, i)
	case c == '{' || c == '[':
		s := &scanner{data: data, pos: i, depth: 1, spans: spans}
		if s.scan(at) != nil || s.form != (Form{}) {
			return -1
		}
		return s.pos
	}
	for _, word := range [...]string{"null", "true", "false"} {
		if len(data)-i >= len(word) && string(data[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return -1
}

// textEnd returns where a text ends that goes on at a byte.
func textEnd(data []byte, i int) int {
	for ; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			return i + 1
		case c == '\\' || c < ' ':
			return -1
		}
	}
	return -1
}

// numberEnd returns where a number without an exponent ends.
func numberEnd(data []byte, i int) int {
	if data[i] == '-' {
		i++
	}
	begin := i
	i = digitsEnd(data, i)
	if i == begin || i > begin+1 && data[begin] == '0' {
		return -1
	}
	if i < len(data) && data[i] == '.' {
		begin = i + 1
		if i = digitsEnd(data, begin); i == begin {
			return -1
		}
	}
	return i // what is behind it, such as an exponent, is found to be no comma
}

func digitsEnd(data []byte, i int) int {
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	return i
}

// learn learns the names of an object that the scanner has found right, written in one line.
func (s *shapes) learn(root *prefix, data []byte) {
	if s.learnt.Load() >= maxLearnt || s.learnt.Add(1) > maxLearnt {
		return
	}
	names := namesOf(root, data)
	if len(names) == 0 {
		return
	}
	if known := s.shape.Load(); known != nil {
		names = merged(known.names, names)
	}
	if len(names) <= maxShape {
		s.shape.Store(&shape{names})
	}
}

// namesOf returns the names of an object; none where they aren't as they are in a shape.
func namesOf(root *prefix, data []byte) (names []shapeName) {
	s := &scanner{data: data, pos: 1}
	for s.at() == '"' {
		begin := s.pos
		n, err := s.name()
		if err != nil || s.at() != ':' || bytes.IndexByte(data[begin:s.pos], '\\') >= 0 {
			return nil
		}
		at := s.member(root, n)
		s.pos++
		quoted := bytes.Clone(data[begin:s.pos])
		first := [8]byte{}
		copy(first[:], quoted)
		mask := uint64(1)<<(8*len(quoted)) - 1 // of a long name, all
		names = append(names, shapeName{quoted, binary.LittleEndian.Uint64(first[:]), mask, at})
		if err := s.value(nil); err != nil {
			return nil
		}
		if s.space(); s.at() != ',' {
			break
		}
		s.pos++
		s.space()
	}
	return names
}

// merged returns the names of a shape with those of another one between them, where both have them in one order; else the
// latter.
func merged(known, names []shapeName) []shapeName {
	var both []shapeName
	next := 0
	for _, name := range names {
		at := indexOf(known, name.quoted)
		switch {
		case at < 0:
			both = append(both, name)
			continue
		case at < next:
			return names
		}
		both = append(append(both, known[next:at]...), name)
		next = at + 1
	}
	return append(both, known[next:]...)
}

func indexOf(names []shapeName, quoted []byte) int {
	for i := range names {
		if bytes.Equal(names[i].quoted, quoted) {
			return i
		}
	}
	return -1
}
