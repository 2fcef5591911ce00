// Package intern keeps short texts that come again and again, such as names, so that elements share them instead of each having
// its own.
package intern

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"
)

// Texts keeps texts that have come twice, one behind the other as far as its places tell. It keeps a few, and short ones,
// whatever comes. The zero value is ready for use, by several goroutines, too.
type Texts struct {
	pairs [1 << pairBits]pair
}

// A pair keeps two of the texts whose hash leads to it.
type pair struct {
	newer, older atomic.Pointer[entry]
	seen         atomic.Uint32 // of the hash of what came last and wasn't kept
}

// An entry is a text that is kept. Its words tell it from any other of its length, up to sixteen bytes.
type entry struct {
	first, last uint64
	text        string
}

const (
	pairBits = 9
	// longest is the length of the longest text that is kept.
	longest = 32
)

// Of returns a text as a string.
func (t *Texts) Of(text []byte) string {
	n := len(text)
	switch {
	case n > longest:
		return string(text)
	case n > 16:
		middle := binary.LittleEndian.Uint64(text[8:]) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(text[n-16:]), 29)
		return t.of(text, binary.LittleEndian.Uint64(text)^middle*multiplier, binary.LittleEndian.Uint64(text[n-8:]))
	case n > 8:
		return t.of(text, binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:]))
	}
	return t.of(text, Word(text), 0)
}

// OfWord returns a text of up to eight bytes as a string. Word is what the function of that name makes of it, for callers that
// have it at hand.
func (t *Texts) OfWord(word uint64, text []byte) string { return t.of(text, word, 0) }

// Word returns the bytes of a text of up to eight in one word, the first of them the lowest, and zeros behind them.
func Word(text []byte) uint64 {
	switch n := len(text); {
	case n >= 8:
		return binary.LittleEndian.Uint64(text)
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<(8*(n-4))
	case n > 0:
		return uint64(text[0]) | uint64(text[n/2])<<(8*(n/2)) | uint64(text[n-1])<<(8*(n-1))
	}
	return 0
}

// multiplier is odd, and has its bits spread: 2⁶⁴ by the golden ratio.
const multiplier = 0x9e3779b97f4a7c15

func (t *Texts) of(text []byte, first, last uint64) string {
	hash := (first ^ bits.RotateLeft64(last, 23)) * multiplier // its highest bits depend on all of both
	pair := &t.pairs[hash>>(64-pairBits)]
	if e := pair.newer.Load(); e != nil && e.is(text, first, last) {
		return e.text
	}
	if e := pair.older.Load(); e != nil && e.is(text, first, last) {
		return e.text
	}
	made := string(text)
	if seen := uint32(hash >> (32 - pairBits)); pair.seen.Swap(seen) == seen {
		pair.older.Store(pair.newer.Load())
		pair.newer.Store(&entry{first, last, made})
	}
	return made
}

func (e *entry) is(text []byte, first, last uint64) bool {
	return e.first == first && e.last == last && len(e.text) == len(text) && (len(text) <= 16 || e.text == string(text))
}
