package file

import (
	"sync"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file/internal/csv"
	"github.com/leat-go/leat/codec"
)

// textRows are rows of cells in a buffer that become elements without objects in between. It implements [broker.BulkRows].
type textRows struct {
	rows   *csv.Rows
	decode codec.Decode // of objects
	text   []byte
	// first is the offset of the first record of the batch, and spans where the rows of the records lie; of those that are
	// objects already, nowhere.
	first int64
	spans []csv.Span

	mu     sync.Mutex
	memory csv.Memory // guarded by mu
}

// addRow adds the row that was framed last, of the last of some records, to those of its batch; nil where it is the first one.
func (f *framer) addRow(t *textRows, records []broker.Record, length int) *textRows {
	if t == nil {
		t = &textRows{rows: f.cells.Rows(), decode: f.decode, text: f.buf, first: records[0].Offset}
		t.spans = make([]csv.Span, 0, batchSize)
	}
	t.reach(len(records) - 1)
	t.spans = append(t.spans, csv.Span{Begin: uint32(f.rowAt), End: uint32(f.rowAt + length)})
	return t
}

// reach makes as many spans as there are records before the next row.
func (t *textRows) reach(records int) {
	for len(t.spans) < records {
		t.spans = append(t.spans, csv.Span{})
	}
}

// addPlain frames the rows that come next and are as most are, up to one that next is to frame: whole, without quotes, and such
// that fit. Their batch has a row already, and they are added to its records as far as these have room.
func (f *framer) addPlain(t *textRows, records []broker.Record) []broker.Record {
	t.reach(len(records))
	text := f.buf[:f.quote.next(f.buf, f.pos)]
	for n := len(records); n < min(cap(records), batchSize); n++ {
		end, next := t.rows.Next(text, f.pos)
		if next == 0 || f.cells.IsComment(text[f.pos:end]) {
			break
		}
		t.spans = append(t.spans, csv.Span{Begin: uint32(f.pos), End: uint32(end)})
		f.pos, f.mark, f.breaks = next, next, 0
		f.line++
		// Field by field, as the rest is zero: a record is large.
		records = records[:n+1]
		record := &records[n]
		record.Offset, record.Line, record.Column, record.Value, record.Rows = f.index, f.line, 0, nil, t
		f.index++
	}
	return records
}

// DecodeAll implements [broker.BulkRows].
func (t *textRows) DecodeAll(offset int64, elements []any) (n int) {
	n, _ = t.decodeRows(offset, elements)
	return n
}

func (t *textRows) decodeRows(offset int64, elements []any) (n int, err error) {
	t.mu.Lock()
	n, err = t.rows.Decode(t.text, t.spans[offset-t.first:][:len(elements)], elements, &t.memory)
	t.mu.Unlock()
	return n, err
}

// Decode implements [broker.Rows].
func (t *textRows) Decode(offset int64, element any) error {
	n, err := t.decodeRows(offset, []any{element})
	if n > 0 || err != nil {
		return err
	}
	object, err := t.Value(offset)
	if err != nil {
		return err
	}
	return t.decode(object, element)
}

// Value implements [broker.Rows].
func (t *textRows) Value(offset int64) ([]byte, error) {
	s := t.spans[offset-t.first]
	return t.rows.Object(t.text[s.Begin:s.End])
}
