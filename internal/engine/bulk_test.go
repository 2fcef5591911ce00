package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
)

// rows are numbered by their offsets. Those of even tens aren't decoded together with others, and of these 20 fails and 40 panics.
type rows struct{ alone []int64 }

func (r *rows) DecodeAll(offset int64, elements []any) int {
	for n, e := range elements {
		if (offset+int64(n))%20 == 0 {
			return n
		}
		*e.(*int64) = offset + int64(n)
	}
	return len(elements)
}

func (r *rows) Decode(offset int64, element any) error {
	r.alone = append(r.alone, offset)
	switch offset {
	case 20:
		return errors.New("twenty")
	case 40:
		panic("forty")
	}
	*element.(*int64) = offset
	return nil
}

func (r *rows) Value(offset int64) ([]byte, error) { return fmt.Append(nil, offset), nil }

// Records that their storage decodes several at a time are decoded like others: each once, with its own error.
func TestDecodeBulk(t *testing.T) {
	for _, keepValue := range []bool{false, true} {
		first, second := &rows{}, &rows{}
		f := &feed{stream: broker.NewStream[int64]("s"), keepValue: keepValue}
		f.decode = func(record []byte, into any) error { *into.(*int64) = int64(len(record)); return nil }
		var records []broker.Record
		for i := range int64(70) {
			r := broker.Record{Offset: i, Rows: first}
			switch {
			case i == 13:
				r.Rows, r.Value = nil, make([]byte, 13)
			case i >= 50:
				r.Rows, r.Offset = second, i+3
			}
			if i >= 65 { // as of a stream that is put in order
				r = r.Ranked(i)
			}
			records = append(records, r)
		}
		records[66], records[67] = records[67], records[66]
		c := f.chunkOf(records)
		if err := c.decode(); err != nil {
			t.Fatal(err)
		}
		for i := range records {
			offset, flaw := records[i].StoredOffset(), c.flawOf(i)
			switch {
			case offset == 20 || offset == 40:
				if flaw == nil || !strings.Contains(flaw.Error(), fmt.Sprintf("@%d: ", offset)) {
					t.Errorf("record %d: got the error %v", offset, flaw)
				}
			case flaw != nil, *c.values[i].(*int64) != offset:
				t.Errorf("record %d is %d, %v", offset, *c.values[i].(*int64), flaw)
			case keepValue && i != 13 && string(records[i].Value) != fmt.Sprint(offset):
				t.Errorf("the value of record %d is %q", offset, records[i].Value)
			}
			if records[i].Rows != nil {
				t.Errorf("record %d holds on to its rows", offset)
			}
		}
		if !keepValue && (!slices.Equal(first.alone, []int64{0, 20, 40}) || !slices.Equal(second.alone, []int64{60})) {
			t.Errorf("decoded alone: %v and %v", first.alone, second.alone)
		}
	}
}
