package avro

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/fieldpath"
)

// A purpose is what a schema is mapped to a Go type for.
type purpose int

const (
	// encoding: every field of the schema is one of the struct's, and the other way round.
	encoding purpose = iota
	// decoding: the schema is the reader's. It has every field of the struct; the struct leaves out what it doesn't need.
	decoding
	// structReads is decoding with the struct as the reader's schema: fields that the writer's schema hasn't are added to
	// it with their defaults, and a field is also matched by its aliases.
	structReads
)

// A mapper makes, of a schema, the one that the Avro library shall decode a Go type with, or encode it. It describes
// the same bytes; but its names are those by which the library finds the struct's fields, and, for decoding, it has
// exactly the fields that the struct has (a projection): what the struct doesn't name is skipped unread.
//
// Every record is mapped anew for every Go type that stands for it, under a name of its own.
type mapper struct {
	purpose purpose
	// defined are the schema's named types by their full names.
	defined map[string]*avrolib.SchemaNode
	mapped  map[pairing]string
	names   map[string]bool
}

// A pairing is a named type and the Go type that stands for it, nil where the library chooses one.
type pairing struct {
	name string
	typ  reflect.Type
}

// mapSchema maps a schema to a Go type. An error that concerns a field is a *codec.Error.
func mapSchema(schema *avrolib.Schema, t reflect.Type, p purpose) (*avrolib.Schema, error) {
	m := mapper{
		purpose: p,
		defined: map[string]*avrolib.SchemaNode{},
		mapped:  map[pairing]string{},
		names:   map[string]bool{},
	}
	root := schema.Root()
	m.define(root, "")
	node, err := m.node(*root, t, nil)
	if err != nil {
		return nil, err
	}
	mapped, err := node.Schema(avrolib.WithLaxNames(nil))
	if err != nil {
		return nil, fmt.Errorf("the Avro schema doesn't fit %s: %w", t, err)
	}
	return mapped, nil
}

// define collects the named types of a schema and gives them, and the references to them, their full names.
func (m *mapper) define(n *avrolib.SchemaNode, namespace string) {
	switch n.Type {
	case "record", "error", "enum", "fixed":
		if !strings.Contains(n.Name, ".") && n.Namespace != "" {
			n.Name = n.Namespace + "." + n.Name
		}
		namespace = n.Name[:max(0, strings.LastIndexByte(n.Name, '.'))]
		m.defined[n.Name] = n
	case "array":
		m.define(n.Items, namespace)
	case "map":
		m.define(n.Values, namespace)
	default:
		if full := namespace + "." + n.Type; m.defined[full] != nil {
			n.Type = full
		}
	}
	for i := range n.Branches {
		m.define(&n.Branches[i], namespace)
	}
	for i := range n.Fields {
		m.define(&n.Fields[i].Type, namespace)
	}
}

// node maps a part of the schema to a Go type; nil where the library chooses one.
func (m *mapper) node(n avrolib.SchemaNode, t reflect.Type, at *fieldpath.Path) (mapped avrolib.SchemaNode, err error) {
	t = indirect(t)
	n = m.resolve(n)
	if t != nil && !m.compatible(n, t) {
		return n, &codec.Error{Offset: -1, Field: at.String(),
			Err: fmt.Errorf("Avro's %s and Go's %s don't go together", kindOf(n), t)}
	}
	switch n.Type {
	case "union":
		n.Branches = slices.Clone(n.Branches)
		for i, branch := range n.Branches {
			branchType := t
			if len(n.Branches) > 2 || branch.Type == "null" || t != nil && !m.compatible(branch, t) {
				branchType = nil
			}
			if n.Branches[i], err = m.node(branch, branchType, at); err != nil {
				return n, err
			}
		}
	case "array":
		items, err := m.node(*n.Items, elemOf(t), at.Item(-1))
		n.Items = &items
		return n, err
	case "map":
		values, err := m.node(*n.Values, elemOf(t), at.Member("*"))
		n.Values = &values
		return n, err
	case "record", "error":
		return m.record(n, t, at)
	case "enum", "fixed":
		name, known := m.name(n.Name, nil)
		if known {
			return avrolib.SchemaNode{Type: name}, nil
		}
		return rename(n, name), nil
	}
	return n, nil
}

// compatible tells whether a part of the schema and a Go type can go together; of a union, whether one of its types
// can.
func (m *mapper) compatible(n avrolib.SchemaNode, t reflect.Type) bool {
	n = m.resolve(n)
	if n.Type != "union" {
		return compatible(n, t)
	}
	return slices.ContainsFunc(n.Branches, func(branch avrolib.SchemaNode) bool {
		return branch.Type != "null" && m.compatible(branch, t)
	})
}

func (m *mapper) resolve(n avrolib.SchemaNode) avrolib.SchemaNode {
	if referred := m.defined[n.Type]; referred != nil {
		return *referred
	}
	return n
}

// record maps a record.
func (m *mapper) record(n avrolib.SchemaNode, t reflect.Type, at *fieldpath.Path) (avrolib.SchemaNode, error) {
	if t != nil && t.Kind() != reflect.Struct {
		t = nil
	}
	name, known := m.name(n.Name, t)
	if known {
		return avrolib.SchemaNode{Type: name}, nil
	}
	var err error
	if t == nil {
		n.Fields = slices.Clone(n.Fields)
		for i, f := range n.Fields {
			if n.Fields[i].Type, err = m.node(f.Type, nil, at.Member(f.Name)); err != nil {
				return n, err
			}
		}
		return rename(n, name), nil
	}
	n.Fields, err = m.fields(n, t, at)
	return rename(n, name), err
}

