// Package avrojson makes JSON of Avro's binary encoding, and Avro of JSON, by a schema, without a Go type between them:
// numbers keep their digits, and members are in the order of the schema's fields.
package avrojson

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/internal/jsontree"
)

// A Schema reads and writes values of one Avro schema. It is safe for concurrent use.
type Schema struct {
	root *node
	text string
}

// A kind is a type of Avro, or one of its logical types.
type kind uint8

const (
	null kind = iota
	boolean
	integer // int and long
	float
	double
	text
	binary // bytes and fixed
	decimal
	instant
	local
	date
	daytime
	uuid
	duration
	enum
	record
	list
	mapping
	union
)

// A node is a type of a schema. Types that have names are nodes once, so that schemas may go round in circles.
type node struct {
	kind kind
	// name is what the type is called, for messages.
	name string
	// bits are those of an integer.
	bits int
	// exact says that a double takes no fraction that it would round.
	exact bool
	// digits is how many digits behind the point of the second an instant or a time of the day has.
	digits int
	// size is that of a fixed type; -1 for bytes.
	size             int
	precision, scale int
	symbols          []string
	fields           []field
	// inner is what a list or a mapping holds.
	inner    *node
	branches []*node
}

type field struct {
	name string
	node *node
	// absent is the default, encoded; nil where there is none.
	absent []byte
}

// New compiles a schema.
func New(schema *avrolib.Schema) (*Schema, error) {
	c := compiler{named: map[string]*node{}}
	root, err := c.node(schema.Root())
	if err != nil {
		return nil, err
	}
	if err := c.defaults(); err != nil {
		return nil, err
	}
	return &Schema{root, schema.String()}, nil
}

// IsRecord reports whether the schema is that of a record, which as JSON is an object.
func (s *Schema) IsRecord() bool { return s.root.kind == record }

// Exact has doubles refuse fractions whose digits they don't hold, but for those in the members of a record that are named. It
// is for schemas that nobody has given: who writes double knows what that means.
func (s *Schema) Exact(but []string) {
	for _, f := range s.root.fields {
		if !slices.Contains(but, f.name) {
			f.node.makeExact(map[*node]bool{})
		}
	}
}

func (n *node) makeExact(done map[*node]bool) {
	if n == nil || done[n] {
		return
	}
	done[n] = true
	n.exact = n.kind == double
	n.inner.makeExact(done)
	for _, f := range n.fields {
		f.node.makeExact(done)
	}
	for _, branch := range n.branches {
		branch.makeExact(done)
	}
}

// Name is what the schema's type is called.
func (s *Schema) Name() string { return s.root.name }

// String returns the schema's text.
func (s *Schema) String() string { return s.text }

// A compiler makes nodes.
type compiler struct {
	named   map[string]*node
	pending []pending
}

// A pending default is encoded once all nodes are complete.
type pending struct {
	record *node
	field  int
	value  any
}

var primitives = map[string]node{
	"null": {kind: null}, "boolean": {kind: boolean}, "int": {kind: integer, bits: 32}, "long": {kind: integer, bits: 64},
	"float": {kind: float}, "double": {kind: double}, "string": {kind: text}, "bytes": {kind: binary, size: -1},
}

func (c *compiler) node(s *avrolib.SchemaNode) (*node, error) {
	if primitive, ok := primitives[s.Type]; ok {
		primitive.name = s.Type
		return logical(&primitive, s), nil
	}
	switch s.Type {
	case "array", "map":
		return c.container(s)
	case "union":
		n := &node{kind: union, name: "union"}
		for i := range s.Branches {
			branch, err := c.node(&s.Branches[i])
			if err != nil {
				return nil, err
			}
			n.branches = append(n.branches, branch)
		}
		return n, nil
	case "record", "error", "enum", "fixed":
		return c.define(s)
	}
	if known := c.named[s.Type]; known != nil {
		return known, nil
	}
	expanded := s.ExpandReferences()
	if expanded.Type == s.Type {
		return nil, fmt.Errorf("the schema refers to %s, which it doesn't have", s.Type)
	}
	return c.node(expanded)
}

