package avro

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/avrojson"
)

const (
	magic = "Obj\x01"
	// syncSize is how many bytes a marker between blocks has.
	syncSize = 16
	// headerLimit is how many bytes a header may have, most of which are the schema.
	headerLimit = 16 << 20
)

// A table is an open file. It implements [file.Table].
type table struct {
	stream *broker.Stream
	file   io.ReaderAt
	schema *avrojson.Schema
	fields []avrolib.SchemaField
	codec  packing
	sync   [syncSize]byte
	blocks []block
	rows   int64
	sum    uint32
}

// A block is one of elements: where it lies in the file, packed, and the number of its first element.
type block struct{ first, count, at, size int64 }

func open(stream *broker.Stream, f io.ReaderAt, size int64) (*table, error) {
	t := &table{stream: stream, file: f}
	end, err := t.readHeader(size)
	if err != nil {
		return nil, err
	}
	return t, t.readBlocks(end, size)
}

// readHeader reads what the file says of itself, and returns where that ends.
func (t *table) readHeader(size int64) (int64, error) {
	if size == 0 {
		return 0, errors.New("it is empty, and an Avro file begins with a header")
	}
	for length := min(size, 64<<10); ; length = min(size, 4*length) {
		head := make([]byte, length)
		if n, err := t.file.ReadAt(head, 0); n < len(head) {
			return 0, err
		}
		if !bytes.HasPrefix(head, []byte(magic[:min(len(magic), len(head))])) {
			return 0, fmt.Errorf("it is no Avro file, though its name says so: it begins with %.8q, and not with Obj", head)
		}
		h := header{rest: head[min(len(magic), len(head)):]}
		meta, err := h.read()
		switch {
		case err == nil:
			copy(t.sync[:], h.rest)
			t.sum = crc32.ChecksumIEEE(head[:len(head)-len(h.rest)+syncSize])
			return int64(len(head)-len(h.rest)) + syncSize, t.describe(meta)
		case length == size && errors.Is(err, io.ErrUnexpectedEOF):
			return 0, errors.New("it ends within its header; was it cut off?")
		case !errors.Is(err, io.ErrUnexpectedEOF) || length >= headerLimit:
			return 0, fmt.Errorf("its header is damaged: %w", err)
		}
	}
}

// describe takes what the header says.
func (t *table) describe(meta map[string][]byte) (err error) {
	name := string(meta["avro.codec"])
	if name == "" {
		name = "null"
	}
	if t.codec, err = codecOf(name); err != nil {
		return err
	}
	var schema *avrolib.Schema
	if t.schema, schema, err = parse(string(meta["avro.schema"])); err == nil {
		t.fields = schema.Root().Fields
	}
	return err
}

// A header is what is left to read of one.
type header struct{ rest []byte }

// read reads the metadata, up to the marker.
func (h *header) read() (map[string][]byte, error) {
	meta := map[string][]byte{}
	for {
		n, err := h.long()
		if n < 0 && err == nil {
			n = -n
			_, err = h.long() // the size in bytes
		}
		switch {
		case err != nil:
			return nil, err
		case n == 0 && len(h.rest) < syncSize:
			return nil, io.ErrUnexpectedEOF
		case n == 0:
			return meta, nil
		}
		for range n {
			key, err := h.bytes()
			if err != nil {
				return nil, err
			}
			if meta[string(key)], err = h.bytes(); err != nil {
				return nil, err
			}
		}
	}
}

func (h *header) long() (int64, error) {
	v, n := binary.Varint(h.rest)
	switch {
	case n < 0:
		return 0, errors.New("a number in it has too many bytes")
	case n == 0:
		return 0, io.ErrUnexpectedEOF
	}
	h.rest = h.rest[n:]
	return v, nil
}

func (h *header) bytes() ([]byte, error) {
	size, err := h.long()
	switch {
	case err != nil:
		return nil, err
	case size < 0 || size > headerLimit:
		return nil, fmt.Errorf("a text in it has %d bytes", size)
	case size > int64(len(h.rest)):
		return nil, io.ErrUnexpectedEOF
	}
	text := h.rest[:size]
	h.rest = h.rest[size:]
	return text, nil
}

// readBlocks finds the blocks, by their heads.
func (t *table) readBlocks(at, size int64) error {
	buffer := make([]byte, syncSize+2*binary.MaxVarintLen64)
	for at < size {
		n, err := t.file.ReadAt(buffer[:min(int64(2*binary.MaxVarintLen64), size-at)], at)
		if n == 0 {
			return err
		}
		h := header{rest: buffer[:n]}
		count, errCount := h.long()
		length, errLength := h.long()
		begins := at + int64(n-len(h.rest))
		switch {
		case errors.Join(errCount, errLength) != nil || count < 0 || length < 0:
			return fmt.Errorf("the block at byte %d, behind row %d, is damaged; was the file cut off?", at, t.rows)
		case length > size-begins-syncSize:
			return fmt.Errorf("the block at byte %d, behind row %d, has %d bytes by its head, and the file ends before that; "+
				"was the file cut off?", at, t.rows, length)
		}
		marker := buffer[:syncSize]
		if _, err := t.file.ReadAt(marker, begins+length); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if !bytes.Equal(marker, t.sync[:]) {
			return fmt.Errorf("behind the block at byte %d, which is behind row %d, the marker that ends blocks is missing: it "+
				"is damaged", at, t.rows)
		}
		if count > 0 {
			t.blocks = append(t.blocks, block{t.rows, count, begins, length})
		}
		t.rows += count
		t.sum = crc32.Update(t.sum, crc32.IEEETable, binary.AppendVarint(binary.AppendVarint(nil, count), length))
		at = begins + length + syncSize
	}
	return nil
}

