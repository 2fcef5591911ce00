package parquet

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/elements"
)

// This file sets the fields of structs from columns, without JSON in between.

// A field is one of a struct's that takes a column.
type field struct {
	*node
	// name is the field's in JSON, and in Go.
	name, goName string
	of           reflect.Type
	offset       uintptr
	// set sets a variable at a pointer to a value, by its index; nil where that takes JSON.
	set func(p unsafe.Pointer, v *values, i int) error
	// pointed is what the field points to; nil for no pointer.
	pointed reflect.Type
	// copies says which cells are copied in place of set.
	copies copied
}

// copied says which cells become a field as they are.
type copied int

const (
	noCells    copied = iota
	wholeCells        // all 8 bytes of a number
	textCells         // texts that are UTF-8
)

// fieldsOf returns the fields of a stream's elements that take columns, and whether all can be set without JSON; no
// fields where the elements aren't structs with fields of their own, or have a codec of their own.
func fieldsOf(s *broker.Stream, columns *node) (fields []*field, direct bool, err error) {
	t := s.Type
	if t == nil || t.Kind() != reflect.Struct || s.Codec != codec.JSON || elements.DecodesItself(t) {
		return nil, false, nil
	}
	direct = true
	for i := range t.NumField() {
		sf := t.Field(i)
		column, name := names(sf)
		if sf.Anonymous && name == sf.Name && sf.Tag.Get("json") == "" {
			return nil, false, nil // its fields are the struct's own
		}
		if column == "" {
			continue
		}
		n := find(columns, column)
		if n == nil {
			continue
		}
		f := &field{node: n, name: name, goName: sf.Name, of: sf.Type, offset: sf.Offset}
		if err := f.choose(); err != nil {
			return nil, false, err
		}
		direct = direct && f.set != nil
		fields = append(fields, f)
	}
	if len(fields) == 0 && t.NumField() > 0 {
		return nil, false, fmt.Errorf("it has no column for any field of %v: its columns are %s", t, columnNames(columns))
	}
	return fields, direct, nil
}

// names returns the column that a field takes, empty for none, and its name in JSON.
func names(f reflect.StructField) (column, name string) {
	tag := f.Tag.Get("json")
	name, _, _ = strings.Cut(tag, ",")
	if !f.IsExported() && !f.Anonymous || tag == "-" {
		return "", ""
	}
	if name == "" {
		name = f.Name
	}
	column, _, _ = strings.Cut(f.Tag.Get("parquet"), ",")
	switch column {
	case "-":
		return "", name
	case "":
		return name, name
	}
	return column, name
}

// find returns a column by its name, as names are found in JSON; nil for none.
func find(columns *node, name string) *node {
	for _, c := range columns.children {
		if c.name == name {
			return c
		}
	}
	for _, c := range columns.children {
		if strings.EqualFold(c.name, name) {
			return c
		}
	}
	return nil
}

func columnNames(columns *node) string {
	var all []string
	for _, c := range columns.children {
		all = append(all, c.name)
	}
	return strings.Join(all, ", ")
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	numberType   = reflect.TypeFor[json.Number]()
	bytesType    = reflect.TypeFor[[]byte]()
)

// choose chooses how the field is set.
func (f *field) choose() error {
	if !f.isFlat() {
		return nil
	}
	t := f.of
	if t.Kind() == reflect.Pointer {
		t, f.pointed = t.Elem(), t.Elem()
	}
	switch {
	case t == timeType:
		f.set = f.setTime()
	case t == durationType && f.logical.kind == clock:
		f.set = f.setClock()
	case t == numberType:
		f.set = f.setDigits()
	case elements.DecodesItself(t):
		return nil
	case t == bytesType:
		f.set = f.setBytes()
	default:
		if f.set = f.setKind(t.Kind()); f.set == nil && !isPlain(t.Kind()) {
			return nil
		}
	}
	if f.set == nil {
		return fmt.Errorf("its column %s has %s, which the field %s can't take: it is of type %v", f.node.name,
			f.logical.kind, f.goName, f.of)
	}
	switch kind := f.logical.kind; {
	case t != f.of: // a pointer
	case isWord(t.Kind()) && kind == integer, t.Kind() == reflect.Float64 && kind == double64:
		f.copies = wholeCells
	case t.Kind() == reflect.String && t != numberType && kind == text:
		f.copies = textCells
	}
	return nil
}

