package codec

import (
	"encoding/base64"
	stdjson "encoding/json"
	"reflect"
	"strconv"
	"time"
	"unsafe"

	"github.com/leat-go/leat/internal/number"
	"github.com/leat-go/leat/internal/quote"
	"github.com/leat-go/leat/internal/variable"
)

// An appendFunc appends the JSON form of the value that a pointer points to. It gives up where the value has none, as NaN;
// what is appended then counts for nothing, and the library is asked for the whole element, since it knows the error.
type appendFunc func(dst []byte, at unsafe.Pointer) (extended []byte, ok bool)

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
		return c.pointer(t.Elem())
	}
	if t == reflect.TypeFor[stdjson.Number]() || hasMethods(t, encoding) {
		return nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return appendBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return signed(t.Size())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return unsigned(t.Size())
	case reflect.Float32:
		return appendSingle
	case reflect.Float64:
		return appendDouble
	case reflect.String:
		return func(dst []byte, at unsafe.Pointer) ([]byte, bool) { return quote.Append(dst, *(*string)(at)), true }
	case reflect.Pointer:
		return c.pointer(t.Elem())
	case reflect.Slice:
		return c.slice(t.Elem())
	case reflect.Array:
		return c.array(t)
	case reflect.Struct:
		return c.structure(t)
	}
	return nil
}

// signed returns the appendFunc for whole numbers of so many bytes that may have a sign.
func signed(size uintptr) appendFunc {
	return func(dst []byte, at unsafe.Pointer) ([]byte, bool) {
		return strconv.AppendInt(dst, variable.Signed(at, size), 10), true
	}
}

// unsigned is signed for those that have none.
func unsigned(size uintptr) appendFunc {
	return func(dst []byte, at unsafe.Pointer) ([]byte, bool) {
		return strconv.AppendUint(dst, variable.Unsigned(at, size), 10), true
	}
}

func (c *compiler) pointer(t reflect.Type) appendFunc {
	elem := c.compile(t)
	if elem == nil {
		return nil
	}
	return func(dst []byte, at unsafe.Pointer) ([]byte, bool) {
		if at = *(*unsafe.Pointer)(at); at == nil {
			return append(dst, "null"...), true
		}
		return elem(dst, at)
	}
}

// slice returns the appendFunc for slices of elements of type t.
func (c *compiler) slice(t reflect.Type) appendFunc {
	if t.Kind() == reflect.Uint8 && !hasMethods(t, encoding) {
		return appendBytes
	}
	elem, size := c.compile(t), t.Size()
	if elem == nil {
		return nil
	}
	return func(dst []byte, at unsafe.Pointer) ([]byte, bool) {
		s := *(*[]struct{})(at) // the first words of all slices are where their elements begin, and how many there are
		if s == nil {
			return append(dst, "null"...), true
		}
		return appendList(dst, unsafe.Pointer(unsafe.SliceData(s)), len(s), size, elem)
	}
}

func (c *compiler) array(t reflect.Type) appendFunc {
	elem, n, size := c.compile(t.Elem()), t.Len(), t.Elem().Size()
	if elem == nil {
		return nil
	}
	return func(dst []byte, at unsafe.Pointer) ([]byte, bool) { return appendList(dst, at, n, size, elem) }
}

// appendList appends n elements that lie side by side.
func appendList(dst []byte, at unsafe.Pointer, n int, size uintptr, elem appendFunc) (_ []byte, ok bool) {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, ok = elem(dst, unsafe.Add(at, uintptr(i)*size)); !ok {
			return dst, false
		}
	}
	return append(dst, ']'), true
}

// A memberPart is a member's part of a struct's form.
type memberPart struct {
	name   string // in quotes, behind a comma and before a colon
	offset uintptr
	append appendFunc
	omit   func(at unsafe.Pointer) bool // nil for a member that is always there
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
		part := memberPart{name: `,"` + m.name + `":`, offset: offsetOf(t, m.index), append: c.member(m), omit: omit}
		if part.append == nil || !known {
			return nil
		}
		parts[i] = part
	}
	return func(dst []byte, at unsafe.Pointer) (_ []byte, ok bool) {
		start := len(dst)
		for i := range parts {
			p := &parts[i]
			member := unsafe.Add(at, p.offset)
			if p.omit != nil && p.omit(member) {
				continue
			}
			if dst, ok = p.append(append(dst, p.name...), member); !ok {
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

// offsetOf returns where in a struct of type t a member lies, which may be one of a struct in it.
func offsetOf(t reflect.Type, index []int) (offset uintptr) {
	for _, i := range index {
		f := t.Field(i)
		offset, t = offset+f.Offset, f.Type
	}
	return offset
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
	return func(dst []byte, at unsafe.Pointer) ([]byte, bool) {
		dst, ok := whole(append(dst, '"'), at)
		return append(dst, '"'), ok
	}
}

// omission returns what tells whether a member is left out, nil if it never is; known is false where only the library
// knows.
func omission(m member) (omit func(at unsafe.Pointer) bool, known bool) {
	type zeroer interface{ IsZero() bool }
	zero := reflect.TypeFor[zeroer]()
	byMethod := m.typ.Implements(zero) || reflect.PointerTo(m.typ).Implements(zero)
	switch {
	case m.omitZero && (m.omitEmpty || byMethod && m.typ.Kind() == reflect.Pointer):
		return nil, false
	case m.omitZero && byMethod:
		return func(at unsafe.Pointer) bool { return reflect.NewAt(m.typ, at).Interface().(zeroer).IsZero() }, true
	case m.omitZero:
		return isZero(m.typ), true
	case m.omitEmpty:
		return emptiness(m.typ), true
	}
	return nil, true
}

// emptiness returns what tells whether a value of type t is one that the tag's option omitempty leaves out.
func emptiness(t reflect.Type) func(at unsafe.Pointer) bool {
	switch t.Kind() {
	case reflect.Array:
		return func(unsafe.Pointer) bool { return t.Len() == 0 }
	case reflect.Slice:
		return func(at unsafe.Pointer) bool { return len(*(*[]struct{})(at)) == 0 }
	case reflect.String:
		return func(at unsafe.Pointer) bool { return *(*string)(at) == "" }
	case reflect.Struct:
		return nil
	}
	return isZero(t)
}

func isZero(t reflect.Type) func(at unsafe.Pointer) bool {
	if t.Kind() == reflect.Pointer {
		return func(at unsafe.Pointer) bool { return *(*unsafe.Pointer)(at) == nil }
	}
	return func(at unsafe.Pointer) bool { return reflect.NewAt(t, at).Elem().IsZero() }
}

func appendBool(dst []byte, at unsafe.Pointer) ([]byte, bool) {
	return strconv.AppendBool(dst, *(*bool)(at)), true
}

func appendTime(dst []byte, at unsafe.Pointer) ([]byte, bool) {
	dst, err := (*time.Time)(at).AppendText(append(dst, '"'))
	return append(dst, '"'), err == nil
}

func appendSingle(dst []byte, at unsafe.Pointer) ([]byte, bool) {
	return number.Append(dst, float64(*(*float32)(at)), 32)
}

func appendDouble(dst []byte, at unsafe.Pointer) ([]byte, bool) {
	return number.Append(dst, *(*float64)(at), 64)
}

func appendBytes(dst []byte, at unsafe.Pointer) ([]byte, bool) {
	b := *(*[]byte)(at)
	if b == nil {
		return append(dst, "null"...), true
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), b)
	return append(dst, '"'), true
}
