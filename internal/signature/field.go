package signature

import (
	"fmt"
	"reflect"
	"unicode"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/mistake"
)

// A field is a field of the input, or of a struct in its lists.
type field struct {
	reflect.StructField
	// path leads to it from the input: "Next.Speeds". It is empty for the input itself.
	path string
}

func (f field) String() string {
	if f.path == "" {
		return fmt.Sprintf("the input (%s)", mistake.ShortType(f.Type))
	}
	return fmt.Sprintf("field %s (%s)", f.path, mistake.ShortType(f.Type))
}

// below returns a field of the struct that f holds.
func (f field) below(s reflect.StructField) field {
	if f.path == "" {
		return field{s, s.Name}
	}
	return field{s, f.path + "." + s.Name}
}

// node returns the node of the field, of elements that come as t.
func (f field) node(t reflect.Type) Node {
	n := Node{Element: element(t), Name: f.Name, Path: f.path, Origin: f.String(), Copied: t.Kind() != reflect.Pointer}
	if tag := f.Tag.Get("leat"); tag != "" {
		n.Name, n.Tagged = tag, true
	}
	return n
}

// fields returns the fields of a struct that f holds, and says which can't be filled.
func (r *inputReader) fields(t reflect.Type, f field) []field {
	var fields []field
	for s := range t.Fields() {
		c := f.below(s)
		switch {
		case s.Name == "_":
		case s.IsExported():
			fields = append(fields, c)
		case s.Anonymous:
			r.mistakes.Add("%s: it isn't exported, so that it can't be filled; give it a name: %s %s",
				c, upperFirst(s.Name), mistake.ShortType(s.Type))
		default:
			r.mistakes.Add("%s: it isn't exported, so that it can't be filled; make it %s", c, upperFirst(s.Name))
		}
	}
	return fields
}

func upperFirst(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// fieldKind is what a field is for.
type fieldKind int

const (
	otherField fieldKind = iota
	elementField
	listField
	rowsField
	// rowField is a struct that holds one match beside its own.
	rowField
	recordField
)

func (r *inputReader) kind(t reflect.Type) fieldKind {
	listed := t
	if t.Kind() == reflect.Slice {
		listed = t.Elem()
	}
	switch {
	case r.isProvided(t):
		return otherField
	case element(t) == r.Record, element(listed) == r.Record:
		return recordField
	case r.isElement(element(t)):
		return elementField
	case t.Kind() != reflect.Slice && r.isMatchRow(element(t)):
		return rowField
	case t.Kind() != reflect.Slice:
		return otherField
	case r.isElement(element(listed)):
		return listField
	case r.isRow(element(listed)):
		return rowsField
	}
	return otherField
}

// isMatchRow reports whether a type is that of a struct for the only match of an element and its own matches.
func (r *inputReader) isMatchRow(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for s := range t.Fields() {
		if r.takesOne(element(s.Type)) {
			return true
		}
	}
	return false
}

// isRow reports whether a type is that of a struct for an element and its matches, or would be meant to be.
func (r *inputReader) isRow(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && (t.Name() == "" || r.holdsElements(t))
}
