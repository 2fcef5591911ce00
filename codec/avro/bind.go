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

// A binder makes, of a schema, the one that the Avro library shall decode a Go type with, or encode it. It describes the
// same bytes; but its names are those by which the library finds the struct's fields, and, for decoding, it has exactly
// the fields that the struct has: what the struct doesn't name is skipped unread.
//
// Every record is bound anew for every Go type that stands in its place, under a name of its own.
type binder struct {
	decoding bool
	// extend says that fields which only the struct has are added with their defaults.
	extend bool
	// defined are the schema's named types by their full names.
	defined map[string]*avrolib.SchemaNode
	bound   map[binding]string
	names   map[string]bool
}

// A binding is a named type and the Go type in its place, nil where the library chooses one.
type binding struct {
	name string
	typ  reflect.Type
}

// bind binds a schema to a Go type. An error that concerns a field is a *codec.Error.
func bind(schema *avrolib.Schema, t reflect.Type, decoding, extend bool) (*avrolib.Schema, error) {
	b := binder{
		decoding: decoding,
		extend:   extend,
		defined:  map[string]*avrolib.SchemaNode{},
		bound:    map[binding]string{},
		names:    map[string]bool{},
	}
	root := schema.Root()
	b.define(root, "")
	node, err := b.node(*root, t, nil)
	if err != nil {
		return nil, err
	}
	bound, err := node.Schema(avrolib.WithLaxNames(nil))
	if err != nil {
		return nil, fmt.Errorf("the Avro schema doesn't suit %s: %w", t, err)
	}
	return bound, nil
}

// define collects the named types of a schema and gives them, and the references to them, their full names.
func (b *binder) define(n *avrolib.SchemaNode, namespace string) {
	switch n.Type {
	case "record", "error", "enum", "fixed":
		if !strings.Contains(n.Name, ".") && n.Namespace != "" {
			n.Name = n.Namespace + "." + n.Name
		}
		namespace = n.Name[:max(0, strings.LastIndexByte(n.Name, '.'))]
		b.defined[n.Name] = n
	case "array":
		b.define(n.Items, namespace)
	case "map":
		b.define(n.Values, namespace)
	default:
		if full := namespace + "." + n.Type; b.defined[full] != nil {
			n.Type = full
		}
	}
	for i := range n.Branches {
		b.define(&n.Branches[i], namespace)
	}
	for i := range n.Fields {
		b.define(&n.Fields[i].Type, namespace)
	}
}

// node binds a part of the schema to a Go type; nil where the library chooses one.
func (b *binder) node(n avrolib.SchemaNode, t reflect.Type, at *fieldpath.Path) (bound avrolib.SchemaNode, err error) {
	t = indirect(t)
	n = b.resolve(n)
	if t != nil && !b.suits(n, t) {
		return n, &codec.Error{Offset: -1, Field: at.String(),
			Err: fmt.Errorf("Avro's %s and Go's %s don't go together", kindOf(n), t)}
	}
	switch n.Type {
	case "union":
		n.Branches = slices.Clone(n.Branches)
		for i, branch := range n.Branches {
			branchType := t
			if len(n.Branches) > 2 || branch.Type == "null" || t != nil && !b.suits(branch, t) {
				branchType = nil
			}
			if n.Branches[i], err = b.node(branch, branchType, at); err != nil {
				return n, err
			}
		}
	case "array":
		items, err := b.node(*n.Items, elemOf(t), at.Item(-1))
		n.Items = &items
		return n, err
	case "map":
		values, err := b.node(*n.Values, elemOf(t), at.Member("*"))
		n.Values = &values
		return n, err
	case "record", "error":
		return b.record(n, t, at)
	case "enum", "fixed":
		name, known := b.name(n.Name, nil)
		if known {
			return avrolib.SchemaNode{Type: name}, nil
		}
		return rename(n, name), nil
	}
	return n, nil
}

// suits tells whether a part of the schema and a Go type can go together; of a union, whether one of its types can.
func (b *binder) suits(n avrolib.SchemaNode, t reflect.Type) bool {
	n = b.resolve(n)
	if n.Type != "union" {
		return suits(n, t)
	}
	return slices.ContainsFunc(n.Branches, func(branch avrolib.SchemaNode) bool {
		return branch.Type != "null" && b.suits(branch, t)
	})
}

func (b *binder) resolve(n avrolib.SchemaNode) avrolib.SchemaNode {
	if referred := b.defined[n.Type]; referred != nil {
		return *referred
	}
	return n
}

