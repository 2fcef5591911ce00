package kafka

import (
	"math/bits"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A recordPool is where the library's clients take the memory of fetched records from. It comes back when all of a batch
// were made records of ours (kgo.Record.Recycle), which keep the bytes that they refer to. It is safe for concurrent use.
//
// Without it, the library's records would be most of what there is for the garbage collector: some 160 bytes each.
type recordPool struct {
	// classes hold lists whose capacities are those of slabSize, by their number.
	classes [8 * maxSteps]sync.Pool
}

// maxSteps is how often sizes double. Lists beyond that are left to the garbage collector.
const maxSteps = 16

// slabSize returns the capacity of the lists for n records, at most a quarter more than needed, and the number of their
// class.
func slabSize(n int) (size, class int) {
	n = max(n, 1)
	step := max(bits.Len(uint(n-1))-3, 0)
	units := (n + 1<<step - 1) >> step // at most eight
	return units << step, 8*step + units - 1
}

// GetRecords implements kgo.PoolRecords.
func (p *recordPool) GetRecords(n int) []kgo.Record {
	size, class := slabSize(n)
	if class < len(p.classes) {
		if slab, ok := p.classes[class].Get().(*[]kgo.Record); ok {
			return (*slab)[:0]
		}
	}
	return make([]kgo.Record, 0, size)
}

// PutRecords implements kgo.PoolRecords.
func (p *recordPool) PutRecords(slab []kgo.Record) {
	size, class := slabSize(cap(slab))
	if class < len(p.classes) && size == cap(slab) {
		p.classes[class].Put(&slab)
	}
}
