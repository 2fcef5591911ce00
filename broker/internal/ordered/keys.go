package ordered

import "slices"

// blockSize is how many offsets a block of keys is for, a power of two.
const blockSize = 256

// keyBlocks holds the keys of rows by their offsets, in blocks: most rows lie side by side, and each of those that are
// read is looked up.
type keyBlocks struct {
	blocks map[int64]*[blockSize]Key
	// at is the number of the block that was used last, and last that one; nil for none.
	at   int64
	last *[blockSize]Key
}

func newKeyBlocks() keyBlocks { return keyBlocks{blocks: map[int64]*[blockSize]Key{}} }

// block returns the block of an offset; nil where there is none.
func (k *keyBlocks) block(offset int64) *[blockSize]Key {
	if at := offset / blockSize; k.last == nil || k.at != at {
		k.at, k.last = at, k.blocks[at]
	}
	return k.last
}

// get returns the key of the row at an offset; nil where there is none.
func (k *keyBlocks) get(offset int64) Key {
	if b := k.block(offset); b != nil {
		return b[offset%blockSize]
	}
	return nil
}

func (k *keyBlocks) set(offset int64, key Key) {
	b := k.block(offset)
	if b == nil {
		b = new([blockSize]Key)
		k.blocks[offset/blockSize], k.last = b, b
	}
	b[offset%blockSize] = key
}

// lastBelow returns the key of the last row below an offset; nil where there is none from another offset on.
func (k *keyBlocks) lastBelow(offset, from int64) Key {
	for offset--; offset >= from; offset-- {
		b := k.block(offset)
		if b == nil {
			offset -= offset % blockSize // all of the block
			continue
		}
		if key := b[offset%blockSize]; key != nil {
			return key
		}
	}
	return nil
}

// forget forgets the keys from one offset on up to before another one, and returns the last of them; nil for none.
func (k *keyBlocks) forget(from, before int64) (last Key) {
	for offset := from; offset < before; {
		next := min(before, offset-offset%blockSize+blockSize)
		if b := k.block(offset); b != nil {
			if key := k.lastBelow(next, offset); key != nil {
				last = key
			}
			clear(b[offset%blockSize : offset%blockSize+next-offset])
			if next%blockSize == 0 && !slices.ContainsFunc(b[:], func(key Key) bool { return key != nil }) {
				delete(k.blocks, offset/blockSize)
				k.last = nil
			}
		}
		offset = next
	}
	return last
}
