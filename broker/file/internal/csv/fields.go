package csv

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unsafe"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/intern"
	"github.com/leat-go/leat/internal/number"
	"github.com/leat-go/leat/internal/variable"
)

// This file sets the fields of structs from cells, as JSON would from the objects that are made of them, without these.

// fields are those of a struct for which a file has columns.
type fields struct {
	// columns are those that have a field.
	columns    []target
	delimiters delimiters
	emptyNull  bool
	texts      *intern.Texts
}

// A target is the field that a column sets.
type target struct {
	// skipped is how many columns without a field lie before it.
	skipped int
	// isInt64 says that most cells are whole numbers that are stored as they are.
	isInt64 bool
	// kind is that of the field, or of what it points to, and Struct for an instant; size is how many bits an integer has.
	kind    reflect.Kind
	size    int
	offset  uintptr
	pointed reflect.Type // nil for no pointer
	// text says that cells are texts, also those that look like numbers.
	text bool
}

// a structField is a field of a struct that JSON sees.
type structField struct {
	name   string
	of     reflect.Type
	offset uintptr
}

// plainFields returns the fields of a struct, by their names in JSON; none where it has such as take rules of JSON that aren't
// known here.
func plainFields(t reflect.Type) (fields []structField) {
	if t.Kind() != reflect.Struct || elements.DecodesItself(t) {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case f.Anonymous, strings.Contains(options, "string"), strings.ContainsFunc(name, isOdd):
			return nil
		case !f.IsExported(), tag == "-":
			continue
		case name == "":
			name = f.Name
		}
		if _, twice := fieldOf(fields, name); twice {
			return nil
		}
		fields = append(fields, structField{name, f.Type, f.Offset})
	}
	return fields
}

// isOdd reports whether a character may make JSON take another name than the tag's.
func isOdd(r rune) bool {
	return r != '_' && r != '-' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// newFields returns the fields of a struct that columns set; nil where only JSON knows how.
func (d *Decoder) newFields(of []structField, texts *intern.Texts) rowForm {
	f := &fields{delimiters: newDelimiters(d.splitter.delimiter[0]), emptyNull: d.emptyNull, texts: texts}
	taken, skipped := map[string]bool{}, 0
	for i, name := range d.names {
		field, ok := fieldOf(of, d.members(name).Name)
		if !ok {
			skipped++
			continue
		}
		to, ok := targetOf(field)
		if !ok || taken[field.name] {
			return nil
		}
		to.text, to.skipped, skipped = d.columns[i].text, skipped, 0
		to.isInt64 = to.kind == reflect.Int64 && to.pointed == nil && !to.text
		f.columns, taken[field.name] = append(f.columns, to), true
	}
	return f
}

// fieldOf returns the field of a member, as names are found in JSON.
func fieldOf(fields []structField, member string) (field structField, ok bool) {
	for _, f := range fields { // no two of them are equal but for case
		if strings.EqualFold(f.name, member) {
			return f, true
		}
	}
	return field, false
}

// targetOf returns how a field is set; false where only JSON knows.
func targetOf(f structField) (to target, ok bool) {
	t := f.of
	to.offset = f.offset
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
		to.pointed = t
	}
	if to.kind = t.Kind(); to.kind >= reflect.Int && to.kind <= reflect.Uint64 {
		if to.size = t.Bits(); to.kind == reflect.Int && to.size == 64 {
			to.kind = reflect.Int64
		}
	}
	if t == reflect.TypeFor[time.Time]() {
		return to, true
	}
	return to, isPlain(to.kind) && !elements.DecodesItself(t) && t != reflect.TypeFor[json.Number]()
}

// isPlain reports whether variables of a kind are what one cell holds: truth values, numbers and texts.
func isPlain(kind reflect.Kind) bool {
	return kind >= reflect.Bool && kind <= reflect.Float64 && kind != reflect.Uintptr || kind == reflect.String
}

// set sets a variable to what a cell that is no text holds, and reports false where only JSON tells what that is.
func (t *target) set(p unsafe.Pointer, cell []byte) bool {
	switch t.kind {
	case reflect.Struct:
		if t, ok := instant(cell); ok {
			*(*time.Time)(p) = t
			return true
		}
		return (*time.Time)(p).UnmarshalText(cell) == nil
	case reflect.Bool:
		*(*bool)(p) = string(cell) == "true"
		return *(*bool)(p) || string(cell) == "false"
	case reflect.Float64:
		if value, n := number.Float(cell); n > 0 && n == len(cell) {
			*(*float64)(p) = value
			return true
		}
		value, err := strconv.ParseFloat(string(cell), 64)
		*(*float64)(p) = value
		return err == nil && isNumber(cell)
	case reflect.Float32:
		value, err := strconv.ParseFloat(string(cell), 32)
		*(*float32)(p) = float32(value)
		return err == nil && isNumber(cell)
	}
	value, n := number.Int(cell)
	return n > 0 && n == len(cell) && t.setInt(p, value, cell[0] == '-')
}

// setInt sets a variable of whole numbers to one; false where it doesn't hold that.
func (t *target) setInt(p unsafe.Pointer, value int64, isNegative bool) bool {
	unused := 64 - t.size
	if isSigned := t.kind <= reflect.Int64; isSigned {
		if value<<unused>>unused != value {
			return false
		}
	} else if isNegative || uint64(value)<<unused>>unused != uint64(value) {
		return false
	}
	switch t.size { // with a sign or without, the bits are the same
	case 64:
		*(*int64)(p) = value
	case 32:
		*(*int32)(p) = int32(value)
	case 16:
		*(*int16)(p) = int16(value)
	default:
		*(*int8)(p) = int8(value)
	}
	return true
}

func (f *fields) decode(text []byte, rows []Span, into []any, _ *Memory) (n int, err error) {
	for i, row := range rows {
		if !f.set(text, int(row.Begin), int(row.End), variable.In(into[i])) {
			return i, nil
		}
	}
	return len(rows), nil
}

// set sets an element, a pointer to a struct that is zero, to what a row of a text holds that fits. It reports false where only
// JSON tells what that is.
func (f *fields) set(text []byte, at, end int, element unsafe.Pointer) bool {
	for i := range f.columns {
		t := &f.columns[i]
		for range t.skipped {
			at = f.delimiters.next(text, at, end) + 1
		}
		p := unsafe.Add(element, t.offset)
		if t.isInt64 {
			if value, n := number.Int(text[at:end]); n > 0 && (at+n == end || text[at+n] == f.delimiters.char) {
				*(*int64)(p) = value
				at += n + 1
				continue
			}
		}
		cell := text[at:f.delimiters.next(text, at, end)]
		at += len(cell) + 1
		if len(cell) > 0 || !f.emptyNull {
			if !f.assign(t, p, cell) {
				return false
			}
		}
	}
	return true
}

// assign sets a field to what a cell holds.
func (f *fields) assign(t *target, p unsafe.Pointer, cell []byte) bool {
	if t.pointed != nil {
		pointed := reflect.New(t.pointed).UnsafePointer()
		*(*unsafe.Pointer)(p) = pointed
		p = pointed
	}
	switch {
	case t.kind == reflect.String:
		*(*string)(p) = f.texts.Of(cell)
		return t.text || len(cell) > 0 && !mayBeOther(cell)
	case t.text:
		return false
	case t.kind != reflect.Struct: // a number or a truth value
		cell = bytes.Trim(cell, " ")
	}
	return t.set(p, cell)
}
