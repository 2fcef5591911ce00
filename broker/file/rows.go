package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/leat-go/leat/broker/file/internal/csv"
	"github.com/leat-go/leat/codec"
)

// objectsSize is how many bytes are taken at a time for the objects that are made of rows.
const objectsSize = 64 << 10

// nextRow returns the object of the next row of cells.
func (f *framer) nextRow() ([]byte, error) {
	for {
		if f.line == 0 && !f.passMark() {
			return nil, nil
		}
		row := f.row()
		if row == nil {
			return nil, nil
		}
		quotes := f.quotes
		f.rowAt = f.mark
		f.breaks, f.quotes = 0, false
		if quotes {
			f.breaks = bytes.Count(row, []byte{'\n'})
		}
		f.pos++ // the line end
		f.line += 1 + f.breaks
		f.mark = f.pos
		object, err := f.object(row, quotes)
		if f.takesFlaw(err) {
			f.index++
			return f.flaw.text, nil
		}
		if err != nil {
			f.failed = f.rowError(err)
			return nil, f.failed
		}
		if object != nil {
			f.index++
			return object, nil
		}
	}
}

// passMark passes over a byte order mark at the beginning of the file; false where it isn't known yet whether there is one.
func (f *framer) passMark() bool {
	text := f.buf[f.mark:]
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		f.mark += len(byteOrderMark)
		f.pos = max(f.pos, f.mark)
		return true
	}
	return !bytes.HasPrefix([]byte(byteOrderMark), text)
}

// row returns the text up to the next line end that isn't within quotes, where pos is then; nothing where it isn't there yet.
func (f *framer) row() []byte {
	for {
		newline := f.newline.next(f.buf, f.pos)
		if !f.quoted {
			quotes := f.quote.next(f.buf, f.pos)
			switch {
			case quotes < newline && !f.cells.IsComment(f.buf[f.mark:]):
				f.quotes = true
				f.quoted = f.cells.Begins(f.buf[f.mark:quotes])
				f.opened, f.pos = quotes-f.mark, quotes+1
				continue
			case newline == len(f.buf):
				return nil
			}
			f.pos = newline
			return f.buf[f.mark:newline]
		}
		quotes := f.quote.next(f.buf, f.pos)
		if quotes+1 >= len(f.buf) {
			f.pos = quotes // the next byte says whether it closes
			return nil
		}
		f.pos = quotes + 1
		if f.buf[f.pos] == '"' {
			f.pos++
			continue
		}
		f.quoted = false
	}
}

// object returns the object of a row, and the row itself where that may be decoded without one; nothing for the header, a comment
// and an empty line.
func (f *framer) object(row []byte, quotes bool) ([]byte, error) {
	f.isRow = false
	if len(row) > f.limit {
		return nil, f.stream.TooLarge()
	}
	if f.line == 1+f.breaks && len(row) > 0 {
		if err := notText(row); err != nil {
			return nil, err
		}
	}
	if last := len(row) - 1; last >= 0 && row[last] == '\r' {
		row = row[:last]
	}
	switch {
	case f.cells.IsEmpty(row), f.cells.IsComment(row):
		return nil, nil
	case !f.cells.HasColumns():
		if at := bytes.IndexByte(row, '\r'); at >= 0 && bytes.IndexByte(row, '"') < 0 {
			return nil, &csv.Error{Offset: at, Err: errors.New("lines end with a carriage return alone here: convert them " +
				"to end with a line feed")}
		}
		return nil, f.cells.Header(row)
	case f.carried:
		return row[:len(row):len(row)], nil
	case !quotes && f.cells.Rows() != nil && f.cells.Rows().Fits(row) && len(f.buf) <= math.MaxUint32:
		f.isRow = true
		return row, nil
	}
	if cap(f.objects)-len(f.objects) < 2*len(row) {
		f.objects = make([]byte, 0, max(objectsSize, 4*len(row)))
	}
	begin := len(f.objects)
	into, err := f.cells.Append(f.objects, row)
	if err != nil {
		return nil, err
	}
	f.objects = into
	return into[begin:len(into):len(into)], nil
}

// takesFlaw reports whether a row that can't be read is given as one that says so: the rows behind it are none the worse for it.
// REQUIRES: it was framed last, with this error.
func (f *framer) takesFlaw(err error) bool {
	f.flaw = nil
	wrong, ok := err.(*csv.Error) // as the decoder of rows has it; others are about the file
	if !ok || !f.flawed || !f.cells.HasColumns() {
		return false
	}
	text := bytes.TrimSuffix(f.buf[f.rowAt:f.mark-1], []byte{'\r'})
	f.flaw = &flawedRow{bytes.Clone(text), &codec.Error{Offset: wrong.Offset, Err: wrong.Err}}
	return true
}

// A flawedRow is a row that can't be read. It implements [broker.Rows] for the one record of it.
type flawedRow struct {
	text []byte
	err  error
}

// Decode implements [broker.Rows].
func (r *flawedRow) Decode(int64, any) error { return r.err }

// Value implements [broker.Rows].
func (r *flawedRow) Value(int64) ([]byte, error) { return nil, r.err }

// rowError says where an error lies that is about the row that was framed last.
func (f *framer) rowError(err error) error {
	at := *f
	at.line, at.column, at.mark, at.newline.at = f.line-f.breaks, 1, f.rowAt, 0
	if wrong, ok := errors.AsType[*csv.Error](err); ok {
		at.advance(min(f.rowAt+wrong.Offset, len(f.buf)))
		err = wrong.Err
	}
	return at.fail("%w", err)
}

// unclosed returns the error for quotes that aren't closed: where they begin.
func (f *framer) unclosed(where string) error {
	at := *f
	at.line, at.column, at.newline.at = f.line+1, 1, 0
	at.advance(f.mark + f.opened)
	return at.fail("the quotes that begin here are not closed %s; quotes within a cell in quotes are written twice", where)
}

// endOfRows returns what is wrong with rows that end here; nil if nothing is.
func (f *framer) endOfRows() error {
	switch {
	case f.failed != nil:
		return f.failed
	case f.quoted:
		return f.unclosed("before the file ends; was the file cut off?")
	case !f.cells.HasColumns():
		f.stop()
		return f.fail("the file is empty: its first line has the names of the columns")
	}
	return nil
}

// restart begins another file of the stream.
func (f *framer) restart() {
	f.line, f.quoted, f.quotes = 0, false, false
	if f.cells != nil {
		f.cells.Restart()
	}
}

// learnColumns reads the names of the columns where reading begins behind them.
func (r *reader) learnColumns(file io.ReaderAt) error {
	if r.framer.layout != rows || r.framer.cells.HasColumns() || r.base == 0 {
		return nil
	}
	head := newFramer(r.framer.stream, rows, nil)
	head.cells = r.framer.cells
	for size := int64(1 << 12); !head.cells.HasColumns(); size *= 2 {
		text := make([]byte, size)
		n, err := file.ReadAt(text, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return r.damaged(err)
		}
		head.buf, head.pos, head.line, head.quoted = text[:n], 0, 0, false
		head.mark, head.newline.at, head.quote.at = 0, 0, 0
		if _, err := head.nextRow(); err != nil {
			return err
		}
		if err != nil || size > int64(2*head.limit) {
			break
		}
	}
	if !head.cells.HasColumns() {
		return fmt.Errorf("%s has no line with the names of the columns any more", r.framer.stream.Name)
	}
	return nil
}