// isWord reports whether a kind is a whole number with a sign of 8 bytes.
func isWord(k reflect.Kind) bool {
	return k == reflect.Int64 || k == reflect.Int && strconv.IntSize == 64
}

func isPlain(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String
}

// String says what values are.
func (k kind) String() string {
	return [...]string{"whole numbers", "whole numbers without a sign", "truth values", "numbers", "numbers", "numbers",
		"decimals", "dates", "times of day", "timestamps", "texts", "JSON", "UUIDs", "bytes", "intervals", "nothing"}[k]
}

// assign sets the field of an element, a *T at a pointer, to a value that is there.
func (f *field) assign(element unsafe.Pointer, v *values, i int) error {
	p := unsafe.Add(element, f.offset)
	if f.pointed != nil {
		pointed := reflect.New(f.pointed)
		*(*unsafe.Pointer)(p) = pointed.UnsafePointer()
		p = pointed.UnsafePointer()
	}
	return f.set(p, v, i)
}

type setter = func(p unsafe.Pointer, v *values, i int) error

func (f *field) setKind(k reflect.Kind) setter {
	switch k {
	case reflect.Bool:
		if f.logical.kind == boolean {
			return func(p unsafe.Pointer, v *values, i int) error { *(*bool)(p) = v.numbers[i] != 0; return nil }
		}
	case reflect.String:
		return f.setString()
	case reflect.Float32:
		return setFloat(f, func(p unsafe.Pointer, x float64) { *(*float32)(p) = float32(x) })
	case reflect.Float64:
		return setFloat(f, func(p unsafe.Pointer, x float64) { *(*float64)(p) = x })
	case reflect.Int:
		return setInteger[int](f)
	case reflect.Int8:
		return setInteger[int8](f)
	case reflect.Int16:
		return setInteger[int16](f)
	case reflect.Int32:
		return setInteger[int32](f)
	case reflect.Int64:
		return setInteger[int64](f)
	case reflect.Uint:
		return setInteger[uint](f)
	case reflect.Uint8:
		return setInteger[uint8](f)
	case reflect.Uint16:
		return setInteger[uint16](f)
	case reflect.Uint32:
		return setInteger[uint32](f)
	case reflect.Uint64:
		return setInteger[uint64](f)
	}
	return nil
}

type wholeNumber interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func setInteger[T wholeNumber](f *field) setter {
	if f.logical.kind != integer && f.logical.kind != unsigned {
		return nil
	}
	isUnsigned, signedField := f.logical.kind == unsigned, ^T(0) < 0
	if !isUnsigned && signedField && unsafe.Sizeof(T(0)) == 8 {
		return func(p unsafe.Pointer, v *values, i int) error { *(*T)(p) = T(v.numbers[i]); return nil }
	}
	return func(p unsafe.Pointer, v *values, i int) error {
		x := v.numbers[i]
		if isUnsigned {
			x = int64(f.unsigned(x))
		}
		t := T(x)
		*(*T)(p) = t
		fits := int64(t) == x && (x >= 0 || signedField)
		if isUnsigned {
			fits = uint64(t) == uint64(x) && t >= 0
		}
		if !fits {
			digits, _ := f.appendNumber(nil, v.numbers[i])
			return fmt.Errorf("%s is too large for a %v", digits, f.of)
		}
		return nil
	}
}

