package engine

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/extsort"
)

// wholeSortMemory is how many bytes of elements a stream that is sorted as a whole keeps in memory. What is more goes to
// a temporary file.
const wholeSortMemory = 64 << 20

// A wholeSort sorts a stream as a whole. Its temporary file is no state: a restart sorts again.
type wholeSort struct {
	sorter *sorter
	// out is nil before the first element was read. sorted says that all were.
	out     *extsort.Sorter
	sorted  bool
	waiting int
	buffer  []byte
	places  broker.Places
}

// push adds an element with the bytes of its key.
func (w *wholeSort) push(ctx context.Context, key []byte, record *broker.Record) (err error) {
	if w.out == nil {
		w.out = extsort.New(extsort.Options{Memory: wholeSortMemory})
	}
	if w.buffer, err = w.appendRecord(w.buffer[:0], key, record); err != nil {
		return err
	}
	w.waiting++
	return w.out.Push(ctx, key, w.buffer)
}

// pull releases the next elements, once all were read.
func (w *wholeSort) pull(ctx context.Context) error {
	if w.out == nil {
		return nil
	}
	if !w.sorted {
		if err := w.out.Sort(ctx); err != nil {
			return err
		}
		w.sorted = true
	}
	var records []broker.Record
	var keys [][]byte
	for len(records) < chunkSize {
		encoded, err := w.out.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		key, record, err := w.readRecord(encoded)
		if err != nil {
			return err
		}
		records, keys = append(records, record), append(keys, key)
	}
	if len(records) == 0 {
		return nil
	}
	return w.release(records, keys)
}

// release releases elements. They were decoded to compute their keys, and are decoded again, since memory and the
// temporary file hold them as they were read.
func (w *wholeSort) release(records []broker.Record, keys [][]byte) error {
	s := w.sorter
	c := s.node.cursor.feed.chunkOf(records)
	if err := s.node.decode(c); err != nil {
		return err
	}
	for i := range records {
		if flaw := c.flawOf(i); flaw != nil {
			return s.node.located(&records[i], flaw)
		}
		s.out.add(records[i].Ranked(s.ranking.nextRank()), c.values[i])
		s.ranking.add(keys[i], records[i].Offset)
		s.hasReleased = true
	}
	w.waiting -= len(records)
	return nil
}

func (w *wholeSort) close() error {
	if w.out == nil {
		return nil
	}
	return w.out.Close()
}

// appendRecord appends a record, and the bytes of its key, as they lie in memory and the temporary file.
func (w *wholeSort) appendRecord(dst, key []byte, r *broker.Record) ([]byte, error) {
	dst = appendBytes(dst, key)
	dst = binary.AppendVarint(dst, r.Offset)
	dst = binary.AppendVarint(dst, int64(r.Line))
	dst = binary.AppendVarint(dst, int64(r.Column))
	dst = binary.AppendVarint(dst, w.places.Number(r.In))
	dst = appendBytes(dst, r.Value)
	dst = appendBytes(dst, r.Key)
	at, err := r.Time.MarshalBinary()
	if err != nil {
		return dst, fmt.Errorf("the time of the record at offset %d: %w", r.Offset, err)
	}
	dst = appendBytes(dst, at)
	if len(r.Headers) == 0 {
		return dst, nil
	}
	headers, err := json.Marshal(r.Headers)
	return append(dst, headers...), err
}

// appendBytes appends bytes with their length; nil is another than none.
func appendBytes(dst, b []byte) []byte {
	if b == nil {
		return binary.AppendUvarint(dst, 0)
	}
	return append(binary.AppendUvarint(dst, uint64(len(b))+1), b...)
}

// readRecord reads what appendRecord has appended, into memory of its own.
func (w *wholeSort) readRecord(encoded []byte) (key []byte, r broker.Record, err error) {
	d := recordReader(append([]byte(nil), encoded...))
	key = d.bytes()
	r.Offset, r.Line, r.Column = d.varint(), int(d.varint()), int(d.varint())
	r.In = w.places.Of(d.varint())
	r.Value, r.Key = d.bytes(), d.bytes()
	if err = r.Time.UnmarshalBinary(d.bytes()); err == nil && len(d) > 0 {
		err = json.Unmarshal(d, &r.Headers)
	}
	return key, r, err
}

type recordReader []byte

func (d *recordReader) varint() int64 {
	v, n := binary.Varint(*d)
	*d = (*d)[n:]
	return v
}

func (d *recordReader) bytes() []byte {
	size, n := binary.Uvarint(*d)
	if *d = (*d)[n:]; size == 0 {
		return nil
	}
	b := (*d)[: size-1 : size-1]
	*d = (*d)[size-1:]
	return b
}
