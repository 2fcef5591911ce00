package csv

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/number"
	"github.com/leat-go/leat/internal/variable"
)

// This file makes rows of plain structs, as they would be made of their JSON.

// A source is the field that a column is made of.
type source struct {
	offset    uintptr
	kind      reflect.Kind // of the field, or of what it points to, as is the size
	size      uintptr
	isPointer bool
}

// Structs returns what appends the row of a struct of a type, given a pointer to it, with its line end; nil for types of which
// only their JSON tells what the row is. It is false for a struct with a number that JSON doesn't have.
func (e *Encoder) Structs(t reflect.Type) func(into []byte, element unsafe.Pointer) (row []byte, ok bool) {
	fields := plainFields(t)
	if !e.isPlain || len(fields) == 0 || len(fields) != len(e.members) || elements.EncodesItself(t) {
		return nil
	}
	for i := range t.NumField() {
		if strings.Contains(t.Field(i).Tag.Get("json"), ",omit") {
			return nil
		}
	}
	sources := make([]source, len(fields))
	for _, f := range fields {
		column, ok := e.index[f.name]
		if !ok || !sources[column].take(f) {
			return nil
		}
	}
	return func(into []byte, element unsafe.Pointer) (row []byte, ok bool) {
		for i := range sources {
			if i > 0 {
				into = append(into, e.delimiter[0])
			}
			if into, ok = e.field(into, i, &sources[i], element); !ok {
				return into, false
			}
		}
		return append(into, '\n'), true
	}
}

// take takes a field, and reports whether a cell can be made of it.
func (s *source) take(f structField) bool {
	t := f.of
	if t.Kind() == reflect.Pointer {
		t, s.isPointer = t.Elem(), true
	}
	s.kind, s.size, s.offset = t.Kind(), t.Size(), f.offset
	return isPlain(s.kind) && !elements.EncodesItself(t) && t != reflect.TypeFor[json.Number]()
}

// field appends the cell of a field.
func (e *Encoder) field(into []byte, column int, s *source, element unsafe.Pointer) (row []byte, ok bool) {
	at := unsafe.Add(element, s.offset)
	if s.isPointer {
		if at = *(*unsafe.Pointer)(at); at == nil {
			into, err := e.appendNull(into, column)
			return into, err == nil
		}
	}
	switch {
	case s.kind == reflect.String:
		return e.fieldText(into, *(*string)(at)), true
	case s.kind == reflect.Bool:
		return strconv.AppendBool(into, *(*bool)(at)), true
	case s.kind == reflect.Float64:
		return number.Append(into, *(*float64)(at), 64) // as codec.JSON does
	case s.kind == reflect.Float32:
		return number.Append(into, float64(*(*float32)(at)), 32)
	case s.kind >= reflect.Uint:
		return strconv.AppendUint(into, variable.Unsigned(at, s.size), 10), true
	}
	return strconv.AppendInt(into, variable.Signed(at, s.size), 10), true
}

// fieldText appends the cell of a text.
func (e *Encoder) fieldText(into []byte, s string) []byte {
	text := unsafe.Slice(unsafe.StringData(s), len(s))
	for _, c := range text {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == e.delimiter[0] {
			if !utf8.ValidString(s) {
				text = []byte(string([]rune(s))) // as JSON has it
			}
			return e.text(into, text)
		}
	}
	if mayNeedQuotes(text) {
		return e.text(into, text)
	}
	return append(into, text...)
}
