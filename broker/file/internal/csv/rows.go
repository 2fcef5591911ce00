package csv

import (
	"bytes"
	"math/bits"
	"reflect"
	"sync"
	"unicode/utf8"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/intern"
	"github.com/leat-go/leat/internal/swar"
)

// Rows makes elements of a file's rows without JSON in between. It is safe for concurrent use.
type Rows struct {
	form       rowForm
	count      int
	delimiters delimiters
	// longest is the length of a row whose object is surely no longer than elements may be.
	longest int

	// mu guards objects, which makes those of rows that need them; nil until there is one.
	mu      sync.Mutex
	objects *Decoder
	decoder func() *Decoder
}

// A rowForm is what rows of a text become, given such that fit. It returns how many it has decoded: up to one that must become
// an object, or has an error.
type rowForm interface {
	decode(text []byte, rows []Span, elements []any, memory *Memory) (n int, err error)
}

// A Span is a part of a text.
type Span struct{ Begin, End uint32 }

// Memory is what elements of rows are made in, by one goroutine at a time. The zero value is ready for use.
type Memory struct {
	objects []byte
	places  []codec.Place
}

// objectsSize is how many bytes are taken at a time for objects.
const objectsSize = 16 << 10

// ForStructs says that rows become structs of a type, as JSON decodes their objects, which are at most limit bytes long: where it
// is plain, the decoder has [Rows].
func (d *Decoder) ForStructs(t reflect.Type, limit int) {
	of, texts := plainFields(t), &intern.Texts{}
	if len(of) == 0 {
		return
	}
	d.elements, d.limit = func() rowForm { return d.newFields(of, texts) }, limit
	d.newRows()
}

// ForObjects says that rows become objects, of which only the members given are needed, and that c decodes these, which are at
// most limit bytes long.
func (d *Decoder) ForObjects(needed []string, c codec.Placer, limit int) {
	d.elements, d.limit = func() rowForm { return d.newPicked(needed, c) }, limit
	d.newRows()
}

// Rows returns what makes elements of rows; nil where all are to become objects, or the columns aren't known yet.
func (d *Decoder) Rows() *Rows { return d.rows }

// newRows finds out how rows of the columns become elements.
func (d *Decoder) newRows() {
	d.rows = nil
	if d.columns == nil || d.elements == nil || !d.isPlain {
		return
	}
	form := d.elements()
	if form == nil {
		return
	}
	size := len("}")
	for i := range d.columns {
		size += len(d.columns[i].before) + len("null")
	}
	dialect, members, names := d.dialect, d.members, d.names
	d.rows = &Rows{
		form: form, count: len(d.columns), delimiters: newDelimiters(d.splitter.delimiter[0]),
		longest: (d.limit - size) / len(`\u0000`),
		decoder: func() *Decoder {
			objects := NewDecoder(dialect, nil, members)
			objects.name(names)
			return objects
		},
	}
}

// Next returns where a row ends that begins at a byte of a text without quotes, and where the next one begins; both are zero
// where the row is empty, doesn't fit, or may not be whole.
func (r *Rows) Next(text []byte, at int) (end, next int) {
	count, high := 1, uint64(0)
	for i := at; i+8 <= len(text); i += 8 {
		word := swar.At(text, i)
		cells := swar.Zeros(word ^ r.delimiters.word)
		if line := swar.FirstZero(word ^ swar.Of('\n')); line != 0 {
			before := line&-line - 1
			count += bits.OnesCount64(cells & before)
			high |= word & before
			end = i + bits.TrailingZeros64(line)/8
			break
		}
		count += bits.OnesCount64(cells)
		high |= word
	}
	next = end + 1
	if end > at && text[end-1] == '\r' {
		end--
	}
	if end-at > r.longest || end <= at || count != r.count || swar.High(high) != 0 && !utf8.Valid(text[at:end]) {
		return 0, 0
	}
	return end, next
}

// Fits reports whether a row, which has no quotes, may be decoded: an object of it would be right, and no longer than elements
// may be.
func (r *Rows) Fits(row []byte) bool {
	return len(row) <= r.longest && bytes.Count(row, []byte{r.delimiters.char})+1 == r.count && utf8.Valid(row)
}

// Decode sets elements, which are zero, to what rows of a text hold that fit. It returns how many: it stops before one that must
// become an object, or has an error.
func (r *Rows) Decode(text []byte, rows []Span, elements []any, memory *Memory) (n int, err error) {
	return r.form.decode(text, rows, elements, memory)
}

// Object returns the object of a row.
func (r *Rows) Object(row []byte) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.objects == nil {
		r.objects = r.decoder()
	}
	return r.objects.Append(nil, row)
}
