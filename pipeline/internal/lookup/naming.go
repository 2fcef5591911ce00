package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// find returns the node of a stream; with an empty name the master.
func find(m *mill.Mill, name string) (*mill.Node, error) {
	if name == "" {
		return m.Master, nil
	}
	var names []string
	for _, n := range m.Master.All() {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return nil, WrongArgument("no stream %q is read%s", name, description.Suggest(name, names))
}

// A naming is how a user names the elements of a stream by a key: by the one member that the key in the join is made
// of, or else by that key itself.
type naming struct {
	node *mill.Node
	// by is the number of the key in the join, and join its expression.
	by   int
	join *expression.Program
	// member is the member; nil where the key is made of several, or of more than members.
	member *expression.Program
	path   []string
	// kind is the kind of the names; Unknown where the stream is empty.
	kind expression.Kind
}

// newNaming returns how the elements of a node are named.
func newNaming(ctx context.Context, of *mill.Mill, n *mill.Node, s source) (*naming, error) {
	m := &naming{node: n, by: parentKey, join: n.Right}
	if n.Parent == nil {
		if len(n.Children) == 0 {
			return nil, WrongArgument("%s has no join, so its elements have no key", of.File)
		}
		m.by, m.join = 0, n.Children[0].Left
	}
	var err error
	if m.path, m.member, err = n.SoleMember(m.join); err != nil {
		return nil, err
	}
	return m, m.sample(ctx, s)
}

// String returns the expression of the names.
func (m *naming) String() string { return m.program().String() }

func (m *naming) program() *expression.Program {
	if m.member != nil {
		return m.member
	}
	return m.join
}

// sample finds out the kind of the names by the first element of the stream.
func (m *naming) sample(ctx context.Context, s source) error {
	for partition := range s.partitions() {
		kind, err := m.firstKind(ctx, s, partition)
		if err != nil {
			return err
		}
		if kind != expression.Unknown {
			m.kind = kind
			return nil
		}
	}
	return nil
}

// namesRead is how many elements at the beginning of a partition are read for one that has a name.
const namesRead = 1000

// firstKind returns the kind of a partition's first name that can be computed; Unknown if there is none among the
// first.
func (m *naming) firstKind(ctx context.Context, s source, partition int) (kind expression.Kind, err error) {
	reader, err := newKeyReader(m.node, s, m.program())
	if err != nil {
		return kind, err
	}
	start, _ := s.bounds(partition)
	read := 0
	err = s.each(ctx, partition, mill.Place{Offset: start}, glance, func(record broker.Record, mark bool) (bool, error) {
		if mark {
			return true, nil
		}
		i, err := reader.read(&record, partition)
		if err == errLeftOut {
			return true, nil
		}
		if read++; err != nil {
			return read < namesRead, nil // a lookup says what is wrong with it
		}
		if kind = i.name.Kind(); m.member != nil && (kind == expression.Unknown || i.key(m.by).Kind() == expression.Time) {
			// A list, a member that isn't always there, or an instant that may be written in many ways.
			m.member = nil
			reader.name = expression.Single(m.join)
			if i, err = reader.read(&record, partition); err == nil {
				kind = i.name.Kind()
			}
		}
		return false, nil
	})
	switch {
	case errors.Is(err, file.ErrNotLines) && s.scan():
		return m.firstKind(ctx, s, partition)
	case ctx.Err() == nil && isDamage(err):
		err = nil
	}
	return kind, err
}

// parse makes a key of what a user has written.
func (m *naming) parse(text string) (expression.Key, error) {
	value, isNumber := expression.ParseNumber(text)
	isNumber = isNumber && json.Valid([]byte(text))
	switch {
	case m.kind == expression.Number && !isNumber:
		return expression.Key{}, WrongArgument("the keys of %s, %s, are numbers, and %q is none", m.node.Name, m, text)
	case m.kind == expression.Bool && text != "true" && text != "false":
		return expression.Key{}, WrongArgument("the keys of %s, %s, are true and false, and %q is neither", m.node.Name, m,
			text)
	case m.kind == expression.Bool:
		value = expression.BoolValue(text == "true")
	case m.kind == expression.Time:
		return m.parseTime(text)
	case m.kind == expression.Text || !isNumber:
		value = expression.TextValue(text)
	case m.kind == expression.Duration:
		return expression.Key{}, WrongArgument("the keys of %s, %s, are durations: give an element in place of a key",
			m.node.Name, m)
	}
	return expression.NewKey(value)
}

// parseTime makes an instant of what a user has written, in any way that expressions read.
func (m *naming) parseTime(text string) (expression.Key, error) {
	var key expression.Key
	program, err := expression.Compile(fmt.Sprintf("date(%q)", text), m.node.Scope())
	if err == nil {
		key, err = program.Key(&object.Object{})
	}
	if err != nil {
		return key, WrongArgument("the keys of %s, %s, are instants, and %q is none: write one as 2026-11-27T10:00:00Z",
			m.node.Name, m, text)
	}
	return key, nil
}

// joinKey returns the key in the join of an element that has a name.
func (m *naming) joinKey(name expression.Key) (expression.Key, error) {
	if m.member == nil {
		return name, nil
	}
	value, err := json.Marshal(name)
	if err != nil {
		return expression.Key{}, err
	}
	for _, member := range slices.Backward(m.path) {
		quoted, err := json.Marshal(member)
		if err != nil {
			return expression.Key{}, err
		}
		value = []byte(fmt.Sprintf("{%s:%s}", quoted, value))
	}
	element := &object.Object{}
	if err := m.node.Codec.Decode(element, value); err != nil {
		return expression.Key{}, err
	}
	key, err := expression.Single(m.join)(element)
	if err != nil {
		return key, WrongArgument("an element with %s = %v has no key: %w", m, name, err)
	}
	return key, nil
}

// keyRange returns the range of the elements whose names lie between two.
func (m *naming) keyRange(from, to expression.Key) (keyRange, error) {
	low, err := m.joinKey(from)
	if err != nil {
		return keyRange{}, err
	}
	high, err := m.joinKey(to)
	if err != nil {
		return keyRange{}, err
	}
	if expression.Compare(low, high) > 0 {
		low, high = high, low // the key falls where the member grows
	}
	return keyRange{by: m.by, low: low, high: high, names: &nameRange{from, to}}, nil
}

// isDamage reports whether an error is about what a stream holds, and not about reading it.
func isDamage(err error) bool {
	var at *broker.PositionError
	return errors.As(err, &at)
}
