package extsort

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/bits"
	"runtime"
	"sync"
)

// A chunk is what is in memory: the elements one behind the other in blocks, and for each of them an entry, which is
// what is sorted.
type chunk struct {
	limit   int64
	used    int64
	entries []entry
	spare   []entry // for merging

	blocks [][]byte
	free   [][]byte
	moved  [][]byte // the list of blocks before elements were moved, whose memory is used again
	// disordered is set when an entry is below the one before it.
	disordered bool
}

// An entry is an element in a chunk. The first bytes of its key are in it, as numbers, since most comparisons need no
// more: an entry is found in the cache where the element isn't.
type entry struct {
	high, low uint64
	// block and offset tell where the rest of the key lies, and the value behind it.
	block, offset uint32
	key, value    uint32 // their lengths
}

const (
	inEntry = 16
	// entrySize is what an entry takes, and half of another one for merging.
	entrySize = 32 + 16
	// blockSize is that of all blocks but those of an element that is larger.
	blockSize = 256 << 10
)

// full reports whether an element of so many bytes doesn't fit. One always does.
func (c *chunk) full(size int) bool {
	return len(c.entries) > 0 && c.used+entrySize+int64(size) > c.limit
}

// add adds an element. REQUIRES: the chunk isn't full.
func (c *chunk) add(key, value []byte) {
	e := entry{key: uint32(len(key)), value: uint32(len(value))}
	e.high, e.low = prefixOf(key)
	rest := key[min(len(key), inEntry):]
	size := len(rest) + len(value)
	block := c.room(size)
	e.block, e.offset = uint32(len(c.blocks)-1), uint32(len(block))
	c.blocks[e.block] = append(append(block, rest...), value...)
	c.used += int64(size) + entrySize
	if len(c.entries) == cap(c.entries) {
		c.grow()
	}
	c.entries = append(c.entries, e)
	if n := len(c.entries); n > 1 && !c.disordered {
		c.disordered = c.less(&c.entries[n-1], &c.entries[n-2])
	}
}

// grow makes room for twice as many entries. The sizes are those of which one is enough for all that will be there if those to
// come are like those that are. What they lay in until then is for merging: nothing is left to the garbage collector.
func (c *chunk) grow() {
	n := len(c.entries)
	room := 64
	if n > 0 {
		for room = max(int(float64(n)*1.02*float64(c.limit)/float64(c.used)), n+n/16+1); (room+1)/2 > n; {
			room = (room + 1) / 2
		}
	}
	before := c.entries
	c.entries = append(make([]entry, 0, room), before...)
	if cap(before) > cap(c.spare) {
		c.spare = before[:cap(before)]
	}
}

// room returns the last block, with room for so many bytes.
func (c *chunk) room(size int) []byte {
	if n := len(c.blocks); n > 0 && cap(c.blocks[n-1])-len(c.blocks[n-1]) >= size {
		return c.blocks[n-1]
	}
	var block []byte
	switch last := len(c.free) - 1; {
	case size > blockSize:
		block = make([]byte, 0, size)
	case last >= 0:
		block, c.free = c.free[last], c.free[:last]
	default:
		block = make([]byte, 0, blockSize)
	}
	c.blocks = append(c.blocks, block)
	return block
}

// reset forgets all elements, and keeps the memory.
func (c *chunk) reset() {
	c.recycle(c.blocks)
	c.blocks, c.entries, c.used, c.disordered = c.blocks[:0], c.entries[:0], 0, false
}

// recycle keeps blocks for other elements.
func (c *chunk) recycle(blocks [][]byte) {
	for _, block := range blocks {
		if cap(block) == blockSize {
			c.free = append(c.free, block[:0])
		}
	}
	clear(blocks)
}

// prefixOf returns a key's first bytes as two numbers.
func prefixOf(key []byte) (high, low uint64) {
	if len(key) < inEntry {
		var padded [inEntry]byte
		copy(padded[:], key)
		return binary.BigEndian.Uint64(padded[:]), binary.BigEndian.Uint64(padded[8:])
	}
	return binary.BigEndian.Uint64(key), binary.BigEndian.Uint64(key[8:])
}

// rest returns what of an element's key isn't in its entry, and its value.
func (c *chunk) rest(e *entry) (key, value []byte) {
	data := c.blocks[e.block][e.offset:]
	n := uint32(0)
	if e.key > inEntry {
		n = e.key - inEntry
	}
	return data[:n], data[n : n+e.value]
}

