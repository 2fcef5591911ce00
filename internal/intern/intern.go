// Package intern keeps short texts that come again and again, such as names, so that elements share them instead of each having
// its own.
package intern

import "sync/atomic"

// Texts keeps texts that have come twice, one behind the other as far as its places tell. It keeps a few, and short ones,
// whatever comes. The zero value is ready for use, by several goroutines, too.
type Texts struct {
	kept [places]atomic.Pointer[string]
	seen [places]atomic.Uint32 // the hash of what came last in a place and wasn't kept
}

const (
	places = 256
	// longest is the length of the longest text that is kept.
	longest = 32
)

// Of returns a text as a string.
func (t *Texts) Of(text []byte) string {
	if len(text) > longest {
		return string(text)
	}
	hash := uint32(2166136261)
	for _, c := range text {
		hash = (hash ^ uint32(c)) * 16777619 // FNV
	}
	place := hash % places
	if kept := t.kept[place].Load(); kept != nil && *kept == string(text) {
		return *kept
	}
	made := string(text)
	if t.seen[place].Swap(hash) == hash {
		again := made // made itself would be on the heap each time
		t.kept[place].Store(&again)
	}
	return made
}
