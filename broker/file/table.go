package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// Tables is a format of files that hold rows of columns with types, such as Parquet. It is a package of its own, see
// [Parquet].
type Tables interface {
	// Open reads what a file says of itself. The stream says what becomes of its rows.
	Open(stream *broker.Stream, file io.ReaderAt, size int64) (Table, error)
	// Create begins a file of a stream's results. It may look at the stream's Members again when the file is closed: where
	// there was no result, more may be known of them then.
	Create(stream *broker.Stream, w io.Writer) (TableWriter, error)
	// Check refuses a stream's Format that isn't one of this kind of files.
	Check(stream *broker.Stream) error
}

// A TableWriter writes a file of rows.
type TableWriter interface {
	// Append adds a row, which is given as a JSON object. It keeps no reference to that.
	Append(object []byte) error
	// Close completes the file. Where it isn't called, there is none.
	Close() error
}

// A TableEncoder is a TableWriter that has a form of its own for rows, side by side, which spares them being objects.
type TableEncoder interface {
	TableWriter
	// Encoder returns what encodes elements of the stream in that form; nil where it doesn't know the type. It refuses what the
	// stream's codec refuses, and is safe for concurrent use.
	Encoder() codec.Encode
	// AppendEncoded adds so many rows as Encoder has encoded them. It keeps no reference to them.
	AppendEncoded(rows []byte, count int) error
}

// A Table is an open file of [Tables]. It is safe for concurrent use.
type Table interface {
	// Rows returns how many rows the file has.
	Rows() int64
	// Columns returns the columns of its rows, with their types in the words of the format.
	Columns() []Column
	// Sum returns a checksum of what the file says of itself, by which it is known again.
	Sum() uint32
	// Reader returns a reader that begins with the row of a number, from zero.
	Reader(from int64) TableReader
}

// A Column is one of a [Table]. The type is empty for one that any goes with, as where all values are null.
type Column struct{ Name, Type string }

// A TableReader reads the rows of a [Table].
type TableReader interface {
	// Read returns the next rows, at least one, whose offsets are their numbers; io.EOF behind the last one.
	Read() ([]broker.Record, error)
	// Recycle takes back records that Read returned, as [broker.Recycler] has it.
	Recycle(records []broker.Record)
	// Close releases what the reader holds.
	Close() error
}

// Parquet is an option for files whose names end in .parquet; package broker/file/parquet gives it t, by parquet.Files().
// It isn't built in because programs without such files needn't carry it. It panics where t is nil.
func Parquet(t Tables) Option {
	if t == nil {
		panic("file.Parquet: the format is nil; parquet.Files() of package broker/file/parquet is the option")
	}
	return func(b *Broker) { b.tables = withTables(b.tables, ".parquet", tableFiles{t, "a Parquet file"}) }
}

// Avro is an option for files whose names end in .avro; package broker/file/avro gives it t, by avro.Files(). It isn't built
// in because programs without such files needn't carry it. It panics where t is nil.
func Avro(t Tables) Option {
	if t == nil {
		panic("file.Avro: the format is nil; avro.Files() of package broker/file/avro is the option")
	}
	return func(b *Broker) { b.tables = withTables(b.tables, ".avro", tableFiles{t, "an Avro file"}) }
}

// errNoTables says how to get what isn't built in.
var errNoTables = errors.New("this is a Parquet or an Avro file, as its name says: give file.New the option parquet.Files() " +
	"or avro.Files()")

// tables are what a broker does with files of rows. They are behind an interface so that a program without such files
// doesn't carry it.
type tables interface {
	// open reads what a stream's file says of itself.
	open(s *inputStream) error
	// reader returns a reader of it that begins with a row.
	reader(in *input, s *inputStream, from int64) broker.Reader
	// resume checks that the file is the one of which a position was kept.
	resume(s *inputStream, p *position) error
	// start begins the file of a target.
	start(t *target) error
}

// tableFiles implements tables for a format.
type tableFiles struct {
	Tables
	// what is what a file is, in a sentence.
	what string
}

// IsTable reports whether a stream's file holds rows of columns with types, as a Parquet file does.
func IsTable(s broker.Stream) bool {
	l, _ := formatOf(&s)
	return l == table
}

func (f tableFiles) open(s *inputStream) error {
	if err := f.Check(&s.Stream); err != nil {
		return err
	}
	if s.once {
		return fmt.Errorf("%s can't be read as %s, which is read from several places: write it to a file", kindOf(s.info), f.what)
	}
	file, err := os.Open(s.name)
	if err != nil {
		return openError(s.name, err)
	}
	t, err := f.Open(&s.Stream, file, s.info.Size())
	if err == nil {
		s.mark = tableMark{Bytes: s.info.Size(), Rows: t.Rows(), Sum: t.Sum()}
		s.columns = t.Columns()
	}
	return errors.Join(err, file.Close())
}

