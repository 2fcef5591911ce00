package parquet

import (
	"bytes"
	"encoding/binary"
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

func (w *waiting) add(object []byte) error {
	size := binary.MaxVarintLen64 + len(object)
	if cap(w.block)-len(w.block) < size {
		if err := w.pack(); err != nil {
			return err
		}
		if cap(w.block) < size {
			w.block = make([]byte, 0, max(size, waitingBlock))
		}
	}
	w.block = append(binary.AppendUvarint(w.block, uint64(len(object))), object...)
	w.count++
	return nil
}

// pack compresses the block at hand, and empties it.
func (w *waiting) pack() (err error) {
	if len(w.block) == 0 {
		return nil
	}
	if w.buffer, err = zstandard.Encode(w.buffer, w.block); err != nil {
		return err
	}
	w.packed, w.block = append(w.packed, bytes.Clone(w.buffer)), w.block[:0]
	return nil
}

// take calls write for each object, in order, and forgets them.
func (w *waiting) take(write func(object []byte) error) (err error) {
	if err := w.pack(); err != nil {
		return err
	}
	packed, block := w.packed, w.block
	*w = waiting{}
	unpack, err := newUnzstd()
	if err != nil {
		return err
	}
	defer unpack.Close()
	for i := range packed {
		if block, err = unpack.DecodeAll(packed[i], block[:0]); err != nil {
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