// record binds a record.
func (b *binder) record(n avrolib.SchemaNode, t reflect.Type, at *fieldpath.Path) (avrolib.SchemaNode, error) {
	if t != nil && t.Kind() != reflect.Struct {
		t = nil
	}
	name, known := b.name(n.Name, t)
	if known {
		return avrolib.SchemaNode{Type: name}, nil
	}
	var err error
	if t == nil {
		n.Fields = slices.Clone(n.Fields)
		for i, f := range n.Fields {
			if n.Fields[i].Type, err = b.node(f.Type, nil, at.Member(f.Name)); err != nil {
				return n, err
			}
		}
		return rename(n, name), nil
	}
	n.Fields, err = b.fields(n, t, at)
	return rename(n, name), err
}

// fields binds a record's fields to those of a struct.
func (b *binder) fields(n avrolib.SchemaNode, t reflect.Type, at *fieldpath.Path) (bound []avrolib.SchemaField, err error) {
	wanted, err := fieldsOf(t)
	if err != nil {
		return nil, err
	}
	for _, field := range n.Fields {
		i := b.match(field, wanted)
		if i < 0 {
			if b.decoding {
				continue
			}
			return nil, &codec.Error{Offset: -1, Field: at.Member(field.Name).String(),
				Err: fmt.Errorf("the schema wants this field, and %s has only %s", t, namesOf(t))}
		}
		w := wanted[i]
		wanted = slices.Delete(wanted, i, i+1)
		named := func(f avrolib.SchemaField) bool { return f.Name == w.library }
		if w.library != field.Name && slices.ContainsFunc(n.Fields, named) {
			return nil, fmt.Errorf("the schema has the fields %q and %q: mark which one %s.%s is, by the tag `avro:%q`",
				w.library, field.Name, t, w.library, field.Name)
		}
		if field, err = b.field(field, w, at); err != nil {
			return nil, err
		}
		bound = append(bound, field)
	}
	for _, w := range wanted {
		added, err := b.add(n, w, t, at)
		if err != nil {
			return nil, err
		}
		bound = append(bound, added)
	}
	return bound, nil
}

// match returns which of the struct's fields a field of the schema is; -1 for none.
func (b *binder) match(field avrolib.SchemaField, wanted []structField) int {
	i := slices.IndexFunc(wanted, func(w structField) bool { return w.name == field.Name })
	if i < 0 && b.extend {
		i = slices.IndexFunc(wanted, func(w structField) bool { return slices.Contains(w.aliases, field.Name) })
	}
	return i
}

// field binds a field of a record to the struct's field that it is.
func (b *binder) field(field avrolib.SchemaField, w structField, at *fieldpath.Path) (avrolib.SchemaField, error) {
	if w.library != field.Name {
		field.Aliases = append([]string{field.Name}, field.Aliases...)
		field.Name = w.library
	}
	if b.extend || !b.decoding && b.resolve(field.Type).Type == "record" {
		// It isn't needed, and the default of a record has the names from before.
		field.Default, field.HasDefault = nil, false
	}
	var err error
	field.Type, err = b.node(field.Type, w.typ, at.Member(w.name))
	return field, err
}

// add returns the field for one that the struct has and the record hasn't.
func (b *binder) add(
	n avrolib.SchemaNode, w structField, t reflect.Type, at *fieldpath.Path,
) (field avrolib.SchemaField, err error) {
	where := at.Member(w.name).String()
	if !b.extend {
		return field, &codec.Error{Offset: -1, Field: where, Err: fmt.Errorf("%s has this field, and the schema hasn't; "+
			"fields of its %s: %s; leave the struct's field out by the tag `avro:\"-\"`", t, n.Name, fieldNames(n))}
	}
	if w.typ.Kind() != reflect.Pointer && w.preset == nil {
		return field, &codec.Error{Offset: -1, Field: where, Err: fmt.Errorf("%s wants this field, and the writer's schema "+
			"hasn't got it (fields of its %s: %s); make it a pointer, or give it a default by the tag `avro:\"%s,default=…\"`",
			t, n.Name, fieldNames(n), w.name)}
	}
	d := deriver{names: map[string]reflect.Type{}}
	if w.preset == nil { // null, whatever the pointer points to
		field = avrolib.SchemaField{Type: avrolib.SchemaNode{Type: "null"}, HasDefault: true}
	} else if field, err = d.field(w); err != nil {
		return field, &codec.Error{Offset: -1, Field: where, Err: err}
	}
	field.Name = w.library
	return field, nil
}

// name returns the name that a named type gets, and whether it has been bound to the Go type already.
func (b *binder) name(full string, t reflect.Type) (name string, known bool) {
	key := binding{full, t}
	if name, known = b.bound[key]; known {
		return name, true
	}
	name = full
	for i := 2; b.names[name]; i++ {
		name = full + "_" + strconv.Itoa(i)
	}
	b.names[name] = true
	b.bound[key] = name
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
