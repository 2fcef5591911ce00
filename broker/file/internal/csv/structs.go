package csv

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/goccy/go-json/jsontext"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/number"
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
	isPlain := s.kind >= reflect.Bool && s.kind <= reflect.Float64 && s.kind != reflect.Uintptr || s.kind == reflect.String
	return isPlain && !elements.EncodesItself(t) && t != reflect.TypeFor[json.Number]()
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
		return appendFloat(into, *(*float64)(at), 64)
	case s.kind == reflect.Float32:
		return appendFloat(into, float64(*(*float32)(at)), 32)
	case s.kind >= reflect.Uint:
		return strconv.AppendUint(into, number.Bits(at, s.size), 10), true
	}
	rest := 64 - 8*s.size
	return strconv.AppendInt(into, int64(number.Bits(at, s.size)<<rest)>>rest, 10), true
}

func appendFloat(into []byte, f float64, bits int) ([]byte, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return into, false
	}
	return jsontext.AppendFloat(into, f, bits), true // as codec.JSON does
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
