package parquet

import "encoding/binary"

// waitingBlock is how much memory is taken at a time for what waits.
const waitingBlock = 256 << 10

// A waiting holds objects until the columns are known: side by side, each behind its length. There may be a million.
type waiting struct {
	blocks [][]byte
	count  int
}

func (w *waiting) add(object []byte) {
	size := binary.MaxVarintLen64 + len(object)
	last := len(w.blocks) - 1
	if last < 0 || cap(w.blocks[last])-len(w.blocks[last]) < size {
		w.blocks = append(w.blocks, make([]byte, 0, max(size, waitingBlock)))
		last++
	}
	block := binary.AppendUvarint(w.blocks[last], uint64(len(object)))
	w.blocks[last] = append(block, object...)
	w.count++
}

// take calls write for each object, in order, and forgets them.
func (w *waiting) take(write func(object []byte) error) error {
	blocks := w.blocks
	*w = waiting{}
	for i, block := range blocks {
		blocks[i] = nil // not to be held while the others are written
		for len(block) > 0 {
			size, n := binary.Uvarint(block)
			end := n + int(size)
			if err := write(block[n:end]); err != nil {
				return err
			}
			block = block[end:]
		}
	}
	return nil
}
