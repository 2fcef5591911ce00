package pipeline

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"
)

// A description is what a pipeline file says, before names and expressions are looked at.
type description struct {
	// file is the file's path, as it was given.
	file    string
	streams []streamText
	master  text
	joins   []joinText
	window  *windowText
	output  text
	// emit is nil where there is none.
	emit []emitText
	// kafka is nil where there is none.
	kafka *kafkaText
}

type joinText struct {
	at              place
	left, right, on text
	unique          bool
}

// windowText is a window: exactly one of its members is set.
type windowText struct {
	key   *text
	every time.Duration
	count int
}

type emitText struct{ name, value text }

// load reads the pipeline file at path.
func load(path string) (*description, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, data)
}

// parse is like load with the file's contents given; name is the file's path, which need not exist.
func parse(name string, data []byte) (*description, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // some editors begin a file with a byte order mark
	s := newSource(name, data[:min(len(data), maxFile)])
	d, err := s.describe(data)
	if err != nil {
		return nil, err
	}
	d.file = name
	return d, nil
}

// describe reads a pipeline file.
func (s *source) describe(data []byte) (*description, error) {
	top, err := s.parseYAML(data)
	if err != nil {
		return nil, err
	}
	if err := s.only(top, "a pipeline file", "streams", "master", "join", "window", "output", "emit", "kafka"); err != nil {
		return nil, err
	}
	d := &description{}
	for _, part := range []struct {
		name string
		read func(*description, *yaml.Node) error
		// hint is for a missing member that is needed; empty for the others.
		hint string
	}{
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
	if d.kafka != nil {
		d.kafka.name = top.get("kafka").name
	}
	return d, nil
}

// only refuses members with other names.
func (s *source) only(m *mapping, what string, allowed ...string) error {
	for _, member := range m.members {
		if name := member.name; !slices.Contains(allowed, name.value) {
			return name.errorf("%s has no member %q%s", what, name.value, suggestOr(name.value, allowed))
		}
	}
	return nil
}

func (s *source) master(d *description, node *yaml.Node) (err error) {
	d.master, err = s.text(node, "master")
	return err
}

func (s *source) output(d *description, node *yaml.Node) (err error) {
	d.output, err = s.text(node, "output")
	return err
}

func (s *source) joins(d *description, node *yaml.Node) error {
	items, err := s.list(node, "join")
	if err != nil {
		return err
	}
	for _, item := range items {
		join, err := s.join(item)
		if err != nil {
			return err
		}
		d.joins = append(d.joins, join)
	}
	return nil
}

func (s *source) join(node *yaml.Node) (join joinText, err error) {
	m, err := s.mapping(node, "a join", "left", "right", "on", "unique")
	if err != nil {
		return join, err
	}
	join.at = m.at
	for _, part := range []struct {
		name string
		to   *text
	}{{"left", &join.left}, {"right", &join.right}, {"on", &join.on}} {
		value := m.get(part.name)
		if value == nil {
			return join, s.errorAt(m.at, "the join has no member %q: it is given as "+
				`{left: STREAM, right: STREAM, on: "LEFT.time == RIGHT.time"}`, part.name)
		}
		if *part.to, err = s.text(value.value, part.name); err != nil {
			return join, err
		}
	}
	unique := m.get("unique")
	if unique == nil {
		return join, nil
	}
	join.unique, err = s.boolean(unique.value, "unique")
	return join, err
}

func (s *source) window(d *description, node *yaml.Node) error {
	const forms = `an expression, {every: 20s} or {count: 3}`
	if n := describe(node); n != "a mapping" {
		key, err := s.text(node, "window")
		if err != nil {
			return s.errorAt(s.placeOf(node), "window must be %s, but this is %s", forms, n)
		}
		d.window = &windowText{key: &key}
		return nil
	}
	m, err := s.mapping(node, "window", "every", "count")
	if err != nil {
		return err
	}
	if len(m.members) != 1 {
		return s.errorAt(m.at, "window must be %s: one of them", forms)
	}
	value, err := s.text(m.members[0].value, m.members[0].name.value)
	if err != nil {
		return err
	}
	d.window = &windowText{}
	if m.members[0].name.value == "every" {
		d.window.every, err = time.ParseDuration(value.value)
		if err != nil || d.window.every <= 0 {
			return value.errorf("%q is not a duration above zero, such as 20s, 500ms or 1h30m", value.value)
		}
		return nil
	}
	d.window.count, err = strconv.Atoi(value.value)
	if err != nil || d.window.count <= 0 {
		return value.errorf("%q is not a whole number above zero", value.value)
	}
	return nil
}

func (s *source) emit(d *description, node *yaml.Node) error {
	m, err := s.mapping(node, "emit")
	if err != nil {
		return err
	}
	if len(m.members) == 0 {
		return s.errorAt(m.at, "emit names no member: leave it out to write the joined elements themselves")
	}
	for _, member := range m.members {
		value, err := s.text(member.value, "the expression of "+member.name.value)
		if err != nil {
			return err
		}
		d.emit = append(d.emit, emitText{member.name, value})
	}
	return nil
}
