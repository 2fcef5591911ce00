package csv

import (
	"bytes"
	"encoding/json"
	"math/bits"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unsafe"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/intern"
	"github.com/leat-go/leat/internal/number"
)

// This file sets the fields of structs from cells, as JSON would from the objects that are made of them, without these.

// fields are those of a struct for which a file has columns.
type fields struct {
	// columns are those up to the last one that has a field.
	columns   []target
	delimiter byte
	emptyNull bool
	texts     *intern.Texts
}

// A target is the field that a column sets.
type target struct {
	// kind is that of the field, or of what it points to, and Struct for an instant: Invalid for a column without a field.
	kind    reflect.Kind
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
	f := &fields{delimiter: d.splitter.delimiter[0], emptyNull: d.emptyNull, texts: texts}
	f.columns = make([]target, len(d.columns))
	taken, last := map[string]bool{}, 0
	for i, name := range d.names {
		field, ok := fieldOf(of, d.members(name).Name)
		if !ok {
			continue
		}
		to, ok := targetOf(field)
		if !ok || taken[field.name] {
			return nil
		}
		to.text = d.columns[i].text
		f.columns[i], taken[field.name], last = to, true, i+1
	}
	f.columns = f.columns[:last]
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
	switch to.kind = t.Kind(); {
	case to.kind == reflect.Int && bits.UintSize == 64:
		to.kind = reflect.Int64
	case to.kind == reflect.Uint && bits.UintSize == 64:
		to.kind = reflect.Uint64
	}
	if t == reflect.TypeFor[time.Time]() {
		return to, true
	}
	isPlain := to.kind >= reflect.Bool && to.kind <= reflect.Float64 && to.kind != reflect.Uintptr || to.kind == reflect.String
	return to, isPlain && !elements.DecodesItself(t) && t != reflect.TypeFor[json.Number]()
}

// set sets a variable to what a cell that is no text holds, and reports false where only JSON tells what that is.
func (t *target) set(p unsafe.Pointer, cell []byte) bool {
	switch t.kind {
	case reflect.Struct:
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
	size, isSigned := bits.UintSize, t.kind <= reflect.Int64
	switch {
	case t.kind >= reflect.Uint8:
		size = 8 << (t.kind - reflect.Uint8)
	case t.kind >= reflect.Int8 && isSigned:
		size = 8 << (t.kind - reflect.Int8)
	}
	unused := 64 - size
	if isSigned && value<<unused>>unused != value || !isSigned && (isNegative || uint64(value)<<unused>>unused != uint64(value)) {
		return false
	}
	switch size { // with a sign or without, the bits are the same
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

// decode sets an element, a pointer to a struct that is zero, to what a row holds that fits. It reports false where only JSON
// tells what that is.
func (f *fields) decode(row []byte, element any, _ *Memory) (ok bool, err error) {
	// The pointer in an interface is its second word; reflect finds it, too, but by a longer way.
	to := (*[2]unsafe.Pointer)(unsafe.Pointer(&element))[1]
	for i := range f.columns {
		t := &f.columns[i]
		if t.kind == reflect.Int64 && t.pointed == nil && !t.text {
			if value, n := number.Int(row); n > 0 && (n == len(row) || row[n] == f.delimiter) {
				*(*int64)(unsafe.Add(to, t.offset)) = value
				row = row[min(n+1, len(row)):]
				continue
			}
		}
		end := 0
		for end < len(row) && row[end] != f.delimiter {
			end++
		}
		cell := row[:end]
		row = row[min(end+1, len(row)):]
		if t.kind == reflect.Invalid || end == 0 && f.emptyNull {
			continue
		}
		if !f.assign(t, unsafe.Add(to, t.offset), cell) {
			return false, nil
		}
	}
	return true, nil
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
