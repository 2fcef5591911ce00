package description

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// storages are those that a program may carry.
var storages = []string{"postgres", "sqlite", "mysql", "rabbitmq", "nats", "redis"}

// carried refuses storages that the program doesn't carry.
func (s *source) carried(m *mapping) error {
	for _, member := range m.members {
		name := member.name.Value
		if slices.Contains(storages, name) && !slices.Contains(s.storages, name) {
			return member.name.Errorf("this program doesn't carry the storage %s: the command leat does; in Go give "+
				"%[1]s.Storage(), of package pipeline/%[1]s, to pipeline.Load", name)
		}
	}
	return nil
}

// storageOf returns the storage that a stream names; empty for a file or a topic.
func (s *source) storageOf(m *mapping) string {
	for _, member := range m.members {
		if slices.Contains(s.storages, member.name.Value) {
			return member.name.Value
		}
	}
	return ""
}

// storedStream reads a stream that lies in a storage: all that is said of it is said there.
func (s *source) storedStream(stream Stream, m *mapping, name, what string) (_ Stream, err error) {
	for _, member := range m.members {
		if slices.Contains([]string{name, "sort", "where", "idle"}, member.name.Value) {
			continue
		}
		if other := member.name; slices.Contains([]string{"follow", "data_timeout", "max_element"}, other.Value) {
			return stream, other.Errorf("how a stream of %s is read is said there: %[1]s: {…, %s: …}", name, other.Value)
		}
		return stream, member.name.Errorf("%s lies in %s, so it has no other member than that, and not %q", what, name,
			member.name.Value)
	}
	if err := s.reading(&stream, m); err != nil {
		return stream, err
	}
	stream.Storage = name
	stream.Section, err = s.section(m.get(name), "the "+name+" of "+what)
	if err == nil {
		stream.Address = stream.Section.Name
	}
	return stream, err
}

// A Section is a mapping of a pipeline file whose members only a storage understands. Its methods note the first
// mistake, which Err returns, so that a caller looks for it once, when it has read everything.
type Section struct {
	// Name is the name of the member that holds it.
	Name    Text
	what    string
	source  *source
	mapping *mapping
	err     error
}

func (s *source) section(m *member, what string) (*Section, error) {
	held, err := s.mapping(m.value, what)
	return &Section{Name: m.name, what: what, source: s, mapping: held}, err
}

// Only notes a mistake where the section has other members than those allowed.
func (s *Section) Only(allowed ...string) { s.note(s.source.only(s.mapping, s.what, allowed...)) }

// Note notes a mistake that a caller has found.
func (s *Section) Note(err error) { s.note(err) }

func (s *Section) note(err error) {
	if s.err == nil && err != nil {
		s.err = err
	}
}

// Err returns the first mistake, an [*Error]; nil where there is none.
func (s *Section) Err() error { return s.err }

// Errorf returns an error about all of the section.
func (s *Section) Errorf(format string, arguments ...any) *Error {
	return s.source.errorAt(s.mapping.at, format, arguments...)
}

// Has reports whether there is a member.
func (s *Section) Has(name string) bool { return s.mapping.get(name) != nil }

// At returns the name of a member that is there, for errors about it.
func (s *Section) At(name string) Text { return s.mapping.get(name).name }

// Text returns a member that is a text, which must not be empty; with an empty Value where there is none.
func (s *Section) Text(name string) (t Text) {
	if m := s.mapping.get(name); m != nil {
		var err error
		t, err = s.source.nonempty(m.value, name, s.what)
		s.note(err)
	}
	return t
}

// Texts returns a member that is a list of texts, or one text; nil where there is none.
func (s *Section) Texts(name string) (all []Text) {
	m := s.mapping.get(name)
	if m == nil {
		return nil
	}
	items := []*yaml.Node{m.value}
	if m.value.Kind != yaml.ScalarNode {
		var err error
		items, err = s.source.list(m.value, name)
		s.note(err)
	}
	for _, item := range items {
		t, err := s.source.nonempty(item, name, s.what)
		s.note(err)
		all = append(all, t)
	}
	if len(all) == 0 && s.err == nil {
		s.note(m.name.Errorf("%s of %s is empty: leave it out, or name one at least", name, s.what))
	}
	return all
}

// Strings is like Texts, without locations.
func (s *Section) Strings(name string) (all []string) {
	for _, t := range s.Texts(name) {
		all = append(all, t.Value)
	}
	return all
}

// Bool returns a member that is true or false; false where there is none.
func (s *Section) Bool(name string) bool {
	m := s.mapping.get(name)
	if m == nil {
		return false
	}
	is, err := s.source.boolean(m.value, name)
	s.note(err)
	return is
}

// Duration returns a member that is a time above zero; zero where there is none.
func (s *Section) Duration(name string) time.Duration {
	m := s.mapping.get(name)
	if m == nil {
		return 0
	}
	d, err := s.source.duration(m.value, name)
	s.note(err)
	return d
}

// Size returns a member that is a number of bytes above zero; zero where there is none.
func (s *Section) Size(name string) int {
	m := s.mapping.get(name)
	if m == nil {
		return 0
	}
	n, err := s.source.size(m.value, name)
	s.note(err)
	return n
}

// Count returns a member that is a whole number above zero; zero where there is none.
func (s *Section) Count(name string) int {
	t := s.Text(name)
	if t.Value == "" {
		return 0
	}
	n, err := strconv.Atoi(t.Value)
	if err != nil || n <= 0 {
		s.note(t.Errorf("%q is not a whole number above zero", t.Value))
	}
	return n
}

// A Pair is a member of a mapping of texts.
type Pair struct{ Name, Value Text }

// Pairs returns a member that is a mapping of names to texts, in the file's order; nil where there is none.
func (s *Section) Pairs(name string) (all []Pair) {
	m := s.mapping.get(name)
	if m == nil {
		return nil
	}
	held, err := s.source.mapping(m.value, name+" of "+s.what)
	if err != nil {
		s.note(err)
		return nil
	}
	for _, member := range held.members {
		value, err := s.source.nonempty(member.value, member.name.Value, name)
		s.note(err)
		all = append(all, Pair{member.name, value})
	}
	return all
}

// TLS returns what the member tls says; nil where there is none, or it is false.
func (s *Section) TLS() *TLS {
	m := s.mapping.get("tls")
	if m == nil {
		return nil
	}
	t, err := s.source.tls(*m)
	s.note(err)
	return t
}

// One returns which one of several members is there; a mistake is noted where none is, or more than one.
func (s *Section) One(form string, names ...string) string {
	var there []string
	for _, name := range names {
		if s.Has(name) {
			there = append(there, name)
		}
	}
	switch len(there) {
	case 0:
		s.note(s.Errorf("%s must be given as %s", s.what, form))
		return ""
	case 1:
		return there[0]
	}
	s.note(s.At(there[1]).Errorf("%s has %s: one of them is what the stream is", s.what, strings.Join(there, " and ")))
	return ""
}