// less reports whether the key of a is below that of b.
func (c *chunk) less(a, b *entry) bool {
	if a.high == b.high && a.low == b.low {
		return (a.key > inEntry || b.key > inEntry || a.key != b.key) && c.lessBehind(a, b)
	}
	_, borrow := bits.Sub64(a.low, b.low, 0)
	_, borrow = bits.Sub64(a.high, b.high, borrow)
	return borrow > 0
}

// lessBehind compares keys that have the same first bytes: the zeros that fill up a short key may be those of another.
func (c *chunk) lessBehind(a, b *entry) bool {
	if a.key <= inEntry || b.key <= inEntry {
		return a.key < b.key
	}
	restA, _ := c.rest(a)
	restB, _ := c.rest(b)
	return bytes.Compare(restA, restB) < 0
}

// continues reports whether the chunk, which is sorted, goes on where a key ends; nil is none.
func (c *chunk) continues(last []byte) bool {
	if last == nil || len(c.entries) == 0 {
		return false
	}
	first := c.entries[0]
	rest, _ := c.rest(&first)
	return bytes.Compare(appendKey(nil, &head{high: first.high, low: first.low, size: first.key, rest: rest}), last) >= 0
}

// sort sorts the entries; nothing is done where they are in order.
func (c *chunk) sort(ctx context.Context) error {
	if !c.disordered {
		return ctx.Err()
	}
	if half := (len(c.entries) + 1) / 2; cap(c.spare) < half {
		c.spare = make([]entry, (cap(c.entries)+1)/2)
	}
	c.sortAll(ctx, c.entries, c.spare[:cap(c.spare)], runtime.GOMAXPROCS(0))
	c.disordered = false
	return ctx.Err()
}

const (
	// few entries are sorted by insertion, which is the fastest way for elements that are only a few places off.
	few = 24
	// many entries are sorted by several goroutines, and not to the end when the context has ended.
	many = 1 << 14
)

// sortAll is a merge sort, of as many goroutines as given. It is stable. spare has room for half of the entries.
func (c *chunk) sortAll(ctx context.Context, entries, spare []entry, goroutines int) {
	if len(entries) <= few {
		c.insert(entries)
		return
	}
	half := len(entries) / 2
	left, right := entries[:half], entries[half:]
	switch isLarge := len(entries) >= many; {
	case isLarge && ctx.Err() != nil:
		return
	case !isLarge || goroutines < 2:
		c.sortAll(ctx, left, spare, 1)
		c.sortAll(ctx, right, spare, 1)
	default:
		var other sync.WaitGroup
		quarter := (half + 1) / 2
		other.Go(func() { c.sortAll(ctx, left, spare[:quarter:quarter], goroutines/2) })
		c.sortAll(ctx, right, spare[quarter:], goroutines-goroutines/2)
		other.Wait()
	}
	c.merge(entries, half, spare)
}

// insert sorts by insertion.
func (c *chunk) insert(entries []entry) {
	for i := 1; i < len(entries); i++ {
		e := entries[i]
		to := i
		for to > 0 && c.less(&e, &entries[to-1]) {
			entries[to] = entries[to-1]
			to--
		}
		entries[to] = e
	}
}

// merge merges two halves, each sorted. What of the left is not above the right's first stays where it is, and what of
// the right is not below the left's last: nearly all, where the elements are nearly in order.
func (c *chunk) merge(entries []entry, half int, spare []entry) {
	first, last := &entries[half], &entries[half-1]
	if !c.less(first, last) {
		return
	}
	from := search(half, func(i int) bool { return c.less(first, &entries[half-1-i]) })
	from = half - from
	to := half + search(len(entries)-half, func(i int) bool { return c.less(&entries[half+i], last) })
	left := spare[:copy(spare, entries[from:half])]
	at, right := from, half
	for len(left) > 0 && right < to {
		if c.less(&entries[right], &left[0]) {
			entries[at] = entries[right]
			right++
		} else {
			entries[at] = left[0]
			left = left[1:]
		}
		at++
	}
	copy(entries[at:], left)
}

// search returns how many of n things, from the first on, hold: first by steps that double, since these are mostly few.
func search(n int, holds func(i int) bool) int {
	low, step := 0, 1
	for low+step <= n && holds(low+step-1) {
		low += step
		step *= 2
	}
	high := min(low+step-1, n)
	for low < high {
		if middle := int(uint(low+high) / 2); holds(middle) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}
