package description

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/parquet"
	"github.com/leat-go/leat/internal/instant"
)

// A Stream is what a pipeline file says of a stream.
type Stream struct {
	Name Text
	// Address is the path of a file as it is written, or, where Topic says so, the name of a topic.
	Address Text
	Topic   bool
	// Storage is the name of the storage that the stream lies in, and Section what the file says of it there; empty and
	// nil for files and topics.
	Storage string
	Section *Section
	// CSV is how a text file holds its cells; nil for as its name says.
	CSV *file.Dialect
	// Parquet is how a Parquet file is written, and ParquetAt where that stands; nil where nothing says so.
	Parquet   *parquet.Options
	ParquetAt *Text
	// Avro is how an Avro file is written; nil where nothing says so.
	Avro *Avro
	// Demo is the file that a demonstration loads into the topic; its value is empty where there is none.
	Demo Text
	// Value is the format of a topic's values, nil for plain JSON, and Key what is said of its keys; nil for nothing. Time is
	// the expression of the time of a result, and PassHeaders where the file says that results have their master's headers.
	Value       *Format
	Key         *RecordKey
	Time        Text
	PassHeaders *Text
	// Reading is how the stream is read, and ReadingAt where the first member stands that says so; nil where none does.
	Reading   Reading
	ReadingAt *Text
}

// Reading is how a stream is read, where the pipeline file says more than what it is.
type Reading struct {
	// Tombstones says that records without a value are elements.
	Tombstones bool
	// MaxElement is how many bytes an element may have; zero for what storages allow without being asked.
	MaxElement int
	// Follow says that a file is followed as it grows, and DataTimeout ends it when nothing has come for so long; zero for
	// never.
	Follow      bool
	DataTimeout time.Duration
	// Sort is how it is put in order as it is read; nil where it is in order.
	Sort *Sort
	// Where is the condition of the elements that take part; nil where all do.
	Where *Text
	// Idle is when the join goes on without the stream; nil where it waits.
	Idle *Idle
}

// An Idle says for how long a stream may have nothing until the join goes on without it.
type Idle struct {
	After time.Duration
	Text  Text
}

// A Sort says that a stream is put in order by an expression over the members of an element.
type Sort struct {
	By Text
	// Within is the lateness; empty where the stream is sorted as a whole.
	Within Text
}

