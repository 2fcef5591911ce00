// Package description reads pipeline files: what they say of streams, joins, the window and what is written, each text
// with its location, so that whoever looks at it later can say where it is wrong.
package description

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"
)

// A Description is what a pipeline file says, before names and expressions are looked at.
type Description struct {
	// File is the file's path, as it was given.
	File string
	// Name is what the pipeline is called; its value is empty where the file doesn't say.
	Name    Text
	Streams []Stream
	Master  Text
	Joins   []Join
	Window  *Window
	Output  Text
	// Emit is nil where there is none.
	Emit []EmitMember
	Handling
	// Kafka is nil where there is none.
	Kafka *Kafka
	// Storages holds what the file says at its top of how other storages are reached, by their names.
	Storages map[string]*Section
}

// A Window is a window: exactly one of its members is set.
type Window struct {
	Key   *Text
	Every time.Duration
	Count int
}

// An EmitMember is a member of what is written, and the expression of its value.
type EmitMember struct{ Name, Value Text }

// Load reads the pipeline file at path, which may name files, Kafka, and the storages given. Settings, PATH=VALUE, change
// what it says, and environment variables are replaced. What is wrong with its contents, or a setting, is an [*Error].
func Load(path string, settings []string, storages ...string) (*Description, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, data, settings, storages)
}

// Parse is like [Load] with the file's contents given; name is the file's path, which need not exist.
func Parse(name string, data []byte, storages ...string) (*Description, error) {
	return parse(name, data, nil, storages)
}

func parse(name string, data []byte, settings, storages []string) (*Description, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // some editors begin a file with a byte order mark
	s := newSource(name, data[:min(len(data), maxFile)])
	s.storages, s.settings = storages, settings
	d, err := s.read(data)
	if err != nil {
		return nil, err
	}
	d.File = name
	return d, nil
}

// read reads a pipeline file.
func (s *source) read(data []byte) (*Description, error) {
	top, err := s.parseYAML(data)
	if err != nil {
		return nil, err
	}
	if err := s.carried(top); err != nil {
		return nil, err
	}
	if err := s.only(top, "a pipeline file", s.topMembers()...); err != nil {
		return nil, err
	}
	d := &Description{Storages: map[string]*Section{}}
	for _, part := range []struct {
		name string
		read func(*Description, *yaml.Node) error
		// hint is for a missing member that is needed; empty for the others.
		hint string
	}{
		{"name", s.name, ""},
		{"streams", s.streams, "it names every stream, as in streams: {prev: {file: robot.json}}"},
		{"master", s.master, "it names the stream whose elements the others are joined to"},
		{"join", s.joins, ""},
		{"window", s.window, ""},
		{"output", s.output, "it names the stream that results are written to"},
		{"emit", s.emit, ""},
		{"kafka", s.kafka, ""},
	} {
		m := top.get(part.name)
		if m == nil && part.hint != "" {
			return nil, s.errorAt(top.at, "the member %q is missing: %s", part.name, part.hint)
		}
		if m == nil {
			continue
		}
		if err := part.read(d, m.value); err != nil {
			return nil, err
		}
	}
	if d.Kafka != nil {
		d.Kafka.Name = top.get("kafka").name
	}
	if err := s.handling(&d.Handling, top); err != nil {
		return nil, err
	}
	return d, s.connections(d, top)
}

// connections reads how storages are reached.
func (s *source) connections(d *Description, top *mapping) (err error) {
	for _, name := range s.storages {
		if m := top.get(name); m != nil {
			if d.Storages[name], err = s.section(m, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// only refuses members with other names.
func (s *source) only(m *mapping, what string, allowed ...string) error {
	for _, member := range m.members {
		if name := member.name; !slices.Contains(allowed, name.Value) {
			return name.Errorf("%s has no member %q%s", what, name.Value, Suggest(name.Value, allowed))
		}
	}
	return nil
}

func (s *source) name(d *Description, node *yaml.Node) (err error) {
	d.Name, err = s.nonempty(node, "the name", "a pipeline file")
	return err
}

func (s *source) master(d *Description, node *yaml.Node) (err error) {
	d.Master, err = s.text(node, "master")
	return err
}

func (s *source) output(d *Description, node *yaml.Node) (err error) {
	d.Output, err = s.text(node, "output")
	return err
}

func (s *source) window(d *Description, node *yaml.Node) error {
	const forms = `an expression, {every: 20s} or {count: 3}`
	if n := kindOf(node); n != "a mapping" {
		key, err := s.text(node, "window")
		if err != nil {
			return s.errorAt(s.locationOf(node), "window must be %s, but this is %s", forms, n)
		}
		d.Window = &Window{Key: &key}
		return nil
	}
	m, err := s.mapping(node, "window", "every", "count")
	if err != nil {
		return err
	}
	if len(m.members) != 1 {
		return s.errorAt(m.at, "window must be %s: one of them", forms)
	}
	value, err := s.text(m.members[0].value, m.members[0].name.Value)
	if err != nil {
		return err
	}
	d.Window = &Window{}
	if m.members[0].name.Value == "every" {
		d.Window.Every, err = durationOf(value)
		return err
	}
	d.Window.Count, err = strconv.Atoi(value.Value)
	if err != nil || d.Window.Count <= 0 {
		return value.Errorf("%q is not a whole number above zero", value.Value)
	}
	return nil
}

func (s *source) emit(d *Description, node *yaml.Node) error {
	m, err := s.mapping(node, "emit")
	if err != nil {
		return err
	}
	if len(m.members) == 0 {
		return s.errorAt(m.at, "emit names no member: leave it out to write the joined elements themselves")
	}
	for _, member := range m.members {
		value, err := s.text(member.value, "the expression of "+member.name.Value)
		if err != nil {
			return err
		}
		d.Emit = append(d.Emit, EmitMember{member.name, value})
	}
	return nil
}
