package avrojson

import (
	"encoding/base64"
	stdbinary "encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/quote"
)

const (
	// maxDepth is how deep values may be nested.
	maxDepth = 1000
	// freeValues is how many values a record may have beyond a multiple of its bytes: those of null, and records without
	// fields, take none.
	freeValues = 1 << 20
)

// Append appends the JSON of the value that data begins with, and returns what comes behind it. Errors are of type
// [*codec.Error].
func (s *Schema) Append(dst, data []byte) (json, rest []byte, err error) {
	r := reader{data: data, values: freeValues + 64*len(data)}
	if dst, err = r.value(dst, s.root); err != nil {
		return nil, nil, err
	}
	return dst, data[r.at:], nil
}

// A reader reads one value.
type reader struct {
	data          []byte
	at            int
	depth, values int
}

var errCut = errors.New("the record is cut off")

func (r *reader) fail(format string, arguments ...any) error {
	return &codec.Error{Offset: r.at, Err: fmt.Errorf(format, arguments...)}
}

func (r *reader) cut() error {
	r.at = len(r.data)
	return &codec.Error{Offset: r.at, Err: errCut}
}

// within puts a step before the path of an error.
func within(err error, step string) error {
	where := (*codec.Error)(nil)
	if !errors.As(err, &where) {
		return &codec.Error{Offset: -1, Field: step, Err: err}
	}
	if where.Field != "" && where.Field[0] != '[' {
		step += "."
	}
	return &codec.Error{Offset: where.Offset, Field: step + where.Field, Err: where.Err}
}

func (r *reader) long() (int64, error) {
	v, size := stdbinary.Varint(r.data[r.at:])
	switch {
	case size == 0:
		return 0, r.cut()
	case size < 0:
		return 0, r.fail("this number has more than 64 bits")
	}
	r.at += size
	return v, nil
}

func (r *reader) bytes(n int64) ([]byte, error) {
	if n < 0 {
		return nil, r.fail("this length is negative: %d", n)
	}
	if n > int64(len(r.data)-r.at) {
		return nil, r.cut()
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b, nil
}

// sized returns the bytes of bytes, text and fixed.
func (r *reader) sized(n *node) ([]byte, error) {
	size := int64(n.size)
	if n.kind == text || n.size < 0 {
		var err error
		if size, err = r.long(); err != nil {
			return nil, err
		}
	}
	return r.bytes(size)
}

func (r *reader) value(dst []byte, n *node) (_ []byte, err error) {
	if r.values--; r.values < 0 {
		return nil, r.fail("this has far more values than bytes")
	}
	switch n.kind {
	case null:
		return append(dst, "null"...), nil
	case boolean:
		return r.boolean(dst)
	case integer:
		return r.integer(dst, n)
	case float, double:
		return r.float(dst, n)
	case text, binary, decimal, uuid, duration:
		return r.ofBytes(dst, n)
	case instant, local, date, daytime:
		return r.time(dst, n)
	case enum:
		return r.enum(dst, n)
	}
	if r.depth++; r.depth > maxDepth {
		return nil, r.fail("this is nested deeper than %d levels", maxDepth)
	}
	defer func() { r.depth-- }()
	switch n.kind {
	case record:
		return r.record(dst, n)
	case list, mapping:
		return r.blocks(dst, n)
	}
	branch, err := r.long()
	if err != nil {
		return nil, err
	}
	if branch < 0 || branch >= int64(len(n.branches)) {
		return nil, r.fail("this is branch %d of a union that has %d", branch, len(n.branches))
	}
	return r.value(dst, n.branches[branch])
}

func (r *reader) boolean(dst []byte) ([]byte, error) {
	b, err := r.bytes(1)
	switch {
	case err != nil:
		return nil, err
	case b[0] > 1:
		return nil, r.fail("this byte is %#x, and a truth value is 0 or 1", b[0])
	}
	return strconv.AppendBool(dst, b[0] == 1), nil
}

func (r *reader) integer(dst []byte, n *node) ([]byte, error) {
	v, err := r.long()
	if err == nil && n.bits == 32 && int64(int32(v)) != v {
		err = r.fail("%d is no int, which has 32 bits", v)
	}
	return strconv.AppendInt(dst, v, 10), err
}

func (r *reader) float(dst []byte, n *node) ([]byte, error) {
	if n.kind == float {
		b, err := r.bytes(4)
		if err != nil {
			return nil, err
		}
		return AppendFloat(dst, float64(math.Float32frombits(stdbinary.LittleEndian.Uint32(b))), 32), nil
	}
	b, err := r.bytes(8)
	if err != nil {
		return nil, err
	}
	return AppendFloat(dst, math.Float64frombits(stdbinary.LittleEndian.Uint64(b)), 64), nil
}

// AppendFloat appends the shortest decimal that denotes a number, and a text where it is none.
func AppendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits)
}