func setFloat(f *field, put func(p unsafe.Pointer, x float64)) setter {
	switch f.logical.kind {
	case double64:
		return func(p unsafe.Pointer, v *values, i int) error {
			put(p, math.Float64frombits(uint64(v.numbers[i])))
			return nil
		}
	case single32:
		return func(p unsafe.Pointer, v *values, i int) error {
			put(p, float64(math.Float32frombits(uint32(v.numbers[i]))))
			return nil
		}
	case integer:
		return func(p unsafe.Pointer, v *values, i int) error { put(p, float64(v.numbers[i])); return nil }
	case unsigned:
		return func(p unsafe.Pointer, v *values, i int) error { put(p, float64(f.unsigned(v.numbers[i]))); return nil }
	case half16:
		return func(p unsafe.Pointer, v *values, i int) error {
			put(p, half(binary.LittleEndian.Uint16([]byte(v.texts[i]))))
			return nil
		}
	case decimal:
		return func(p unsafe.Pointer, v *values, i int) error {
			digits, err := f.append(nil, v, i)
			if err != nil {
				return err
			}
			x, err := strconv.ParseFloat(string(digits), 64)
			put(p, x)
			return err
		}
	}
	return nil
}

// append appends a value as JSON.
func (f *field) append(dst []byte, v *values, i int) ([]byte, error) {
	if f.isText() {
		return f.appendText(dst, []byte(v.texts[i]))
	}
	return f.appendNumber(dst, v.numbers[i])
}

func (f *field) setString() setter {
	switch f.logical.kind {
	case text:
		return func(p unsafe.Pointer, v *values, i int) error {
			*(*string)(p) = v.texts[i]
			return checkUTF8(v.texts[i])
		}
	case document:
		return func(p unsafe.Pointer, v *values, i int) error { *(*string)(p) = v.texts[i]; return nil }
	case uuid, date, clock, timestamp, interval, decimal:
		return func(p unsafe.Pointer, v *values, i int) error {
			text, err := f.append(nil, v, i)
			*(*string)(p) = strings.Trim(string(text), `"`)
			return err
		}
	}
	return nil
}

func (f *field) setBytes() setter {
	if !f.isText() || f.logical.kind != binaryBytes && f.logical.kind != text && f.logical.kind != document {
		return nil
	}
	return func(p unsafe.Pointer, v *values, i int) error { *(*[]byte)(p) = []byte(v.texts[i]); return nil }
}

func (f *field) setTime() setter {
	switch {
	case f.logical.kind == timestamp && f.isText():
		return func(p unsafe.Pointer, v *values, i int) error {
			*(*time.Time)(p) = int96([]byte(v.texts[i]))
			return nil
		}
	case f.logical.kind == timestamp, f.logical.kind == date:
		return func(p unsafe.Pointer, v *values, i int) error {
			*(*time.Time)(p) = f.logical.timeOf(v.numbers[i])
			return nil
		}
	}
	return nil
}

func (f *field) setClock() setter {
	return func(p unsafe.Pointer, v *values, i int) error {
		*(*time.Duration)(p) = time.Duration(v.numbers[i] * (1e9 / f.logical.unit))
		return nil
	}
}

func (f *field) setDigits() setter {
	switch f.logical.kind {
	case integer, unsigned, single32, double64, half16, decimal:
		return func(p unsafe.Pointer, v *values, i int) error {
			digits, err := f.append(nil, v, i)
			*(*json.Number)(p) = json.Number(digits)
			return err
		}
	}
	return nil
}

// appendMember appends a value as the field's type is decoded from JSON.
func (f *field) appendMember(dst []byte, v *values, i int) ([]byte, error) {
	if !v.has(i) {
		return append(dst, "null"...), nil
	}
	t := f.of
	if f.pointed != nil {
		t = f.pointed
	}
	var at any
	switch {
	case t == timeType, t == durationType, t == bytesType, t.Kind() == reflect.String && t != numberType:
		at = reflect.New(t).Interface()
	case t.Kind() == reflect.Float64 && f.logical.kind == single32:
		return appendFloat(dst, float64(math.Float32frombits(uint32(v.numbers[i]))), 64), nil
	default:
		return f.append(dst, v, i)
	}
	if err := f.set(reflect.ValueOf(at).UnsafePointer(), v, i); err != nil {
		return dst, err
	}
	text, err := json.Marshal(at)
	return append(dst, text...), err
}
