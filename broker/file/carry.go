package file

import (
	"errors"
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file/internal/csv"
)

// A Carriage carries rows of cells from one file to another as they are written, without objects in between. What is written is
// what it would be with them.
type Carriage struct {
	reader  *reader
	dialect csv.Dialect
}

// Carry lets a reader of one file return rows as they are written in place of objects, and an output of one file take such rows,
// as [Rows.Read] returns them. It is called before either has done anything. It returns nil, and changes nothing, where the two
// don't have their cells alike, or write some cells otherwise than they are read.
func Carry(from broker.Reader, to broker.Output) *Carriage {
	r, isReader := from.(*reader)
	out, isOutput := to.(*output)
	if !isReader || !isOutput || r.framer.layout != rows || len(out.targets) != 1 || out.targets[0].layout != rows {
		return nil
	}
	d := dialectOf(&r.framer.stream)
	if !csv.Carries(d) || !reflect.DeepEqual(d, dialectOf(&out.targets[0].stream)) {
		return nil
	}
	c := &Carriage{r, d}
	r.framer.carried = true
	c.Into(to)
	return c
}

// Into lets another output of the same stream take rows, too.
func (c *Carriage) Into(to broker.Output) {
	t := to.(*output).targets[0]
	t.carried = func(row []byte) error { return c.appendTo(t, row) }
}

// Rows returns what a goroutine makes of the rows, with the members of them that it asks for. It is called behind the first Read.
func (c *Carriage) Rows(members []string) *Rows {
	return &Rows{carrier: c.carrier(members), stream: c.reader.framer.stream.Name}
}

func (c *Carriage) carrier(members []string) *csv.Carrier {
	return csv.NewCarrier(c.dialect, c.reader.framer.cells.Names(), members)
}

// Rows makes of rows what is read and what is written of them. It is used by one goroutine.
type Rows struct {
	carrier *csv.Carrier
	stream  string
	object  []byte // of the row that was read last, the whole one where isWhole says so
	isWhole bool
	texts   []byte
}

// Read returns a record's row as it is to be written, which goes into a result. An error names the place.
func (r *Rows) Read(record *broker.Record) (row []byte, err error) {
	row = record.Value
	if r.isWhole = !r.carrier.Take(row); !r.isWhole {
		return row, nil
	}
	if _, err = r.Object(record); err != nil {
		return nil, err
	}
	if cap(r.texts)-len(r.texts) < len(row)+len(r.object) {
		r.texts = make([]byte, 0, max(objectsSize, 2*(len(row)+len(r.object))))
	}
	begin := len(r.texts)
	texts, err := r.carrier.Row(r.texts, r.object)
	if err != nil {
		return nil, record.DecodeError(r.stream, 0, err)
	}
	r.texts = texts
	end := len(texts) - 1 // without the line end
	return texts[begin:end:end], nil
}

// Members returns an object that has the members asked for of the row that was read last, and maybe others. It holds until the
// next call.
func (r *Rows) Members() []byte {
	if !r.isWhole {
		r.object = r.carrier.Members(r.object[:0])
	}
	return r.object
}

// Cell returns the only cell asked for, of the row that was read last; false where there are others, or it isn't known.
func (r *Rows) Cell() ([]byte, bool) {
	if r.isWhole {
		return nil, false
	}
	return r.carrier.Cell()
}

// Object returns the whole object of a record's row, which holds until the next call.
func (r *Rows) Object(record *broker.Record) ([]byte, error) {
	object, err := r.carrier.Object(r.object[:0], record.Value)
	if err != nil {
		return nil, r.rowError(record, err)
	}
	r.object = object
	return object, nil
}

// rowError says where in a row an error lies.
func (r *Rows) rowError(record *broker.Record, err error) error {
	at := framer{line: record.Line, column: 1, buf: record.Value, index: record.Offset, newline: byteFinder{char: '\n'}}
	at.stream.Name = r.stream
	if wrong, ok := errors.AsType[*csv.Error](err); ok {
		at.advance(min(wrong.Offset, len(at.buf)))
		err = wrong.Err
	}
	return at.fail("%w", err)
}

// appendTo writes a row as it is.
func (c *Carriage) appendTo(t *target, row []byte) error {
	if t.objects == 0 {
		header := c.carrier(nil).AppendHeader(nil)
		t.header = int64(len(header))
		if _, err := t.text.Write(header); err != nil {
			return err
		}
	}
	t.objects++
	if _, err := t.text.Write(row); err != nil {
		return err
	}
	return t.text.WriteByte('\n')
}
