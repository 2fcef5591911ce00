package codec

import (
	stdjson "encoding/json"
	"math/bits"
	"reflect"
	"strconv"
	"sync/atomic"
	"unsafe"

	"github.com/leat-go/leat/internal/intern"
	"github.com/leat-go/leat/internal/number"
	"github.com/leat-go/leat/internal/swar"
	"github.com/leat-go/leat/internal/variable"
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
	// first are the first eight bytes of name, of which mask has those that it has. last are its last eight, where it is longer.
	first, mask, last uint64
	length            int // of name
	offset            uintptr
	kind              reflect.Kind
	name              string // in quotes, before a colon
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
		f := directField{name: string(name), length: len(name), offset: t.Field(m.index[0]).Offset, kind: kind}
		f.first, f.last = swar.At(name, 0), swar.At(name, max(len(name)-8, 0))
		f.mask = 1<<(8*len(name)) - 1 // of a long name, all
		d.fields[i] = f
	}
	return d
}

// patience is how many records in a row are tried in vain before none is any more.
const patience = 1000

// decode decodes a record; false says that it is one for the library, which sets again what was set so far.
func (d *direct) decode(data []byte, into any) bool {
	misses := d.misses.Load()
	if misses >= patience {
		return false
	}
	if !d.object(data, variable.In(into)) {
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
		word := swar.At(data, i)
		if next >= len(d.fields) || !d.fields[next].begins(word) || !d.fields[next].goesOn(data, i) {
			if next = d.find(word, data, i); next < 0 {
				return false
			}
		}
		f := &d.fields[next]
		next++
		if i += f.length; i < len(data) && data[i] == ' ' {
			i++
		}
		// What isn't read ends at zero, where there is a brace, and makes a field zero that is so or will be set again.
		switch at := unsafe.Add(into, f.offset); f.kind {
		case reflect.String:
			*(*string)(at), i = d.text(data, i)
		case reflect.Float64:
			*(*float64)(at), i = number.FloatAt(data, i)
		default:
			*(*int64)(at), i = number.IntAt(data, i) // what is behind it, such as an exponent, is found to be no comma
		}
		if i >= len(data) {
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

// begins reports whether the field's name begins as a word does, which mostly says that it is there.
func (f *directField) begins(word uint64) bool { return word&f.mask == f.first }

// goesOn reports whether the name is at an index of a text where its beginning is.
func (f *directField) goesOn(data []byte, i int) bool {
	return f.length <= 8 || f.ends(data, i)
}

func (f *directField) ends(data []byte, i int) bool {
	end := i + f.length
	return end <= len(data) && swar.At(data, end-8) == f.last && (f.length <= 16 || string(data[i:end]) == f.name)
}

// find returns the index of the field whose name is at an index of a text, where there is a word; -1 where it is none's.
func (d *direct) find(word uint64, data []byte, i int) int {
	for next := range d.fields {
		if f := &d.fields[next]; f.begins(word) && f.goesOn(data, i) {
			return next
		}
	}
	return -1
}

// text returns the text that is in quotes at an index, and the index behind it: zero where it is one for the library.
func (d *direct) text(data []byte, i int) (text string, end int) {
	if i >= len(data) || data[i] != '"' {
		return "", 0
	}
	begin, n := i+1, 8
	var word uint64
	for end = begin; n == 8; end += n {
		word = swar.At(data, end)
		n = swar.Plain(word)
	}
	switch {
	case end >= len(data) || data[end] != '"':
		return "", 0
	case end-begin < 8:
		text = d.names.OfWord(swar.First(word, n), data[begin:end])
	default:
		text = d.names.Of(data[begin:end])
	}
	return text, end + 1
}