func (f tableFiles) reader(in *input, s *inputStream, from int64) broker.Reader {
	return &tableReader{format: f, stream: s, input: in, from: from, next: from}
}

// A tableMark tells a file of a table again.
type tableMark struct {
	Bytes int64  `json:"bytes"`
	Rows  int64  `json:"rows"`
	Sum   uint32 `json:"sum"`
}

// A tableReader reads the rows of a file. It implements [broker.Reader].
type tableReader struct {
	format Tables
	stream *inputStream
	input  *input
	from   int64

	file *os.File
	rows TableReader
	next int64
	*opened
}

// Read implements [broker.Reader].
func (r *tableReader) Read(ctx context.Context) ([]broker.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.rows == nil {
		if err := r.open(); err != nil {
			return nil, err
		}
	}
	records, err := r.rows.Read()
	if len(records) > 0 {
		r.next = records[len(records)-1].Offset + 1
	}
	if err == io.EOF && r.ended.Load() == nil {
		r.end()
	}
	return records, err
}

// open opens the file, which must be the one that it was when the run began.
func (r *tableReader) open() error {
	file, err := os.Open(r.stream.name)
	if err != nil {
		return fmt.Errorf("%s: %w", describe("input", r.stream.Stream), openError(r.stream.name, err))
	}
	r.file = file
	info, err := file.Stat()
	if err != nil {
		return err
	}
	r.opened = r.input.noteOpened(r.stream.Stream, info)
	counted := countedAt{file, []*atomic.Int64{&r.input.read, &r.opened.read}}
	t, err := r.format.Open(&r.stream.Stream, counted, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", describe("input", r.stream.Stream), err)
	}
	if now := (tableMark{info.Size(), t.Rows(), t.Sum()}); now != r.stream.mark {
		return fmt.Errorf("%w: %s was replaced since the run began", errChanged, r.stream.name)
	}
	r.rows = t.Reader(r.from)
	return nil
}

// Recycle implements [broker.Recycler].
func (r *tableReader) Recycle(records []broker.Record) {
	if r.rows != nil {
		r.rows.Recycle(records)
	}
}

// Next implements [broker.Reader].
func (r *tableReader) Next() int64 { return r.next }

// End implements [broker.Lagger].
func (r *tableReader) End() int64 { return r.stream.mark.Rows }

// Close implements [broker.Reader].
func (r *tableReader) Close() error {
	if r.file == nil {
		return nil
	}
	var err error
	if r.rows != nil {
		err = r.rows.Close()
	}
	err = errors.Join(err, r.file.Close())
	r.file = nil
	return err
}

// countedAt counts the bytes that are read.
type countedAt struct {
	io.ReaderAt
	read []*atomic.Int64
}

func (c countedAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	for _, count := range c.read {
		count.Add(int64(n))
	}
	return n, err
}

// resume implements tables. A file of a table only ever appears whole: a session
// that has ended before the file has passed over all the rest of it.
func (f tableFiles) resume(s *inputStream, p *position) error {
	if p.Table == nil {
		return fmt.Errorf("the position of %s, row %d, is not one in %s; %s", s.name, p.Offset+1, f.what, startAnew)
	}
	if was := *p.Table; was != s.mark {
		return fmt.Errorf("%w: %s was read to its row %d, of %d in %d bytes, and has now %d rows in %d bytes, or others: "+
			"between two runs %s may not change: give another one a name of its own; %s", errChanged, s.name,
			p.Offset, was.Rows, was.Bytes, s.mark.Rows, s.mark.Bytes, f.what, startAnew)
	}
	if p.End > 0 {
		p.Offset, p.Seen, p.Accounted = s.mark.Rows, s.mark.Rows, s.mark.Rows
	}
	return nil
}

// Locate makes the input a broker.Locator: a row is found by its number.
func (in *input) Locate(node, _ int, offset int64) string {
	s := in.streams[node]
	switch {
	case s.parts != nil:
		return s.parts.locate(offset)
	case s.layout != table:
		return ""
	}
	return rowAt(offset)
}

// rowAt says where a row lies, for people.
func rowAt(offset int64) string { return fmt.Sprintf("row %d", offset+1) }

// startTable begins the file of a target that is a table.
func (b *Broker) startTable(t *target) error {
	if b.tables == nil {
		return errNoTables
	}
	return b.tables.start(t)
}

func (f tableFiles) start(t *target) (err error) {
	if t.temp == nil {
		return fmt.Errorf("%s can't be written to a pipe or a device: it is complete at its end only; write it to a file", f.what)
	}
	if err := f.Check(&t.stream); err != nil {
		return err
	}
	t.rows, err = f.Create(&t.stream, t.text)
	return err
}
