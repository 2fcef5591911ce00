package pipeline

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// A streamText is what a pipeline file says of a stream.
type streamText struct {
	name text
	// where is the path of a file, or the name of a topic.
	where text
	topic bool
	// demo is the file that a demonstration loads into the topic; its value is empty where there is none.
	demo text
	// reading is how the stream is read, and readingAt where the first member stands that says so; nil where none does.
	reading   reading
	readingAt *text
}

// reading is how a stream is read, where the pipeline file says more than what it is.
type reading struct {
	// tombstones says that records without a value are elements.
	tombstones bool
	// maxElement is how many bytes an element may have; zero for what storages allow without being asked.
	maxElement int
	// follow says that a file is followed as it grows, and dataTimeout ends it when nothing has come for so long; zero for never.
	follow      bool
	dataTimeout time.Duration
}

// isName reports whether a stream may be called so: expressions must be able to name it.
func isName(name string) bool {
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// reserved are the words of expressions.
func reserved(name string) bool {
	return slices.Contains([]string{"true", "false", "nil", "not", "and", "or", "in", "let", "if", "else", "matches",
		"contains", "startsWith", "endsWith"}, name)
}

func (s *source) streams(d *description, node *yaml.Node) error {
	m, err := s.mapping(node, "streams")
	if err != nil {
		return err
	}
	for _, member := range m.members {
		name := member.name
		if !isName(name.value) {
			return name.errorf("the stream's name %q must consist of letters, digits and _ and not begin with a digit, "+
				"so that expressions can use it", name.value)
		}
		if reserved(name.value) {
			return name.errorf("a stream can't be called %q, which is a word of expressions", name.value)
		}
		stream, err := s.stream(name, member.value)
		if err != nil {
			return err
		}
		d.streams = append(d.streams, stream)
	}
	return nil
}

// streamForms are the forms that a stream may have.
const streamForms = "{file: PATH} or {topic: NAME}"

func (s *source) stream(name text, node *yaml.Node) (streamText, error) {
	stream := streamText{name: name}
	what := "the stream " + name.value
	m, err := s.mapping(node, what)
	if err != nil {
		return stream, s.errorAt(s.placeOf(node), "%s must be given as %s, but this is %s", what, streamForms, describe(node))
	}
	file, topic := m.get("file"), m.get("topic")
	allowed := []string{"file", "topic", "max_element", "follow", "data_timeout"}
	if topic != nil {
		allowed = []string{"topic", "demo", "tombstones", "max_element", "file"}
	}
	if err := s.only(m, what, allowed...); err != nil {
		return stream, err
	}
	if err := s.reading(&stream, m); err != nil {
		return stream, err
	}
	switch {
	case file == nil && topic == nil:
		return stream, s.errorAt(m.at, "%s must be given as %s", what, streamForms)
	case file == nil:
		stream.topic = true
		return s.topicStream(stream, m, what)
	case topic != nil:
		return stream, topic.name.errorf("%s can't be both a file and a topic: give {topic: NAME, demo: FILE} for a topic with "+
			"data to try it with", what)
	}
	stream.where, err = s.nonempty(file.value, "the path", what)
	return stream, err
}

func (s *source) topicStream(stream streamText, m *mapping, what string) (_ streamText, err error) {
	if stream.where, err = s.nonempty(m.get("topic").value, "the topic", what); err != nil {
		return stream, err
	}
	if c, ok := notInTopic(stream.where.value); ok {
		return stream, stream.where.errorf("a topic's name can't have %q in it: it consists of letters, digits, ., _ and -", c)
	}
	if demo := m.get("demo"); demo != nil {
		stream.demo, err = s.nonempty(demo.value, "the demonstration's file", what)
	}
	return stream, err
}

// reading reads the members that say how a stream is read.
func (s *source) reading(stream *streamText, m *mapping) (err error) {
	for _, member := range m.members {
		switch member.name.value {
		case "max_element":
			stream.reading.maxElement, err = s.size(member.value, "max_element")
		case "tombstones":
			stream.reading.tombstones, err = s.boolean(member.value, "tombstones")
		case "follow":
			stream.reading.follow, err = s.boolean(member.value, "follow")
		case "data_timeout":
			stream.reading.dataTimeout, err = s.duration(member.value, "data_timeout")
		default:
			continue
		}
		if err != nil {
			return err
		}
		if stream.readingAt == nil {
			stream.readingAt = &member.name
		}
	}
	return nil
}

// duration returns a time to wait.
func (s *source) duration(node *yaml.Node, what string) (time.Duration, error) {
	t, err := s.text(node, what)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(t.value)
	if err != nil || d <= 0 {
		return 0, t.errorf("%q is not a duration above zero, such as 20s, 500ms or 1h30m", t.value)
	}
	return d, nil
}

// size returns a number of bytes, such as 65536, 64KiB or 128 MB.
func (s *source) size(node *yaml.Node, what string) (int, error) {
	t, err := s.text(node, what)
	if err != nil {
		return 0, err
	}
	digits := strings.TrimRight(t.value, "BbKkMmGgi ")
	unit, known := units[strings.ToLower(strings.TrimSpace(t.value[len(digits):]))]
	n, err := strconv.Atoi(digits)
	if err != nil || !known || n <= 0 || n > math.MaxInt32/unit {
		return 0, t.errorf("%q is not a number of bytes above zero and below 2 GiB, such as 128MiB or 65536", t.value)
	}
	return n * unit, nil
}

// units are those of numbers of bytes.
var units = map[string]int{
	"": 1, "b": 1, "kb": 1000, "mb": 1000_000, "gb": 1000_000_000, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}

// nonempty returns a text that must not be empty.
func (s *source) nonempty(node *yaml.Node, part, what string) (text, error) {
	t, err := s.text(node, part)
	if err == nil && t.value == "" {
		return t, t.errorf("%s of %s is empty", part, what)
	}
	return t, err
}

// notInTopic returns the first character that Kafka doesn't take in the name of a topic.
func notInTopic(name string) (rune, bool) {
	for _, c := range name {
		if c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return c, true
		}
	}
	return 0, false
}