// IsName reports whether a stream may be called so: expressions must be able to name it.
func IsName(name string) bool {
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// reserved are the words of expressions.
func reserved(name string) bool { return IsReserved(name) }

// IsReserved reports whether a name is a word of expressions, so that no stream can have it.
func IsReserved(name string) bool {
	return slices.Contains([]string{"true", "false", "nil", "not", "and", "or", "in", "let", "if", "else", "matches",
		"contains", "startsWith", "endsWith"}, name)
}

func (s *source) streams(d *Description, node *yaml.Node) error {
	m, err := s.mapping(node, "streams")
	if err != nil {
		return err
	}
	for _, member := range m.members {
		name := member.name
		if !IsName(name.Value) {
			return name.Errorf("the stream's name %q must consist of letters, digits and _ and not begin with a digit, "+
				"so that expressions can use it", name.Value)
		}
		if reserved(name.Value) {
			return name.Errorf("a stream can't be called %q, which is a word of expressions", name.Value)
		}
		stream, err := s.stream(name, member.value)
		if err != nil {
			return err
		}
		d.Streams = append(d.Streams, stream)
	}
	return nil
}

// forms are the forms that a stream may have.
func (s *source) forms() string {
	if len(s.storages) == 0 {
		return "{file: PATH} or {topic: NAME}"
	}
	return "{file: PATH}, {topic: NAME} or {" + strings.Join(s.storages, ": {…}}, {") + ": {…}}"
}

func (s *source) stream(name Text, node *yaml.Node) (Stream, error) {
	stream := Stream{Name: name}
	what := "the stream " + name.Value
	m, err := s.mapping(node, what)
	if err != nil {
		return stream, s.errorAt(s.locationOf(node), "%s must be given as %s, but this is %s", what, s.forms(),
			kindOf(node))
	}
	if err := s.carried(m); err != nil {
		return stream, err
	}
	if name := s.storageOf(m); name != "" {
		return s.storedStream(stream, m, name, what)
	}
	address, topic := m.get("file"), m.get("topic")
	allowed := []string{
		"file", "topic", "csv", "parquet", "avro", "max_element", "follow", "data_timeout", "sort", "where", "idle",
	}
	if topic != nil {
		allowed = append([]string{"topic", "demo", "tombstones", "max_element", "sort", "where", "idle", "file", "key", "headers",
			"time"}, formatMembers...)
	} else if address == nil {
		allowed = append(allowed, s.storages...)
	}
	if err := s.only(m, what, allowed...); err != nil {
		return stream, err
	}
	if err := s.reading(&stream, m); err != nil {
		return stream, err
	}
	switch {
	case address == nil && topic == nil:
		return stream, s.errorAt(m.at, "%s must be given as %s", what, s.forms())
	case address == nil:
		stream.Topic = true
		return s.topicStream(stream, m, what)
	case topic != nil:
		return stream, topic.name.Errorf("%s can't be both a file and a topic: give {topic: NAME, demo: FILE} for a "+
			"topic with data to try it with", what)
	}
	if stream.Address, err = s.nonempty(address.value, "the path", what); err != nil {
		return stream, err
	}
	if csv := m.get("csv"); csv != nil {
		if stream.CSV, err = s.csv(csv, what); err != nil {
			return stream, err
		}
	}
	if columns := m.get("parquet"); columns != nil {
		if err := s.parquet(&stream, columns, what); err != nil {
			return stream, err
		}
	}
	if written := m.get("avro"); written != nil {
		stream.Avro, err = s.avro(written, what)
	}
	return stream, err
}

func (s *source) topicStream(stream Stream, m *mapping, what string) (_ Stream, err error) {
	if stream.Address, err = s.nonempty(m.get("topic").value, "the topic", what); err != nil {
		return stream, err
	}
	if c, ok := InvalidInTopic(stream.Address.Value); ok {
		return stream, stream.Address.Errorf("a topic's name can't have %q in it: it consists of letters, digits, "+
			"., _ and -", c)
	}
	if demo := m.get("demo"); demo != nil {
		if stream.Demo, err = s.nonempty(demo.value, "the demonstration's file", what); err != nil {
			return stream, err
		}
	}
	return stream, s.records(&stream, m, what)
}

// reading reads the members that say how a stream is read.
func (s *source) reading(stream *Stream, m *mapping) (err error) {
	for _, member := range m.members {
		switch member.name.Value {
		case "max_element":
			stream.Reading.MaxElement, err = s.size(member.value, "max_element")
		case "tombstones":
			stream.Reading.Tombstones, err = s.boolean(member.value, "tombstones")
		case "follow":
			stream.Reading.Follow, err = s.boolean(member.value, "follow")
		case "data_timeout":
			stream.Reading.DataTimeout, err = s.duration(member.value, "data_timeout")
		case "sort":
			stream.Reading.Sort, err = s.sort(&member)
		case "where":
			stream.Reading.Where, err = s.condition(&member, "the stream "+stream.Name.Value)
		case "idle":
			stream.Reading.Idle, err = s.idle(&member)
		default:
			continue
		}
		if err != nil {
			return err
		}
		if stream.ReadingAt == nil {
			stream.ReadingAt = &member.name
		}
	}
	return nil
}

// sort reads how a stream is put in order: sort: time, or sort: {by: time, within: 5}.
func (s *source) sort(m *member) (sort *Sort, err error) {
	sort = &Sort{}
	if m.value.Kind != yaml.MappingNode {
		sort.By, err = s.nonempty(m.value, "the key", "sort")
		return sort, err
	}
	held, err := s.mapping(m.value, "sort", "by", "within")
	if err != nil {
		return nil, err
	}
	by, within := held.get("by"), held.get("within")
	if by == nil {
		return nil, s.errorAt(held.at, "sort needs by, the key that the stream is put in the order of: {by: time, within: 5}")
	}
	if sort.By, err = s.nonempty(by.value, "by", "sort"); err == nil && within != nil {
		sort.Within, err = s.nonempty(within.value, "within", "sort")
	}
	return sort, err
}

// idle reads when the join goes on without a stream.
func (s *source) idle(m *member) (*Idle, error) {
	after, err := s.duration(m.value, "idle")
	if err != nil {
		return nil, err
	}
	t, err := s.text(m.value, "idle")
	return &Idle{after, t}, err
}

// condition reads a condition, of a stream or of results.
func (s *source) condition(m *member, what string) (*Text, error) {
	t, err := s.nonempty(m.value, "where", what)
	return &t, err
}

// duration returns a time to wait.
func (s *source) duration(node *yaml.Node, what string) (time.Duration, error) {
	t, err := s.text(node, what)
	if err != nil {
		return 0, err
	}
	return durationOf(t)
}

// durationOf returns the time that a text says, which is above zero.
func durationOf(t Text) (time.Duration, error) {
	d, err := instant.ParseDuration(t.Value)
	switch {
	case err != nil && !errors.Is(err, instant.ErrDurationForm):
		return 0, t.Errorf("%q is not a duration: %v", t.Value, err)
	case err != nil || d <= 0:
		return 0, t.Errorf("%q is not a duration above zero, such as 20s, 500ms, 1h30m or 1d", t.Value)
	}
	return d, nil
}

// size returns a number of bytes, such as 65536, 64KiB or 128 MB.
func (s *source) size(node *yaml.Node, what string) (int, error) {
	t, err := s.text(node, what)
	if err != nil {
		return 0, err
	}
	digits := strings.TrimRight(t.Value, "BbKkMmGgi ")
	unit, known := units[strings.ToLower(strings.TrimSpace(t.Value[len(digits):]))]
	n, err := strconv.Atoi(digits)
	if err != nil || !known || n <= 0 || n > math.MaxInt32/unit {
		return 0, t.Errorf("%q is not a number of bytes above zero and below 2 GiB, such as 128MiB or 65536", t.Value)
	}
	return n * unit, nil
}

// units are those of numbers of bytes.
var units = map[string]int{
	"": 1, "b": 1, "kb": 1000, "mb": 1000_000, "gb": 1000_000_000, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}

// nonempty returns a text that must not be empty.
func (s *source) nonempty(node *yaml.Node, part, what string) (Text, error) {
	t, err := s.text(node, part)
	if err == nil && t.Value == "" {
		return t, t.Errorf("%s of %s is empty", part, what)
	}
	return t, err
}

// InvalidInTopic returns the first character that Kafka doesn't take in the name of a topic.
func InvalidInTopic(name string) (rune, bool) {
	for _, c := range name {
		if c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return c, true
		}
	}
	return 0, false
}
