package codec

import (
	"bytes"
	"encoding/binary"
	stdjson "encoding/json"
	"math/bits"
	"reflect"
	"strconv"
	"sync/atomic"
	"unicode/utf8"
	"unsafe"

	"github.com/leat-go/leat/internal/intern"
	"github.com/leat-go/leat/internal/number"
)

// A direct decodes the records that nearly all of a stream's are: objects as programs write them, with no blanks but one
// behind a colon or a comma, of members that a flat struct has, by their exact names. It knows how the next member's name
// is written before it looks. Any other record is left to the library, and so is every error.
type direct struct {
	fields []directField
	// misses counts records that were left to the library, one behind the other.
	misses atomic.Uint32
	names  intern.Texts
}

type directField struct {
	name []byte // in quotes, before a colon
	// first are the first eight bytes of name, of which mask has those that it has.
	first, mask uint64
	offset      uintptr
	kind        reflect.Kind
}

// newDirect returns what decodes records of t, a struct without methods of its own, and nil where it has other members than
// numbers and texts.
func newDirect(t reflect.Type) *direct {
	list, pointers := members(t)
	if pointers || ambiguous(list) {
		return nil
	}
	d := &direct{fields: make([]directField, len(list))}
	for i, m := range list {
		kind := m.typ.Kind()
		isNumber := kind == reflect.Int64 || kind == reflect.Float64 || kind == reflect.Int && bits.UintSize == 64
		isText := kind == reflect.String && m.typ != reflect.TypeFor[stdjson.Number]()
		if m.quoted || len(m.index) > 1 || !isNumber && !isText || hasMethods(m.typ, decoding) {
			return nil
		}
		name := strconv.AppendQuote(nil, m.name)
		name = append(name, ':')
		mask := uint64(1)<<(8*len(name)) - 1 // of a long name, all
		d.fields[i] = directField{name, firstBytes(name), mask, t.Field(m.index[0]).Offset, kind}
	}
	return d
}

// firstBytes returns the first eight bytes of a text, or those that there are.
func firstBytes(text []byte) (first uint64) {
	if len(text) >= 8 {
		return binary.LittleEndian.Uint64(text)
	}
	for i := range text {
		first |= uint64(text[i]) << (8 * i)
	}
	return first
}

// patience is how many records in a row are tried in vain before none is any more.
const patience = 1000

// decode decodes a record; false says that it is one for the library, which sets again what was set so far.
func (d *direct) decode(data []byte, into any) bool {
	misses := d.misses.Load()
	if misses >= patience {
		return false
	}
	// The pointer in an interface is its second word; reflect finds it, too, but by a longer way.
	if !d.object(data, (*[2]unsafe.Pointer)(unsafe.Pointer(&into))[1]) {
		d.misses.Add(1)
		return false
	}
	if misses != 0 {
		d.misses.Store(0)
	}
	return true
}

func (d *direct) object(data []byte, into unsafe.Pointer) bool {
	if len(data) < 2 || data[0] != '{' {
		return false
	}
	i, next := 1, 0
	for {
		if next = d.find(next, data[i:]); next < 0 {
			return false
		}
		f := &d.fields[next]
		next++
		if i += len(f.name); i < len(data) && data[i] == ' ' {
			i++
		}
		n := d.value(f.kind, unsafe.Add(into, f.offset), data[min(i, len(data)):])
		if i += n; n == 0 || i >= len(data) {
			return false
		}
		if data[i] != ',' {
			return data[i] == '}' && i+1 == len(data)
		}
		if i++; i < len(data) && data[i] == ' ' {
			i++
		}
	}
}

// find returns the index of the field whose name comes first, which mostly is the next; -1 where it is none's.
func (d *direct) find(next int, data []byte) int {
	first := firstBytes(data)
	for range d.fields {
		if next >= len(d.fields) {
			next = 0
		}
		if f := &d.fields[next]; first&f.mask == f.first && (len(f.name) <= 8 || bytes.HasPrefix(data, f.name)) {
			return next
		}
		next++
	}
	return -1
}

// value decodes the value that data begins with, and returns its length: zero where it is one for the library.
func (d *direct) value(kind reflect.Kind, at unsafe.Pointer, data []byte) int {
	switch kind {
	case reflect.String:
		if len(data) < 2 || data[0] != '"' {
			return 0
		}
		n := plainLength(data[1:])
		if n > len(data)-2 || data[1+n] != '"' {
			return 0
		}
		*(*string)(at) = d.names.Of(data[1 : 1+n])
		return n + 2
	case reflect.Float64:
		value, n := number.Float(data)
		if n > 0 {
			*(*float64)(at) = value
		}
		return n
	default:
		value, n := number.Int(data)
		if n > 0 {
			*(*int64)(at) = value
		}
		return n // what is behind it, such as an exponent, is found to be no comma
	}
}

// plainLength returns how much of a text stands in JSON as it is, for ASCII.
func plainLength(text []byte) int {
	for i, c := range text {
		if c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return i
		}
	}
	return len(text)
}
