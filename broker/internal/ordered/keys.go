package ordered

import "encoding/binary"

// blockSize is how many offsets a block of keys is for, a power of two.
const blockSize = 256

// keyBlocks holds the keys of rows by their offsets, in blocks: most rows lie side by side, and each of those that are
// read is looked up. A block has the texts of its keys in one piece of memory, in which the garbage collector has
// nothing to look for: there may be a million of them.
type keyBlocks struct {
	blocks map[int64]*keyBlock
	// at is the number of the block that was used last, and last that one; nil for none.
	at   int64
	last *keyBlock
}

// A keyBlock holds keys, each as its values with their lengths before them. Those of a key that is replaced or
// forgotten stay until the block goes.
type keyBlock struct {
	texts []byte
	// begin and end say where in texts a key is; both are 0 where there is none.
	begin, end [blockSize]uint32
	count      int
}

func newKeyBlocks() keyBlocks { return keyBlocks{blocks: map[int64]*keyBlock{}} }

// block returns the block of an offset; nil where there is none.
func (k *keyBlocks) block(offset int64) *keyBlock {
	if at := offset / blockSize; k.last == nil || k.at != at {
		k.at, k.last = at, k.blocks[at]
	}
	return k.last
}

// get returns the key of the row at an offset; nil where there is none.
func (k *keyBlocks) get(offset int64) Key {
	if b := k.block(offset); b != nil {
		return b.key(offset % blockSize)
	}
	return nil
}

// has reports whether there is a key at an offset, and whether it is the one given.
func (k *keyBlocks) has(offset int64, key Key) (there, equal bool) {
	b := k.block(offset)
	if b == nil || b.text(offset%blockSize) == nil {
		return false, false
	}
	text := b.text(offset % blockSize)
	for _, want := range key {
		if len(text) == 0 {
			return true, false
		}
		var value []byte
		if value, text = cutValue(text); string(value) != want {
			return true, false
		}
	}
	return true, len(text) == 0
}

func (k *keyBlocks) set(offset int64, key Key) {
	b := k.block(offset)
	if b == nil {
		b = &keyBlock{}
		if before := k.blocks[offset/blockSize-1]; before != nil {
			b.texts = make([]byte, 0, len(before.texts)) // its keys are likely to be as long
		}
		k.blocks[offset/blockSize], k.last = b, b
	}
	b.set(offset%blockSize, key)
}

// lastBelow returns the key of the last row below an offset; nil where there is none from another offset on.
func (k *keyBlocks) lastBelow(offset, from int64) Key {
	for offset--; offset >= from; offset-- {
		b := k.block(offset)
		if b == nil {
			offset -= offset % blockSize // all of the block
			continue
		}
		if key := b.key(offset % blockSize); key != nil {
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
			b.forget(offset%blockSize, offset%blockSize+next-offset)
			if next%blockSize == 0 && b.count == 0 {
				delete(k.blocks, offset/blockSize)
				k.last = nil
			}
		}
		offset = next
	}
	return last
}

// text returns a key as it is held; nil where there is none.
func (b *keyBlock) text(i int64) []byte {
	if b.end[i] == 0 {
		return nil
	}
	return b.texts[b.begin[i]:b.end[i]]
}

// key returns a key; nil where there is none.
func (b *keyBlock) key(i int64) (key Key) {
	for text := b.text(i); len(text) > 0; {
		var value []byte
		value, text = cutValue(text)
		key = append(key, string(value))
	}
	return key
}

// cutValue cuts off the first value of a key.
func cutValue(text []byte) (value, rest []byte) {
	length, n := binary.Uvarint(text)
	return text[n : n+int(length)], text[n+int(length):]
}

func (b *keyBlock) set(i int64, key Key) {
	if b.end[i] == 0 {
		b.count++
	}
	b.begin[i] = uint32(len(b.texts))
	for _, value := range key {
		b.texts = append(binary.AppendUvarint(b.texts, uint64(len(value))), value...)
	}
	b.end[i] = uint32(len(b.texts))
}

// forget forgets the keys from one index on up to before another one.
func (b *keyBlock) forget(from, before int64) {
	for i := from; i < before; i++ {
		if b.end[i] != 0 {
			b.begin[i], b.end[i] = 0, 0
			b.count--
		}
	}
}
