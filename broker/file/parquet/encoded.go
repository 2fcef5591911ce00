package parquet

import (
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"
	"unsafe"

	parquetgo "github.com/parquet-go/parquet-go"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/variable"
)

// This file has results of plain structs in a form of their own, which spares them JSON: what fields hold, one behind the other,
// a number in eight bytes, and a text behind its length.

// A plainField is a field of a plain struct, and the column that it has.
type plainField struct {
	*column
	offset    uintptr
	kind      reflect.Kind // of the field, or of what it points to, as is the size
	size      uintptr
	isPointer bool
}

// plainFields returns the fields of a struct, which are the columns in their order; nil for one that only its JSON tells about.
func plainFields(t reflect.Type, columns []*column) (fields []plainField) {
	taken := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			return nil
		}
		_, name := names(f)
		if name == "" || !f.IsExported() {
			continue
		}
		_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if options != "" || taken[strings.ToLower(name)] || len(fields) == len(columns) || columns[len(fields)].name != name {
			return nil
		}
		taken[strings.ToLower(name)] = true
		plain, of := plainField{column: columns[len(fields)], offset: f.Offset}, f.Type
		if of.Kind() == reflect.Pointer {
			plain.isPointer, of = true, of.Elem()
		}
		plain.kind, plain.size = of.Kind(), of.Size()
		if plain.children != nil || !plain.isPlain() {
			return nil
		}
		fields = append(fields, plain)
	}
	if len(fields) < len(columns) {
		return nil
	}
	return fields
}

// isPlain reports whether the column has what the field holds as it is.
func (f *plainField) isPlain() bool {
	switch f.kind {
	case reflect.Bool:
		return f.holds == boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return f.holds == integer
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return f.holds == unsigned
	case reflect.Float32:
		return f.holds == single32
	case reflect.Float64:
		return f.holds == double64 && !f.exact
	case reflect.String:
		return f.holds == text
	}
	return false
}

// Encoder implements [file.TableEncoder].
func (w *writer) Encoder() codec.Encode {
	if w.fields == nil {
		return nil
	}
	refuse, err := codec.JSON.Encoder(w.typ)
	if err != nil {
		return nil
	}
	fields := w.fields
	return func(dst []byte, element any) ([]byte, error) {
		at := variable.In(element)
		begin, ok := len(dst), true
		for i := range fields {
			if dst, ok = fields[i].append(dst, at); !ok {
				return refuse(dst[:begin], element) // which knows the error
			}
		}
		return dst, nil
	}
}

// append appends what the field of a struct holds; false for a number that JSON doesn't have.
func (f *plainField) append(dst []byte, at unsafe.Pointer) ([]byte, bool) {
	at = unsafe.Add(at, f.offset)
	if f.isPointer {
		if at = *(*unsafe.Pointer)(at); at == nil {
			return append(dst, 0), true
		}
		dst = append(dst, 1)
	}
	if f.kind == reflect.String {
		s := *(*string)(at)
		if !utf8.ValidString(s) {
			s = string([]rune(s))
		}
		return append(binary.AppendUvarint(dst, uint64(len(s))), s...), true
	}
	bits := f.bitsAt(at)
	number := 0.0
	switch f.kind {
	case reflect.Float64:
		number = math.Float64frombits(bits)
	case reflect.Float32:
		number = float64(math.Float32frombits(uint32(bits)))
	}
	return binary.LittleEndian.AppendUint64(dst, bits), number-number == 0 // not for infinity either
}

// bitsAt returns the bits of a number, those of a whole one with its sign.
func (f *plainField) bitsAt(at unsafe.Pointer) uint64 {
	if f.kind >= reflect.Int && f.kind <= reflect.Int64 {
		return uint64(variable.Signed(at, f.size))
	}
	return variable.Unsigned(at, f.size)
}

// AppendEncoded implements [file.TableEncoder].
func (w *writer) AppendEncoded(rows []byte, count int) (err error) {
	if w.failed != nil {
		return w.failed
	}
	defer func() { w.failed = err }()
	defer recovered(&err)
	for range count {
		rest := rows
		for i := range w.fields {
			rest = w.putField(&w.fields[i], rest)
		}
		w.bytes += len(rows) - len(rest) + w.headSize
		rows = rest
		if err := w.endRow(); err != nil {
			return err
		}
	}
	return nil
}

// putField puts what a field holds into its column, and returns what is behind it.
func (w *writer) putField(f *plainField, row []byte) (rest []byte) {
	var v parquetgo.Value
	def := 0
	if f.isPointer {
		isThere := row[0] == 1
		if row = row[1:]; !isThere {
			w.cells[f.index] = append(w.cells[f.index], v.Level(0, 0, f.index))
			return row
		}
		def = 1
	}
	if f.kind == reflect.String {
		size, n := binary.Uvarint(row)
		end := n + int(size)
		v, row = parquetgo.ByteArrayValue(w.keep(row[n:end])), row[end:]
	} else {
		v, row = f.numberOf(binary.LittleEndian.Uint64(row)), row[8:]
	}
	w.cells[f.index] = append(w.cells[f.index], v.Level(0, def, f.index))
	return row
}

// numberOf returns the number, or the truth value, of its bits.
func (f *plainField) numberOf(bits uint64) parquetgo.Value {
	switch f.holds {
	case boolean:
		return parquetgo.BooleanValue(bits == 1)
	case single32:
		return parquetgo.FloatValue(math.Float32frombits(uint32(bits)))
	case double64:
		return parquetgo.DoubleValue(math.Float64frombits(bits))
	}
	return integerValue(int64(bits), f.bits)
}