func (c *compiler) container(s *avrolib.SchemaNode) (n *node, err error) {
	n = &node{kind: list, name: "array"}
	inner := s.Items
	if s.Type == "map" {
		n.kind, n.name, inner = mapping, "map", s.Values
	}
	n.inner, err = c.node(inner)
	return n, err
}

// fullName is the name that a type is referred to by.
func fullName(s *avrolib.SchemaNode) string {
	if s.Namespace == "" || strings.Contains(s.Name, ".") {
		return s.Name
	}
	return s.Namespace + "." + s.Name
}

// define makes the node of a type that has a name.
func (c *compiler) define(s *avrolib.SchemaNode) (*node, error) {
	name := fullName(s)
	if known := c.named[name]; known != nil {
		return known, nil
	}
	n := &node{name: name}
	c.named[name] = n
	switch s.Type {
	case "enum":
		n.kind, n.symbols = enum, s.Symbols
		return n, nil
	case "fixed":
		n.kind, n.size = binary, s.Size
		*n = *logical(n, s)
		return n, nil
	}
	n.kind = record
	for i := range s.Fields {
		f := &s.Fields[i]
		inner, err := c.node(&f.Type)
		if err != nil {
			return nil, err
		}
		if f.HasDefault {
			c.pending = append(c.pending, pending{n, len(n.fields), f.Default})
		}
		n.fields = append(n.fields, field{name: f.Name, node: inner})
	}
	return n, nil
}

// defaults encodes the defaults of fields.
func (c *compiler) defaults() error {
	for _, p := range c.pending {
		f := &p.record.fields[p.field]
		raw, err := json.Marshal(plain(p.value))
		if err != nil {
			return fmt.Errorf("the default of %s.%s: %w", p.record.name, f.name, err)
		}
		value, err := jsontree.Parse(raw)
		if err == nil {
			w := writer{ofSchema: true}
			f.absent, err = w.value([]byte{}, f.node, &value)
		}
		if err != nil {
			return fmt.Errorf("the default of %s.%s: %w", p.record.name, f.name, err)
		}
	}
	return nil
}

// plain returns a default as JSON has it here: what no number is, as a text.
func plain(value any) any {
	switch v := value.(type) {
	case float32:
		return plain(float64(v))
	case float64:
		return json.RawMessage(AppendFloat(nil, v, 64))
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = plain(v[i])
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for name, member := range v {
			all[name] = plain(member)
		}
		return all
	}
	return value
}

// logical returns the node of a logical type over a plain one. One that isn't known, or doesn't fit, means nothing, as
// Avro has it.
func logical(plain *node, s *avrolib.SchemaNode) *node {
	n := *plain
	is := func(name, over string) bool { return s.LogicalType == name && (s.Type == over || over == "") }
	for unit, digits := range map[string]int{"millis": 3, "micros": 6, "nanos": 9} {
		switch {
		case is("timestamp-"+unit, "long"):
			n.kind, n.digits = instant, digits
		case is("local-timestamp-"+unit, "long"):
			n.kind, n.digits = local, digits
		case is("time-"+unit, "long") && digits == 6, is("time-"+unit, "int") && digits == 3:
			n.kind, n.digits = daytime, digits
		}
	}
	switch {
	case is("decimal", "bytes") && s.Precision > 0, is("decimal", "fixed") && s.Precision > 0:
		n.kind, n.precision, n.scale = decimal, s.Precision, s.Scale
	case is("date", "int"):
		n.kind = date
	case is("uuid", "fixed") && s.Size == 16:
		n.kind = uuid
	case is("duration", "fixed") && s.Size == 12:
		n.kind = duration
	}
	if n.kind != plain.kind && slices.Contains([]string{"int", "long", "bytes"}, n.name) {
		n.name = s.LogicalType
	}
	return &n
}