// Rows implements [file.Table].
func (t *table) Rows() int64 { return t.rows }

// Sum implements [file.Table].
func (t *table) Sum() uint32 { return t.sum }

// Columns implements [file.Table].
func (t *table) Columns() (columns []file.Column) {
	for i := range t.fields {
		columns = append(columns, file.Column{Name: t.fields[i].Name, Type: meaning(&t.fields[i].Type)})
	}
	return columns
}

// meaning says what values of a type are, whether or not they may be null, and in how many bytes.
func meaning(n *avrolib.SchemaNode) string {
	switch {
	case n.LogicalType != "":
		return n.LogicalType
	case n.Type == "int" || n.Type == "long":
		return "integer"
	case n.Type == "float" || n.Type == "double":
		return "floating point"
	case n.Type == "array" && n.Items != nil:
		return "list of " + meaning(n.Items)
	case n.Type == "map" && n.Values != nil:
		return "map of " + meaning(n.Values)
	case n.Type == "null":
		return ""
	case n.Type != "union":
		return n.Type
	}
	all := ""
	for i := range n.Branches {
		if one := meaning(&n.Branches[i]); one != "" && all != "" {
			all += " or " + one
		} else {
			all += one
		}
	}
	return all
}

// Reader implements [file.Table].
func (t *table) Reader(from int64) file.TableReader { return &reader{table: t, next: from} }

// batchRows is how many elements are returned at a time.
const batchRows = 512

// A reader reads the elements of a file. It implements [file.TableReader].
type reader struct {
	*table
	next int64
	// rest is what is left of the block at hand, of which left elements are to come; at is the number of the first of them.
	rest   []byte
	at     int64
	left   int64
	failed error
}

// Read implements [file.TableReader].
func (r *reader) Read() ([]broker.Record, error) {
	var records []broker.Record
	var objects []byte
	for r.failed == nil && len(records) < batchRows {
		if r.left == 0 {
			if len(records) > 0 {
				return records, nil
			}
			if r.failed = r.openBlock(); r.failed != nil {
				break
			}
		}
		begin := len(objects)
		objects, r.failed = r.element(objects)
		if r.failed == nil && r.at > r.next {
			records = append(records, broker.Record{Offset: r.next, Value: objects[begin:len(objects):len(objects)]})
			r.next++
		}
	}
	if len(records) > 0 {
		return records, nil
	}
	return nil, r.failed
}

// element appends the next element of the block at hand.
func (r *reader) element(into []byte) ([]byte, error) {
	begin := len(into)
	into, rest, err := r.schema.Append(into, r.rest)
	if err != nil {
		return nil, r.wrong(r.at, err)
	}
	if len(into)-begin > r.stream.ElementLimit() || len(r.rest)-len(rest) > r.stream.ElementLimit() {
		return nil, r.wrong(r.at, r.stream.TooLarge())
	}
	r.rest = rest
	r.at++
	if r.left--; r.left == 0 && len(rest) > 0 {
		return nil, r.wrong(r.at-1, fmt.Errorf("%d bytes are left in its block, which is damaged", len(rest)))
	}
	return into, nil
}

// openBlock reads the block of the next element.
func (r *reader) openBlock() error {
	if r.next >= r.rows {
		return io.EOF
	}
	i, _ := slices.BinarySearchFunc(r.blocks, r.next, func(b block, row int64) int {
		if b.first+b.count > row {
			return 1
		}
		return -1
	})
	b := r.blocks[i]
	if b.size > blockLimit {
		return r.wrong(b.first, errTooLong)
	}
	packed := make([]byte, b.size)
	if _, err := r.file.ReadAt(packed, b.at); err != nil && !errors.Is(err, io.EOF) {
		return r.wrong(b.first, err)
	}
	block, err := r.codec.unpack(packed)
	if err != nil {
		return r.wrong(b.first, fmt.Errorf("the block at byte %d can't be unpacked, it is damaged: %w", b.at, err))
	}
	r.rest, r.at, r.left = block, b.first, b.count
	return nil
}

// wrong says where an element lies that an error is about.
func (r *reader) wrong(row int64, err error) error {
	return &broker.PositionError{Position: broker.Position{Stream: r.stream.Name, Offset: row,
		At: fmt.Sprintf("row %d", row+1)}, Err: err}
}

// Recycle implements [file.TableReader].
func (r *reader) Recycle([]broker.Record) {}

// Close implements [file.TableReader].
func (r *reader) Close() error { return nil }
