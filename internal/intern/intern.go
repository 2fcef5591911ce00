// Package intern keeps short texts that come again and again, such as names, so that elements share them instead of each having
// its own.
package intern

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

	"github.com/leat-go/leat/internal/swar"
)

// Texts keeps texts that have come twice, one behind the other as far as its places tell. It keeps a few, and short ones,
// whatever comes. The zero value is ready for use, by several goroutines, too.
type Texts struct {
	pairs [1 << pairBits]pair
}

// A pair keeps two of the texts whose hash leads to it.
type pair struct {
	kept [2]atomic.Pointer[entry]
	seen atomic.Uint32 // of the hash of what came last and wasn't kept
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
	switch n := len(text); {
	case n > longest:
		return string(text)
	case n > 8:
		return t.of(text, binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:]))
	}
	return t.of(text, swar.Short(text), 0)
}

// OfWord returns a text of up to eight bytes as a string, for callers that have it as a word, as [swar.Short] returns it.
func (t *Texts) OfWord(word uint64, text []byte) string { return t.of(text, word, 0) }

// multiplier is odd, and has its bits spread: 2⁶⁴ by the golden ratio.
const multiplier = 0x9e3779b97f4a7c15

func (t *Texts) of(text []byte, first, last uint64) string {
	hash := (first ^ bits.RotateLeft64(last, 23)) * multiplier // its highest bits depend on all of both
	pair := &t.pairs[hash>>(64-pairBits)]
	for i := range pair.kept {
		e := pair.kept[i].Load()
		if e != nil && e.first == first && e.last == last && len(e.text) == len(text) &&
			(len(text) <= 16 || e.text == string(text)) {
			return e.text
		}
	}
	made := string(text)
	if seen := uint32(hash >> (32 - pairBits)); pair.seen.Swap(seen) == seen {
		pair.kept[1].Store(pair.kept[0].Load())
		pair.kept[0].Store(&entry{first, last, made})
	}
	return made
}
