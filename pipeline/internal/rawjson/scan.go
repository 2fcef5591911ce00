// Package rawjson handles JSON as it is written: it checks an object and finds members in it without decoding the rest,
// so that numbers keep their digits and members their order.
package rawjson

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/expression"
)

// maxDepth is how deep values may be nested, as in encoding/json.
const maxDepth = 10000

// A Span is where a value lies: data[Start:End]. The zero Span stands for a value that isn't there.
type Span = codec.Place

// Paths are paths to values in an object. The zero Paths has none. It must not be changed once it is in use; then it is
// safe for concurrent use.
type Paths struct {
	root   prefix
	count  int
	shapes shapes
}

// A prefix is where some paths begin with the same steps: the value there, and what they go on with.
type prefix struct {
	// number is one more than the index of the value's span; zero where no path ends here.
	number  int
	members map[string]*prefix
	// named has a bit for each member's name, see name.bit: most members that no path names have none of them.
	named uint64
	// items are by their index; the negative ones count from the end.
	items    map[int]*prefix
	fromBack bool
}

// Add adds a path, and returns the index of its span. One path has one span.
func (p *Paths) Add(path []expression.Step) int {
	p.shapes.forget()
	at := &p.root
	for _, step := range path {
		at = at.child(step)
	}
	if at.number == 0 {
		p.count++
		at.number = p.count
	}
	return at.number - 1
}

// Names returns the members of the object that paths begin with, in the order of their names.
func (p *Paths) Names() []string { return slices.Sorted(maps.Keys(p.root.members)) }

// Numbers returns the indexes of the spans of members of the object, by their names as [Paths.Names] has them; -1 for one that no
// path ends at.
func (p *Paths) Numbers() (numbers []int) {
	for _, name := range p.Names() {
		numbers = append(numbers, p.root.members[name].number-1)
	}
	return numbers
}

// Len returns how many spans Find fills.
func (p *Paths) Len() int { return p.count }

func (at *prefix) child(step expression.Step) *prefix {
	if step.IsIndex {
		at.fromBack = at.fromBack || step.Index < 0
		return childOf(&at.items, step.Index)
	}
	at.named |= hash([]byte(step.Name)).bit()
	return childOf(&at.members, step.Name)
}

func childOf[K comparable](children *map[K]*prefix, key K) *prefix {
	if *children == nil {
		*children = map[K]*prefix{}
	}
	child := (*children)[key]
	if child == nil {
		child = &prefix{}
		(*children)[key] = child
	}
	return child
}

// A Form says how an object is written, where that isn't how it is written out.
type Form struct {
	// Spaced is set where it goes over more than one line, or has white space around it.
	Spaced bool
	// Repeated is the name of a member that is there more than once, in the object or in one within it; the last counts.
	Repeated string
}

// Find checks that data is one JSON object and nothing else, and fills spans, which has Len elements that are zero. Of
// members with one name the last counts. Errors are of type [*codec.Error].
func (p *Paths) Find(data []byte, spans []Span) (Form, error) {
	if s := p.shapes.shape.Load(); s != nil {
		if s.find(data, spans) {
			return Form{}, nil
		}
		clear(spans)
	}
	form, err := p.scan(data, spans)
	if err == nil && form == (Form{}) {
		p.shapes.learn(&p.root, data)
	}
	return form, err
}

func (p *Paths) scan(data []byte, spans []Span) (Form, error) {
	s := &scanner{data: data, spans: spans}
	if uint64(len(data)) > math.MaxUint32 {
		return Form{}, s.fail("an object of %d bytes, and 4 GiB are the most that there can be", len(data))
	}
	s.space()
	if s.at() != '{' {
		return Form{}, s.fail("a JSON object is needed here")
	}
	start := s.pos
	if err := s.value(&p.root); err != nil {
		return Form{}, err
	}
	if s.form.Spaced = s.form.Spaced || start > 0 || s.pos < len(data); s.form.Spaced {
		if s.space(); s.pos < len(data) {
			return Form{}, s.fail("%s after the object", s.here())
		}
	}
	return s.form, nil
}

type scanner struct {
	data  []byte
	pos   int
	depth int
	spans []Span
	form  Form
	// few are the names of the members of all open objects, as long as they aren't many, and more the others.
	few   [32]name
	names int
	more  []name
}

func (s *scanner) fail(format string, arguments ...any) error {
	return &codec.Error{Offset: s.pos, Err: fmt.Errorf(format, arguments...)}
}

// here describes what comes next.
func (s *scanner) here() string {
	if s.pos >= len(s.data) {
		return "unexpected end"
	}
	return fmt.Sprintf("unexpected character %q", []rune(string(s.data[s.pos:min(s.pos+4, len(s.data))]))[0])
}

