package extsort

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A source gives elements in order.
type source interface {
	// next goes on to the next element; false behind the last.
	next() (bool, error)
	// head returns the element at hand. It is valid until next is called.
	head() *head
}

// A head is an element of a source.
type head struct {
	high, low uint64
	size      uint32 // of the key
	rest      []byte // of the key, behind what high and low hold
	value     []byte
}

// chunkSource gives the elements of a sorted chunk.
type chunkSource struct {
	chunk *chunk
	at    int
	now   head
}

func (s *chunkSource) head() *head { return &s.now }

func (s *chunkSource) next() (bool, error) {
	if s.at == len(s.chunk.entries) {
		return false, nil
	}
	e := &s.chunk.entries[s.at]
	s.at++
	s.now.high, s.now.low, s.now.size = e.high, e.low, e.key
	s.now.rest, s.now.value = s.chunk.rest(e)
	return true, nil
}

// runs are the runs in a temporary file. An element is there as the lengths of its key and its value, as varints, and
// these themselves.
type runs struct {
	file  spill
	size  int64 // of the file
	spans []span
	// lastKey is the greatest key of the last run; nil before the first.
	lastKey []byte
	// written counts the bytes of all files.
	written int64
}

// A span is where a run lies in the file.
type span struct{ from, to int64 }

func newRuns(file spill) *runs { return &runs{file: file} }

const (
	// writeBuffer is how much is written at a time.
	writeBuffer = 256 << 10
	// checkEvery is how many elements are written between two looks at the context.
	checkEvery = 1 << 12
)

// write writes a run, behind the last one or as its continuation.
func (r *runs) write(ctx context.Context, from source, continues bool) error {
	w := r.begin(continues)
	for n := 1; ; n++ {
		ok, err := from.next()
		if err != nil {
			return err
		}
		if !ok {
			return w.end()
		}
		if err := w.add(from.head()); err != nil {
			return err
		}
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// A runWriter writes a run.
type runWriter struct {
	runs      *runs
	continues bool
	from      int64
	buffer    []byte
	key       int // where the last key begins in the buffer
	keySize   int
}

// begin begins a run, or goes on with the last one.
func (r *runs) begin(continues bool) *runWriter {
	return &runWriter{runs: r, continues: continues, from: r.size, buffer: make([]byte, 0, writeBuffer)}
}

// add writes an element.
func (w *runWriter) add(e *head) error {
	size := 2*binary.MaxVarintLen32 + inEntry + len(e.rest) + len(e.value)
	if len(w.buffer)+size > cap(w.buffer) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.buffer = binary.AppendUvarint(w.buffer, uint64(e.size))
	w.buffer = binary.AppendUvarint(w.buffer, uint64(len(e.value)))
	w.key, w.keySize = len(w.buffer), int(e.size)
	w.buffer = append(appendKey(w.buffer, e), e.value...)
	return nil
}

// flush writes what is in the buffer, and notes the last key.
func (w *runWriter) flush() error {
	if len(w.buffer) == 0 {
		return nil
	}
	r := w.runs
	r.lastKey = append(r.lastKey[:0], w.buffer[w.key:w.key+w.keySize]...)
	n, err := r.file.Write(w.buffer)
	r.size += int64(n)
	w.buffer = w.buffer[:0]
	if cap(w.buffer) > writeBuffer {
		w.buffer = make([]byte, 0, writeBuffer)
	}
	return err
}

// end writes the rest of the run.
func (w *runWriter) end() error {
	if err := w.flush(); err != nil {
		return err
	}
	r := w.runs
	r.written += r.size - w.from
	if w.continues {
		r.spans[len(r.spans)-1].to = r.size
	} else {
		r.spans = append(r.spans, span{w.from, r.size})
	}
	return nil
}

// writeMerged writes the elements of several sources as one run.
func (r *runs) writeMerged(ctx context.Context, sources []source) error {
	tree, err := newTree(sources)
	if err != nil {
		return err
	}
	return r.write(ctx, tree, false)
}

// appendKey appends an element's whole key.
func appendKey(dst []byte, e *head) []byte {
	begin := len(dst)
	dst = binary.BigEndian.AppendUint64(dst, e.high)
	dst = binary.BigEndian.AppendUint64(dst, e.low)
	if e.size < inEntry {
		return dst[:begin+int(e.size)]
	}
	return append(dst, e.rest...)
}

// sources returns the runs at spans, read with buffers of so many bytes.
func (r *runs) sources(spans []span, buffer int) []source {
	sources := make([]source, 0, len(spans)+1)
	for _, at := range spans {
		sources = append(sources, &runSource{file: r.file, at: at, buffer: make([]byte, 0, buffer)})
	}
	return sources
}

// runSource reads a run.
type runSource struct {
	file   spill
	at     span // what wasn't read into the buffer yet
	buffer []byte
	pos    int // of what is next in the buffer
	now    head
}

func (s *runSource) head() *head { return &s.now }

// errCutOff says that the file isn't as it was written.
var errCutOff = errors.New("it was changed while it was in use")

func (s *runSource) next() (bool, error) {
	if s.pos == len(s.buffer) && s.at.from == s.at.to {
		return false, nil
	}
	const lengths = 2 * binary.MaxVarintLen32
	if err := s.fill(lengths); err != nil {
		return false, err
	}
	key, n := binary.Uvarint(s.buffer[s.pos:])
	if n <= 0 {
		return false, errCutOff
	}
	value, m := binary.Uvarint(s.buffer[s.pos+n:])
	if m <= 0 || key+value > uint64(len(s.buffer)-s.pos)+uint64(s.at.to-s.at.from) {
		return false, errCutOff
	}
	s.pos += n + m
	if err := s.fill(int(key + value)); err != nil {
		return false, err
	}
	data := s.buffer[s.pos : s.pos+int(key+value)]
	s.pos += len(data)
	s.now.size = uint32(key)
	s.now.high, s.now.low = prefixOf(data[:key])
	s.now.rest, s.now.value = data[min(key, inEntry):key], data[key:]
	return true, nil
}

// fill reads until so many bytes are in the buffer, or the rest of the run is.
func (s *runSource) fill(size int) error {
	have := len(s.buffer) - s.pos
	if have >= size || s.at.from == s.at.to {
		return nil
	}
	rest := s.buffer[s.pos:]
	if size > cap(s.buffer) {
		s.buffer = make([]byte, 0, size)
	}
	s.buffer = s.buffer[:copy(s.buffer[:cap(s.buffer)], rest)]
	s.pos = 0
	room := int(min(int64(cap(s.buffer)-have), s.at.to-s.at.from))
	n, err := s.file.ReadAt(s.buffer[have:have+room], s.at.from)
	if n < room {
		if err == nil || err == io.EOF {
			err = errCutOff
		}
		return fmt.Errorf("read at %d: %w", s.at.from, err)
	}
	s.buffer = s.buffer[:have+room]
	s.at.from += int64(room)
	return nil
}