// fields maps a record's fields to those of a struct.
func (m *mapper) fields(n avrolib.SchemaNode, t reflect.Type, at *fieldpath.Path) (mapped []avrolib.SchemaField,
	err error) {
	structFields, err := fieldsOf(t)
	if err != nil {
		return nil, err
	}
	for _, field := range n.Fields {
		i := m.match(field, structFields)
		if i < 0 {
			if m.purpose != encoding {
				continue
			}
			return nil, &codec.Error{Offset: -1, Field: at.Member(field.Name).String(),
				Err: fmt.Errorf("the schema wants this field, and %s has only %s", t, namesOf(t))}
		}
		own := structFields[i]
		structFields = slices.Delete(structFields, i, i+1)
		named := func(f avrolib.SchemaField) bool { return f.Name == own.libraryName }
		if own.libraryName != field.Name && slices.ContainsFunc(n.Fields, named) {
			return nil, fmt.Errorf("the schema has the fields %q and %q: mark which one %s.%s is, by the tag `avro:%q`",
				own.libraryName, field.Name, t, own.libraryName, field.Name)
		}
		if field, err = m.field(field, own, at); err != nil {
			return nil, err
		}
		mapped = append(mapped, field)
	}
	for _, own := range structFields {
		added, err := m.add(n, own, t, at)
		if err != nil {
			return nil, err
		}
		mapped = append(mapped, added)
	}
	return mapped, nil
}

// match returns which of the struct's fields a field of the schema is; -1 for none.
func (m *mapper) match(field avrolib.SchemaField, structFields []structField) int {
	i := slices.IndexFunc(structFields, func(own structField) bool { return own.name == field.Name })
	if i < 0 && m.purpose == structReads {
		i = slices.IndexFunc(structFields, func(own structField) bool { return slices.Contains(own.aliases, field.Name) })
	}
	return i
}

// field maps a field of a record to the struct's field that it is.
func (m *mapper) field(field avrolib.SchemaField, own structField, at *fieldpath.Path) (avrolib.SchemaField, error) {
	if own.libraryName != field.Name {
		field.Aliases = append([]string{field.Name}, field.Aliases...)
		field.Name = own.libraryName
	}
	if m.purpose == structReads || m.purpose == encoding && m.resolve(field.Type).Type == "record" {
		// It isn't needed, and the default of a record has the names from before.
		field.Default, field.HasDefault = nil, false
	}
	var err error
	field.Type, err = m.node(field.Type, own.typ, at.Member(own.name))
	return field, err
}

// add returns the field for one that the struct has and the record hasn't.
func (m *mapper) add(
	n avrolib.SchemaNode, own structField, t reflect.Type, at *fieldpath.Path,
) (field avrolib.SchemaField, err error) {
	where := at.Member(own.name).String()
	if m.purpose != structReads {
		return field, &codec.Error{Offset: -1, Field: where, Err: fmt.Errorf("%s has this field, and the schema hasn't; "+
			"fields of its %s: %s; leave the struct's field out by the tag `avro:\"-\"`", t, n.Name, fieldNames(n))}
	}
	if own.typ.Kind() != reflect.Pointer && own.defaultText == nil {
		return field, &codec.Error{Offset: -1, Field: where, Err: fmt.Errorf("%s wants this field, and the writer's schema "+
			"hasn't got it (fields of its %s: %s); make it a pointer, or give it a default by the tag `avro:\"%s,default=…\"`",
			t, n.Name, fieldNames(n), own.name)}
	}
	d := deriver{names: map[string]reflect.Type{}}
	if own.defaultText == nil { // null, whatever the pointer points to
		field = avrolib.SchemaField{Type: avrolib.SchemaNode{Type: "null"}, HasDefault: true}
	} else if field, err = d.field(own); err != nil {
		return field, &codec.Error{Offset: -1, Field: where, Err: err}
	}
	field.Name = own.libraryName
	return field, nil
}

// name returns the name that a named type gets, and whether it has been mapped to the Go type already.
func (m *mapper) name(full string, t reflect.Type) (name string, known bool) {
	key := pairing{full, t}
	if name, known = m.mapped[key]; known {
		return name, true
	}
	name = full
	for i := 2; m.names[name]; i++ {
		name = full + "_" + strconv.Itoa(i)
	}
	m.names[name] = true
	m.mapped[key] = name
	return name, false
}

// rename gives a named type its new name; as its alias, the old one lets it match the writer's.
func rename(n avrolib.SchemaNode, name string) avrolib.SchemaNode {
	if n.Name != name {
		n.Aliases = append(slices.Clone(n.Aliases), n.Name)
	}
	n.Name, n.Namespace = name, ""
	return n
}

// indirect returns the type behind pointers; nil for interfaces, where the library chooses a type.
func indirect(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && t.Kind() == reflect.Interface {
		return nil
	}
	return t
}

func elemOf(t reflect.Type) reflect.Type {
	if t == nil || t.Kind() != reflect.Slice && t.Kind() != reflect.Array && t.Kind() != reflect.Map {
		return nil
	}
	return t.Elem()
}

func namesOf(t reflect.Type) string {
	fields, _ := fieldsOf(t)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

func fieldNames(n avrolib.SchemaNode) string {
	names := make([]string, len(n.Fields))
	for i, f := range n.Fields {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}
