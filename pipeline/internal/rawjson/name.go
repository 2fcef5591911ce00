package rawjson

import (
	"bytes"
	"encoding/binary"

	"github.com/leat-go/leat/internal/expression"
)

// A name is that of a member: where it begins, at its quote, and its hash. Equal names have equal hashes, however they
// are written.
type name struct {
	start uint32
	hash  hash32
}

type hash32 uint32

// bit returns one of 64 bits.
func (h hash32) bit() uint64 { return 1 << (h >> 26) }

// hash returns the hash of a name. It looks at both ends and the length, which tells most names of an object apart.
func hash(text []byte) hash32 {
	const mix = 0x9e3779b97f4a7c15
	var first, last uint64
	switch n := len(text); {
	case n >= 8:
		first, last = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
	case n >= 4:
		first, last = uint64(binary.LittleEndian.Uint32(text)), uint64(binary.LittleEndian.Uint32(text[n-4:]))
	case n > 0:
		first = uint64(text[0])<<16 | uint64(text[n/2])<<8 | uint64(text[n-1])
	}
	return hash32(((first*mix ^ last) + uint64(len(text))) * mix >> 32)
}

// name scans a member's name.
func (s *scanner) name() (name, error) {
	start := s.pos
	escapes := false
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			n := name{start: uint32(start)}
			if escapes {
				n.hash = hash([]byte(expression.Unquote(s.data[start:s.pos])))
			} else {
				n.hash = hash(s.data[start+1 : s.pos-1])
			}
			return n, nil
		case c == '\\':
			escapes = true
			if err := s.escape(); err != nil {
				return name{}, err
			}
		case c < ' ':
			return name{}, s.fail("%s in a text", s.here())
		}
	}
	return name{}, s.fail("the text has no end")
}

// member returns the prefix of the member whose name the scanner is behind; nil where no path leads.
func (s *scanner) member(at *prefix, n name) *prefix {
	if at == nil || at.named&n.hash.bit() == 0 {
		return nil
	}
	quoted := s.data[n.start:s.pos]
	if bytes.IndexByte(quoted, '\\') >= 0 {
		return at.members[expression.Unquote(quoted)]
	}
	return at.members[string(quoted[1:len(quoted)-1])]
}

// maxCompared is how many names of one object are compared with each other; those of larger ones are put into a map.
const maxCompared = 128

// uniqueness is what is known of the names of one object.
type uniqueness struct {
	// bits has one for each name, so that most new names are known to be new.
	bits uint64
	// all are the names of an object that has many.
	all map[string]bool
}

// note finds out whether an open object, whose names begin at outer, has a member of the name that the scanner is
// behind.
func (s *scanner) note(n name, seen *uniqueness, outer int) {
	bit := n.hash.bit()
	if seen.bits&bit != 0 && s.form.Repeated == "" && s.isRepeated(n, seen, outer) {
		s.form.Repeated = s.nameAt(n.start)
	}
	seen.bits |= bit
	if s.names < len(s.few) {
		s.few[s.names] = n
	} else {
		s.more = append(s.more[:s.names-len(s.few)], n)
	}
	s.names++
}

// known returns the name with a number among those of the open objects.
func (s *scanner) known(i int) name {
	if i < len(s.few) {
		return s.few[i]
	}
	return s.more[i-len(s.few)]
}

func (s *scanner) isRepeated(n name, seen *uniqueness, outer int) bool {
	if s.names-outer <= maxCompared {
		for i := outer; i < s.names; i++ {
			if other := s.known(i); other.hash == n.hash && s.nameAt(other.start) == s.nameAt(n.start) {
				return true
			}
		}
		return false
	}
	if seen.all == nil {
		seen.all = map[string]bool{}
	}
	// Those that were known to be new aren't in it yet.
	for i := outer + len(seen.all); i < s.names; i++ {
		seen.all[s.nameAt(s.known(i).start)] = true
	}
	return seen.all[s.nameAt(n.start)]
}

// nameAt returns the name that begins at a quote.
func (s *scanner) nameAt(start uint32) string {
	t := &scanner{data: s.data, pos: int(start)}
	// It was scanned before.
	_ = t.text()
	return expression.Unquote(s.data[start:t.pos])
}

// Repeated returns the name of a member that a JSON object, or one within it, has more than once; none where there is
// none.
func Repeated(data []byte) string {
	// What is no JSON object has none.
	form, _ := new(Paths).Find(data, nil)
	return form.Repeated
}
