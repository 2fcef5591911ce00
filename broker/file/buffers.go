package file

import (
	"slices"

	"github.com/leat-go/leat/broker"
)

const (
	// maxLent is how many batches are remembered with the buffer that their values lie in, and maxFree how many buffers are
	// kept to be used again. What is beyond is left to the garbage collector.
	maxLent = 32
	maxFree = 8
)

// buffers are the memory that a reader's text lies in. One is used again when all batches whose values lie in it were given
// back, and nobody refers to the values.
type buffers struct {
	// filled is the one that text is read into; nil before the first.
	filled *buffer
	free   []*buffer
	lent   []lent
}

type buffer struct {
	memory []byte
	// lent is how many batches have values in it that weren't given back.
	lent int
}

// lent is a batch, known by where its records lie, and what its values lie in.
type lent struct {
	first *broker.Record
	in    *buffer
}

// next returns memory of a size for the text that follows. It holds nothing that anybody needs.
func (b *buffers) next(size int) []byte {
	last := len(b.free) - 1
	if size > bufferSize || last < 0 {
		b.filled = &buffer{memory: make([]byte, 0, size)}
		return b.filled.memory
	}
	b.filled, b.free = b.free[last], b.free[:last]
	return b.filled.memory
}

// leave says that text is read into another buffer than the one given, which is nil where there was none.
func (b *buffers) leave(left *buffer) {
	if left != nil && left.lent == 0 {
		b.keep(left)
	}
}

// keep keeps a buffer that nobody refers to.
func (b *buffers) keep(of *buffer) {
	if cap(of.memory) == bufferSize && len(b.free) < maxFree {
		b.free = append(b.free, of)
	}
}

// lend says that a batch has values in the buffer that is being filled.
func (b *buffers) lend(records []broker.Record) {
	if b.filled == nil {
		return
	}
	if len(b.lent) == maxLent {
		b.lent = slices.Delete(b.lent, 0, 1)
	}
	b.filled.lent++
	b.lent = append(b.lent, lent{&records[0], b.filled})
}

// giveBack says that a batch is not used any more, and with unused that its values aren't either.
func (b *buffers) giveBack(records []broker.Record, unused bool) {
	first := &records[0]
	i := slices.IndexFunc(b.lent, func(l lent) bool { return l.first == first })
	if i < 0 {
		return
	}
	of := b.lent[i].in
	b.lent = slices.Delete(b.lent, i, i+1)
	if !unused {
		return // its buffer is never used again
	}
	if of.lent--; of.lent == 0 && of != b.filled {
		b.keep(of)
	}
}

// batch returns an empty list for about n records, up to a batch.
func (r *reader) batch(n int) []broker.Record {
	if last := len(r.spare) - 1; last >= 0 {
		records := r.spare[last]
		r.spare = r.spare[:last]
		return records
	}
	return make([]broker.Record, 0, min(batchSize, n))
}

// Recycle takes back records, to use their memory again. See broker.Recycler.
func (r *reader) Recycle(records []broker.Record) { r.recycle(records, false) }

// RecycleValues takes back records, to use the memory of their values again, too. See broker.ValueRecycler.
func (r *reader) RecycleValues(records []broker.Record) { r.recycle(records, true) }

func (r *reader) recycle(records []broker.Record, unused bool) {
	if len(records) > 0 {
		r.buffers.giveBack(records, unused)
	}
	if cap(records) >= batchSize && len(r.spare) < maxSpare {
		r.spare = append(r.spare, records[:0])
	}
}
