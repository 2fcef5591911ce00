package kafka

import (
	"math/bits"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A recordPool gives the library's clients the memory of the records that they fetch. The memory comes back when all
// records of a batch were copied to records of ours (kgo.Record.Recycle). What those refer to, keys and values, is
// not reused. The pool is safe for concurrent use.
//
// Without it, the library's records, some 160 bytes each, would be most of the garbage collector's work.
type recordPool struct {
	// classes hold lists of records, by the number that slabSize gives to their capacity.
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
