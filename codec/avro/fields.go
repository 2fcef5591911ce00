package avro

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/leat-go/leat/codec/internal/fieldpath"
)

// A structField is a field of a struct as a schema sees it.
type structField struct {
	name        string   // in schemas: the name of the tag avro, of the tag json, or of the field
	libraryName string   // what the Avro library calls it, which doesn't know the tag json
	aliases     []string // further names in writers' schemas
	defaultText *string  // the default of the tag avro
	logical     []string // the other options of the tag avro
	typ         reflect.Type
	tagged      bool
	index       []int
}

// fieldsOf lists the fields of a struct and of those embedded in it.
func fieldsOf(t reflect.Type) ([]structField, error) {
	var list []structField
	if err := collectFields(t, nil, nil, &list); err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(f structField) bool {
		return slices.ContainsFunc(list, func(other structField) bool { return other.hides(f) })
	})
	for i, f := range list {
		if slices.ContainsFunc(list[:i], func(other structField) bool { return other.name == f.name }) {
			return nil, fmt.Errorf("%s has two fields that Avro would call %q; rename one by its tag avro", t, f.name)
		}
	}
	return list, nil
}

// hides tells whether the Avro library takes f for the name that both have, or neither: the tagged one, then the one
// that is embedded the least deep.
func (f structField) hides(other structField) bool {
	switch {
	case f.libraryName != other.libraryName || slices.Equal(f.index, other.index):
		return false
	case f.tagged != other.tagged:
		return f.tagged
	}
	return len(f.index) <= len(other.index)
}

func collectFields(t reflect.Type, index []int, outer []reflect.Type, list *[]structField) error {
	if slices.Contains(outer, t) {
		return nil
	}
	outer = append(outer[:len(outer):len(outer)], t)
	for i := range t.NumField() {
		field := t.Field(i)
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		embedded := field.Anonymous && inner.Kind() == reflect.Struct
		if !field.IsExported() && !embedded {
			continue
		}
		f, inline, err := newField(t, field)
		if err != nil {
			return err
		}
		f.index = append(index[:len(index):len(index)], i)
		switch {
		case f.name == "-":
		case inner.Kind() == reflect.Struct && (inline || embedded && !f.tagged):
			if err := collectFields(inner, f.index, outer, list); err != nil {
				return err
			}
		default:
			*list = append(*list, f)
		}
	}
	return nil
}

// newField reads a field's tags.
func newField(t reflect.Type, field reflect.StructField) (f structField, inline bool, err error) {
	options := splitTag(field.Tag.Get("avro"))
	f = structField{name: options[0], libraryName: options[0], typ: field.Type, tagged: options[0] != ""}
	if f.libraryName == "" {
		f.libraryName = field.Name
		f.name, _, _ = strings.Cut(field.Tag.Get("json"), ",")
	}
	if f.name == "" {
		f.name = field.Name
	}
	for _, option := range options[1:] {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "inline":
			inline = true
		case "omitzero":
		case "alias":
			f.aliases = append(f.aliases, strings.Split(strings.Trim(value, "[]"), ",")...)
		case "default":
			f.defaultText = &value
		case "type-alias": // names don't matter for types: a struct stands for whatever record the schema has there
		case "":
			return f, false, fmt.Errorf("%s.%s: an option of the tag avro:%q is empty", t, field.Name, field.Tag.Get("avro"))
		default:
			f.logical = append(f.logical, option)
		}
	}
	return f, inline, nil
}

// splitTag splits a tag at its commas, but for those in brackets, and those of the default, which comes last.
func splitTag(tag string) (parts []string) {
	start, depth := 0, 0
	for i := range len(tag) {
		switch tag[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth > 0 || strings.HasPrefix(tag[start:], "default=") && start > 0 {
				continue
			}
			parts = append(parts, tag[start:i])
			start = i + 1
		}
	}
	return append(parts, tag[start:])
}

// pathOf returns the path by the names of the schema for one by those of the library.
func pathOf(t reflect.Type, library string) (path string) {
	for name := range strings.SplitSeq(library, ".") {
		if t = structIn(t); t == nil {
			path = fieldpath.Join(path, name)
			continue
		}
		fields, _ := fieldsOf(t)
		i := slices.IndexFunc(fields, func(f structField) bool { return f.libraryName == name })
		t = nil
		if i >= 0 {
			name, t = fields[i].name, fields[i].typ
		}
		path = fieldpath.Join(path, name)
	}
	return path
}

// structIn returns the struct that a type is, or is a list, a map or a pointer of; nil where there is none.
func structIn(t reflect.Type) reflect.Type {
	t = indirect(t)
	for t != nil && t.Kind() != reflect.Struct {
		t = indirect(elemOf(t))
	}
	return t
}