// at returns the next byte; 0 at the end.
func (s *scanner) at() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '\n', '\r':
			s.form.Spaced = true
		case ' ', '\t':
		default:
			return
		}
		s.pos++
	}
}

// value scans the value at a prefix; nil where no path leads.
func (s *scanner) value(at *prefix) error {
	s.space()
	start := s.pos
	if err := s.scan(at); err != nil {
		return err
	}
	if at != nil && at.number > 0 {
		s.spans[at.number-1] = Span{Start: uint32(start), End: uint32(s.pos)}
	}
	return nil
}

func (s *scanner) scan(at *prefix) error {
	switch c := s.at(); {
	case c == '{':
		return s.nested(at, s.object)
	case c == '[':
		return s.nested(at, s.array)
	case c == '"':
		return s.text()
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	}
	return s.fail("%s where a value is needed", s.here())
}

func (s *scanner) nested(at *prefix, scan func(*prefix) error) error {
	if s.depth++; s.depth > maxDepth {
		return s.fail("values nest more than %d levels deep", maxDepth)
	}
	s.pos++
	err := scan(at)
	s.depth--
	return err
}

func (s *scanner) object(at *prefix) error {
	outer := s.names
	var seen uniqueness
	for first := true; ; first = false {
		s.space()
		if first && s.at() == '}' {
			s.pos++
			return nil
		}
		if s.at() != '"' {
			return s.fail("%s where a member's name in quotes is needed", s.here())
		}
		n, err := s.name()
		if err != nil {
			return err
		}
		s.note(n, &seen, outer)
		child := s.member(at, n)
		if s.space(); s.at() != ':' {
			return s.fail("%s where a colon is needed", s.here())
		}
		s.pos++
		child.forget(s.spans)
		if err := s.value(child); err != nil {
			return err
		}
		if done, err := s.next('}'); done || err != nil {
			s.names = outer
			return err
		}
	}
}

// next scans what follows a member or an item, and reports whether that is the end.
func (s *scanner) next(end byte) (done bool, err error) {
	s.space()
	switch s.at() {
	case end:
		s.pos++
		return true, nil
	case ',':
		s.pos++
		return false, nil
	}
	return false, s.fail("%s where a comma or %c is needed", s.here(), end)
}

func (s *scanner) array(at *prefix) error {
	var starts []int
	for i := 0; ; i++ {
		s.space()
		if i == 0 && s.at() == ']' {
			s.pos++
			return nil
		}
		if at != nil && at.fromBack {
			starts = append(starts, s.pos)
		}
		if err := s.value(at.item(i)); err != nil {
			return err
		}
		done, err := s.next(']')
		if err != nil {
			return err
		}
		if done {
			return s.fromBack(at, starts)
		}
	}
}

// fromBack scans the items again that paths count from the end.
func (s *scanner) fromBack(at *prefix, starts []int) error {
	if at == nil || !at.fromBack {
		return nil
	}
	end := s.pos
	for index, child := range at.items {
		if index < 0 && -index <= len(starts) {
			s.pos = starts[len(starts)+index]
			if err := s.value(child); err != nil {
				return err
			}
		}
	}
	s.pos = end
	return nil
}

func (at *prefix) item(i int) *prefix {
	if at == nil {
		return nil
	}
	return at.items[i]
}

// forget clears the spans of an earlier member with the same name.
func (at *prefix) forget(spans []Span) {
	if at == nil {
		return
	}
	if at.number > 0 {
		spans[at.number-1] = Span{}
	}
	for _, child := range at.members {
		child.forget(spans)
	}
	for _, child := range at.items {
		child.forget(spans)
	}
}

func (s *scanner) text() error {
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		case c < ' ':
			return s.fail("%s in a text", s.here())
		}
	}
	return s.fail("the text has no end")
}

// escape scans an escape sequence but for its last character.
func (s *scanner) escape() error {
	s.pos++
	switch s.at() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			s.pos++
			if c := s.at(); !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
				return s.fail("%s in an escape sequence", s.here())
			}
		}
		return nil
	}
	return s.fail("%s in an escape sequence", s.here())
}

func (s *scanner) number() error {
	if s.at() == '-' {
		s.pos++
	}
	if s.at() == '0' {
		s.pos++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.at() == '.' {
		s.pos++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if s.at() == 'e' || s.at() == 'E' {
		s.pos++
		if s.at() == '+' || s.at() == '-' {
			s.pos++
		}
		return s.digits()
	}
	return nil
}

func (s *scanner) digits() error {
	start := s.pos
	for s.at() >= '0' && s.at() <= '9' {
		s.pos++
	}
	if s.pos == start {
		return s.fail("%s in a number", s.here())
	}
	return nil
}

func (s *scanner) literal(word string) error {
	for i := range len(word) {
		if s.at() != word[i] {
			return s.fail("%s in the word %s", s.here(), word)
		}
		s.pos++
	}
	return nil
}
