package parquet

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

const (
	// batchRows is how many rows are read at a time.
	batchRows = 512
	// objectsSize is how many bytes are taken at a time for objects.
	objectsSize = 64 << 10
)

// A table is an open file. It implements [file.Table].
type table struct {
	stream *broker.Stream
	file   io.ReaderAt
	footer *footer
	*schema
	// members are those of the objects that are made, and fields those that are set without; one of the two is nil.
	members []property
	fields  []*field
}

func open(stream *broker.Stream, f io.ReaderAt, size int64) (t *table, err error) {
	defer recovered(&err)
	t = &table{stream: stream, file: f}
	if t.footer, err = readFooter(f, size); err != nil {
		return nil, err
	}
	if t.schema, err = newSchema(t.footer.Schema); err != nil {
		return nil, err
	}
	if err := t.checkChunks(t.footer); err != nil {
		return nil, err
	}
	return t, t.plan()
}

// plan decides which columns are read, and how.
func (t *table) plan() error {
	fields, direct, err := fieldsOf(t.stream, t.root)
	switch {
	case err != nil:
		return err
	case direct && fields != nil:
		t.fields = fields
	case fields != nil:
		for _, f := range fields {
			n := f.node
			if of := f.of; n.isFlat() && (of == timeType || f.pointed == timeType) {
				zoned := *n // a field takes an instant only
				zoned.zoned = true
				n = &zoned
			}
			t.members = append(t.members, newMember(n, f.name))
		}
	default:
		needed := t.neededMembers()
		for _, n := range t.root.children {
			if needed == nil || needed[n.name] {
				t.members = append(t.members, newMember(n, n.name))
			}
		}
	}
	return nil
}

// neededMembers returns the members that a stream needs; nil for all. All are read where one of them isn't there: what is said
// of it then names those that are.
func (t *table) neededMembers() map[string]bool {
	if t.stream.Members == nil {
		return nil
	}
	needed := map[string]bool{}
	for _, name := range t.stream.Members {
		if !slices.ContainsFunc(t.root.children, func(n *node) bool { return n.name == name }) {
			return nil
		}
		needed[name] = true
	}
	for _, name := range t.stream.Refused {
		needed[name] = true
	}
	return needed
}

// Rows implements [file.Table].
func (t *table) Rows() int64 { return t.footer.NumRows }

// Sum implements [file.Table].
func (t *table) Sum() uint32 { return t.footer.sum }

// Reader implements [file.Table].
func (t *table) Reader(from int64) file.TableReader { return &reader{table: t, next: from} }

// A reader reads the rows of a file. It implements [file.TableReader].
type reader struct {
	*table
	decompressor
	// next is the row that is read next, and end the one behind the row group at hand.
	next, end int64
	// chunks are those of the columns that are read, by their numbers in the file.
	chunks  []*chunk
	objects *assembler
	buffer  []byte
	scratch scratch
	failed  error
	// issued are batches whose records may come back, and spare what has.
	issued []*batch
	spare  []*batch
	unused [][]broker.Record
}

// maxIssued is how many batches are remembered, and maxSpare how many are kept, to use their memory again.
const (
	maxIssued = 32
	maxSpare  = 16
)

// Recycle implements [file.TableReader].
func (r *reader) Recycle(records []broker.Record) {
	if cap(records) >= batchRows && len(r.unused) < maxSpare {
		r.unused = append(r.unused, records[:0])
	}
	if len(records) == 0 {
		return
	}
	at := slices.IndexFunc(r.issued, func(b *batch) bool { return b.first == records[0].Offset })
	if at < 0 {
		return
	}
	if len(r.spare) < maxSpare {
		r.spare = append(r.spare, r.issued[at])
	}
	r.issued = slices.Delete(r.issued, at, at+1)
}

// records returns an empty list for n records.
func (r *reader) records(n int) []broker.Record {
	if last := len(r.unused) - 1; last >= 0 {
		records := r.unused[last]
		r.unused = r.unused[:last]
		clear(records[:cap(records)])
		return records
	}
	return make([]broker.Record, 0, max(n, batchRows))
}

// batch returns a batch for the next rows.
func (r *reader) batch() *batch {
	b := &batch{table: r.table, columns: make([]values, len(r.fields))}
	if last := len(r.spare) - 1; last >= 0 {
		b, r.spare = r.spare[last], r.spare[:last]
	}
	b.first = r.next
	if len(r.issued) == maxIssued {
		r.issued = slices.Delete(r.issued, 0, 1)
	}
	r.issued = append(r.issued, b)
	return b
}

