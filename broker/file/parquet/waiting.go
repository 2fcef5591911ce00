package parquet

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/s2"
)

// waitingBlock is how much memory is taken at a time for what waits.
const waitingBlock = 256 << 10

// A waiting holds objects until the columns are known: side by side, each behind its length. There may be a million, and they
// are much alike, so all but the last ones are compressed.
type waiting struct {
	packed [][]byte
	block  []byte
	buffer []byte
	count  int
}

func (w *waiting) add(object []byte) {
	size := binary.MaxVarintLen64 + len(object)
	if cap(w.block)-len(w.block) < size {
		w.pack()
		if cap(w.block) < size {
			w.block = make([]byte, 0, max(size, waitingBlock))
		}
	}
	w.block = append(binary.AppendUvarint(w.block, uint64(len(object))), object...)
	w.count++
}

// pack compresses the block at hand, and empties it.
func (w *waiting) pack() {
	if len(w.block) == 0 {
		return
	}
	w.buffer = resize(w.buffer, s2.MaxEncodedLen(len(w.block)))
	w.packed, w.block = append(w.packed, bytes.Clone(s2.Encode(w.buffer, w.block))), w.block[:0]
}

// take calls write for each object, in order, and forgets them.
func (w *waiting) take(write func(object []byte) error) (err error) {
	w.pack()
	packed, block := w.packed, w.block
	*w = waiting{}
	for i := range packed {
		if block, err = s2.Decode(block[:cap(block)], packed[i]); err != nil {
			return err
		}
		packed[i] = nil // not to be held while the others are written
		for rest := block; len(rest) > 0; {
			size, n := binary.Uvarint(rest)
			end := n + int(size)
			if err := write(rest[n:end]); err != nil {
				return err
			}
			rest = rest[end:]
		}
	}
	return nil
}
