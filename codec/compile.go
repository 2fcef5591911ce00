package codec

import (
	"encoding/base64"
	stdjson "encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/goccy/go-json/jsontext"

	"github.com/leat-go/leat/internal/quote"
)

// An appendFunc appends the JSON form of a value, which is addressable. It gives up where the value has none, as NaN;
// what is appended then counts for nothing, and the library is asked for the whole element, since it knows the error.
type appendFunc func(dst []byte, v reflect.Value) (extended []byte, ok bool)

// A compiler makes appendFuncs for the types that results mostly have, once, when a mill is built. What they append is
// what the library would. A type with any part that is rarer, such as methods, a map or an interface, is left to it.
type compiler struct {
	within map[reflect.Type]bool // the structs whose members are looked at
}

// compile returns an appendFunc for t, and nil where t is left to the library.
func (c *compiler) compile(t reflect.Type) appendFunc {
	switch t {
	case reflect.TypeFor[time.Time]():
		return appendTime
	case reflect.TypeFor[*time.Time]():
		return orNull(c.pointer(t.Elem()))
	}
	if t == reflect.TypeFor[stdjson.Number]() || hasMethods(t, encoding) {
		return nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return appendBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return appendUint
	case reflect.Float32, reflect.Float64:
		return appendFloat(t.Bits())
	case reflect.String:
		return func(dst []byte, v reflect.Value) ([]byte, bool) { return quote.Append(dst, v.String()), true }
	case reflect.Pointer:
		return orNull(c.pointer(t.Elem()))
	case reflect.Slice:
		return orNull(c.slice(t.Elem()))
	case reflect.Array:
		return c.list(t.Elem())
	case reflect.Struct:
		return c.structure(t)
	}
	return nil
}

// orNull returns the appendFunc for a pointer or a slice that may be nil.
func orNull(unlessNil appendFunc) appendFunc {
	if unlessNil == nil {
		return nil
	}
	return func(dst []byte, v reflect.Value) ([]byte, bool) {
		if v.IsNil() {
			return append(dst, "null"...), true
		}
		return unlessNil(dst, v)
	}
}

func (c *compiler) pointer(t reflect.Type) appendFunc {
	elem := c.compile(t)
	if elem == nil {
		return nil
	}
	return func(dst []byte, v reflect.Value) ([]byte, bool) { return elem(dst, v.Elem()) }
}

func (c *compiler) slice(t reflect.Type) appendFunc {
	if t.Kind() == reflect.Uint8 && !hasMethods(t, encoding) {
		return appendBytes
	}
	return c.list(t)
}

// list returns the appendFunc for slices and arrays of elements of type t.
func (c *compiler) list(t reflect.Type) appendFunc {
	elem := c.compile(t)
	if elem == nil {
		return nil
	}
	return func(dst []byte, v reflect.Value) (_ []byte, ok bool) {
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, ok = elem(dst, v.Index(i)); !ok {
				return dst, false
			}
		}
		return append(dst, ']'), true
	}
}

// A memberPart is a member's part of a struct's form.
type memberPart struct {
	name   string // in quotes, behind a comma and before a colon
	index  []int
	append appendFunc
	omit   func(v reflect.Value) bool // nil for a member that is always there
}

func (c *compiler) structure(t reflect.Type) appendFunc {
	list, pointers := members(t)
	if pointers || ambiguous(list) || c.within[t] {
		return nil
	}
	c.within[t] = true
	defer delete(c.within, t)
	parts := make([]memberPart, len(list))
	for i, m := range list {
		omit, known := omission(m)
		part := memberPart{name: `,"` + m.name + `":`, index: m.index, append: c.member(m), omit: omit}
		if part.append == nil || !known {
			return nil
		}
		parts[i] = part
	}
	return func(dst []byte, v reflect.Value) (_ []byte, ok bool) {
		start := len(dst)
		for i := range parts {
			if dst, ok = parts[i].appendFrom(dst, v); !ok {
				return dst, false
			}
		}
		if len(dst) == start {
			return append(dst, "{}"...), true
		}
		dst[start] = '{' // instead of the first comma
		return append(dst, '}'), true
	}
}

// appendFrom appends the member of a struct.
func (p *memberPart) appendFrom(dst []byte, v reflect.Value) ([]byte, bool) {
	for _, i := range p.index {
		v = v.Field(i)
	}
	if p.omit != nil && p.omit(v) {
		return dst, true
	}
	return p.append(append(dst, p.name...), v)
}

// member returns the appendFunc for a member, and nil where only the library knows what the tag's option string means.
func (c *compiler) member(m member) appendFunc {
	whole := c.compile(m.typ)
	if !m.quoted || whole == nil {
		return whole
	}
	if m.typ.Kind() == reflect.Pointer || m.typ.Kind() == reflect.String {
		return nil
	}
	return func(dst []byte, v reflect.Value) ([]byte, bool) {
		dst, ok := whole(append(dst, '"'), v)
		return append(dst, '"'), ok
	}
}

// omission returns what tells whether a member is left out, nil if it never is; known is false where only the library
// knows.
func omission(m member) (omit func(v reflect.Value) bool, known bool) {
	type zeroer interface{ IsZero() bool }
	zero := reflect.TypeFor[zeroer]()
	byMethod := m.typ.Implements(zero) || reflect.PointerTo(m.typ).Implements(zero)
	switch {
	case m.omitZero && (m.omitEmpty || byMethod && m.typ.Kind() == reflect.Pointer):
		return nil, false
	case m.omitZero && byMethod:
		return func(v reflect.Value) bool { return v.Addr().Interface().(zeroer).IsZero() }, true
	case m.omitZero:
		return reflect.Value.IsZero, true
	case m.omitEmpty:
		return emptiness(m.typ), true
	}
	return nil, true
}

// emptiness returns what tells whether a value of type t is one that the tag's option omitempty leaves out.
func emptiness(t reflect.Type) func(v reflect.Value) bool {
	switch t.Kind() {
	case reflect.Array, reflect.Slice, reflect.String:
		return func(v reflect.Value) bool { return v.Len() == 0 }
	case reflect.Struct:
		return nil
	}
	return reflect.Value.IsZero
}

func appendBool(dst []byte, v reflect.Value) ([]byte, bool) {
	return strconv.AppendBool(dst, v.Bool()), true
}

func appendTime(dst []byte, v reflect.Value) ([]byte, bool) {
	dst, err := v.Addr().Interface().(*time.Time).AppendText(append(dst, '"'))
	return append(dst, '"'), err == nil
}

func appendInt(dst []byte, v reflect.Value) ([]byte, bool) {
	return strconv.AppendInt(dst, v.Int(), 10), true
}

func appendUint(dst []byte, v reflect.Value) ([]byte, bool) {
	return strconv.AppendUint(dst, v.Uint(), 10), true
}

// appendFloat returns the appendFunc for floats of so many bits.
func appendFloat(bits int) appendFunc {
	return func(dst []byte, v reflect.Value) ([]byte, bool) {
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return dst, false
		}
		return jsontext.AppendFloat(dst, f, bits), true
	}
}

func appendBytes(dst []byte, v reflect.Value) ([]byte, bool) {
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), v.Bytes())
	return append(dst, '"'), true
}