func (r *reader) ofBytes(dst []byte, n *node) ([]byte, error) {
	b, err := r.sized(n)
	if err != nil {
		return nil, err
	}
	switch n.kind {
	case text:
		if !utf8.Valid(b) {
			return nil, r.fail("this text is not UTF-8")
		}
		return quote.AppendBytes(dst, b), nil
	case decimal:
		return appendDecimal(dst, b, n.scale), nil
	case uuid:
		return fmt.Appendf(dst, `"%x-%x-%x-%x-%x"`, b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
	case duration:
		part := func(i int) uint32 { return stdbinary.LittleEndian.Uint32(b[4*i:]) }
		return fmt.Appendf(dst, `{"months":%d,"days":%d,"millis":%d}`, part(0), part(1), part(2)), nil
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), b)
	return append(dst, '"'), nil
}

func (r *reader) enum(dst []byte, n *node) ([]byte, error) {
	i, err := r.long()
	if err != nil {
		return nil, err
	}
	if i < 0 || i >= int64(len(n.symbols)) {
		return nil, r.fail("this is symbol %d of %s, which has %d", i, n.name, len(n.symbols))
	}
	return quote.Append(dst, n.symbols[i]), nil
}

func (r *reader) record(dst []byte, n *node) (_ []byte, err error) {
	dst = append(dst, '{')
	for i := range n.fields {
		f := &n.fields[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(quote.Append(dst, f.name), ':')
		if dst, err = r.value(dst, f.node); err != nil {
			return nil, within(err, f.name)
		}
	}
	return append(dst, '}'), nil
}

// blocks reads an array or a map.
func (r *reader) blocks(dst []byte, n *node) (_ []byte, err error) {
	ends := [2]byte{'[', ']'}
	if n.kind == mapping {
		ends = [2]byte{'{', '}'}
	}
	dst = append(dst, ends[0])
	for item := 0; ; {
		count, err := r.long()
		if err == nil && count < 0 {
			if count = -count; count < 0 {
				return nil, r.fail("this is no number of items")
			}
			_, err = r.long() // the block's size
		}
		switch {
		case err != nil:
			return nil, err
		case count == 0:
			return append(dst, ends[1]), nil
		}
		for ; count > 0; count-- {
			if item > 0 {
				dst = append(dst, ',')
			}
			if dst, err = r.item(dst, n, item); err != nil {
				return nil, err
			}
			item++
		}
	}
}

// item reads an item of an array, or a name and a value of a map.
func (r *reader) item(dst []byte, n *node, number int) (_ []byte, err error) {
	var name []byte
	if n.kind == mapping {
		name, err = r.sized(&node{kind: text})
		switch {
		case err != nil:
			return nil, err
		case !utf8.Valid(name):
			return nil, r.fail("this name is not UTF-8")
		}
		dst = append(quote.AppendBytes(dst, name), ':')
	}
	if dst, err = r.value(dst, n.inner); err == nil {
		return dst, nil
	}
	step := string(name)
	if n.kind != mapping {
		step = "[" + strconv.Itoa(number) + "]"
	}
	return nil, within(err, step)
}
