package file

import (
	"sync"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file/internal/csv"
	"github.com/leat-go/leat/codec"
)

// textRows are rows of cells in a buffer that become elements without objects in between. It implements [broker.Rows].
type textRows struct {
	rows   *csv.Rows
	decode codec.Decode // of objects
	text   []byte
	// first is the offset of the first record of the batch, and spans where the rows of the records lie; of those that are
	// objects already, nowhere.
	first int64
	spans []span

	mu     sync.Mutex
	memory csv.Memory // guarded by mu
}

// A span is a part of a buffer.
type span struct{ begin, end uint32 }

// addRow adds the row that was framed last, of the last of some records, to those of its batch; nil where it is the first one.
func (f *framer) addRow(t *textRows, records []broker.Record, length int) *textRows {
	if t == nil {
		t = &textRows{rows: f.cells.Rows(), decode: f.decode, text: f.buf, first: records[0].Offset}
		t.spans = make([]span, 0, batchSize)
	}
	for len(t.spans) < len(records)-1 {
		t.spans = append(t.spans, span{})
	}
	t.spans = append(t.spans, span{uint32(f.rowAt), uint32(f.rowAt + length)})
	return t
}

func (t *textRows) row(offset int64) []byte {
	s := t.spans[offset-t.first]
	return t.text[s.begin:s.end]
}

// Decode implements [broker.Rows].
func (t *textRows) Decode(offset int64, element any) error {
	row := t.row(offset)
	t.mu.Lock()
	ok, err := t.rows.Decode(row, element, &t.memory)
	t.mu.Unlock()
	if ok || err != nil {
		return err
	}
	object, err := t.rows.Object(row)
	if err != nil {
		return err
	}
	return t.decode(object, element)
}

// Value implements [broker.Rows].
func (t *textRows) Value(offset int64) ([]byte, error) { return t.rows.Object(t.row(offset)) }