// Read implements [file.TableReader].
func (r *reader) Read() (records []broker.Record, err error) {
	if r.failed != nil {
		return nil, r.failed
	}
	defer func() {
		if err != nil && err != io.EOF {
			r.failed = err
		}
	}()
	defer recovered(&err)
	if r.next >= r.footer.NumRows {
		return nil, io.EOF
	}
	if r.next >= r.end {
		if err := r.openGroup(); err != nil {
			return nil, r.at(err)
		}
	}
	n := int(min(batchRows, r.end-r.next))
	if r.fields != nil {
		records, err = r.readFields(n)
	} else {
		records, err = r.readObjects(n)
	}
	r.next += int64(len(records))
	if len(records) > 0 && err != nil {
		r.failed, err = err, nil // what came before is good
	}
	return records, err
}

// at says where a row lies that an error is about.
func (r *reader) at(err error) error {
	return &broker.PositionError{Position: broker.Position{Stream: r.stream.Name, Offset: r.next,
		At: fmt.Sprintf("row %d", r.next+1)}, Err: err}
}

// openGroup opens the row group of the next row, and goes to that.
func (r *reader) openGroup() error {
	begin := int64(0)
	for i := range r.footer.RowGroups {
		rows := r.footer.RowGroups[i].NumRows
		if r.next < begin+rows {
			r.end = begin + rows
			return r.openChunks(i, r.next-begin)
		}
		begin += rows
	}
	return damaged("row %d is in no row group", r.next)
}

func (r *reader) openChunks(group int, skipped int64) error {
	r.chunks = make([]*chunk, len(r.leaves))
	open := func(n *node) error {
		for _, leaf := range r.leaves[n.leaf:n.behind()] {
			c, err := newChunk(leaf, r.file, r.footer, group, &r.decompressor)
			if err == nil {
				err = c.skip(skipped)
			}
			if err != nil {
				return fmt.Errorf("column %s: %w", leaf.name, err)
			}
			r.chunks[leaf.leaf] = c
		}
		return nil
	}
	for _, f := range r.fields {
		if r.chunks[f.leaf] != nil {
			continue // two fields take it
		}
		if err := open(f.node); err != nil {
			return err
		}
	}
	for _, m := range r.members {
		if err := open(m.node); err != nil {
			return err
		}
	}
	r.objects = &assembler{members: r.members, chunks: r.chunks, limit: r.stream.ElementLimit()}
	for _, m := range r.members {
		if !m.isFlat() {
			r.objects.nested = append(r.objects.nested, r.chunks[m.leaf:m.behind()]...)
		}
	}
	return nil
}

// behind returns the number of the column behind those in a node.
func (n *node) behind() int {
	if n.isLeaf() {
		return n.leaf + 1
	}
	if len(n.children) == 0 {
		return n.leaf
	}
	return n.children[len(n.children)-1].behind()
}

func (r *reader) readObjects(n int) ([]broker.Record, error) {
	records := r.records(n)
	size := 0
	for i := range n {
		if cap(r.buffer)-len(r.buffer) < 2*size {
			r.buffer = make([]byte, 0, max(objectsSize, 4*size))
		}
		begin := len(r.buffer)
		into, err := r.objects.append(r.buffer)
		if err != nil {
			if errors.Is(err, errLimit) {
				err = r.stream.TooLarge()
			}
			failed := *r
			failed.next += int64(i)
			return records, failed.at(err)
		}
		size = len(into) - begin
		r.buffer = into
		records = append(records, broker.Record{Offset: r.next + int64(i), Value: into[begin:len(into):len(into)]})
	}
	return records, nil
}

func (r *reader) readFields(n int) ([]broker.Record, error) {
	b := r.batch()
	for i, f := range r.fields {
		if i > 0 && slices.ContainsFunc(r.fields[:i], f.takesSame) {
			at := slices.IndexFunc(r.fields, f.takesSame)
			b.columns[i] = b.columns[at]
			continue
		}
		if err := b.columns[i].take(r.chunks[f.leaf], n, &r.scratch, r.stream.ElementLimit()); err != nil {
			if errors.Is(err, errLimit) {
				err = r.stream.TooLarge()
			}
			return nil, r.at(fmt.Errorf("column %s: %w", f.node.name, err))
		}
	}
	records := r.records(n)[:n]
	for i := range records {
		records[i].Offset, records[i].Rows = r.next+int64(i), b
	}
	return records, nil
}

// takesSame reports whether another field takes the same column.
func (f *field) takesSame(other *field) bool { return f.leaf == other.leaf }

func checkUTF8(s string) error {
	if !utf8.ValidString(s) {
		return errNotUTF8
	}
	return nil
}

// Close implements [file.TableReader].
func (r *reader) Close() error {
	r.close()
	return nil
}
