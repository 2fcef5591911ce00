package file

import (
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"sync"
)

const (
	// footprint is how many bytes tell whether a file is still the one that was read, at most.
	footprint = 1 << 10
	// maxAnchors is how many anchors of a stream are kept. Where there are more, every second one goes: reading then goes
	// on from a little further before a position.
	maxAnchors = 4096
)

// A fingerprint tells a file again by some of its bytes.
type fingerprint struct {
	// Size is how many bytes it is of, and Sum their CRC-32C. The zero value is that of no bytes.
	Size int64  `json:"size,omitempty"`
	Sum  uint32 `json:"sum,omitempty"`
}

// fingerprintOf returns the fingerprint of texts, one behind the other.
func fingerprintOf(texts ...[]byte) (f fingerprint) {
	for _, text := range texts {
		f = f.followedBy(text)
	}
	return f
}

// followedBy returns the fingerprint of these bytes with more behind them.
func (f fingerprint) followedBy(text []byte) fingerprint {
	return fingerprint{f.Size + int64(len(text)), crc32.Update(f.Sum, crc32.MakeTable(crc32.Castagnoli), text)}
}

// isBefore reports whether a file has these bytes before one of its bytes.
func (f fingerprint) isBefore(file io.ReaderAt, at int64) (bool, error) {
	text, err := bytesBefore(file, at, f.Size)
	return err == nil && fingerprintOf(text) == f, err
}

// bytesBefore returns so many bytes before one of a file; fewer where it ends before that.
func bytesBefore(file io.ReaderAt, at, size int64) ([]byte, error) {
	text := make([]byte, size)
	n, err := file.ReadAt(text, at-size)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text[:n], err
}

// tailOf returns the last bytes of a text and of what follows it, a footprint at most, in the text's memory.
func tailOf(text, behind []byte) []byte {
	behind = behind[max(0, len(behind)-footprint):]
	kept := min(len(text), footprint-len(behind))
	return append(append(text[:0], text[len(text)-kept:]...), behind...)
}

// An anchor is a byte of a file at which an element has ended. Readers leave one behind each batch, so that a position
// can say where reading goes on, at most a batch before it, without noting where each element lies.
type anchor struct {
	// Element is how many elements lie before it, in the file or, where that is followed, in the stream.
	Element int64 `json:"element,omitempty"`
	// Line is how many lines end before it, and Byte how many bytes lie before it: decompressed ones.
	Line int   `json:"line,omitempty"`
	Byte int64 `json:"byte,omitempty"`
	// The bytes before it, up to a footprint.
	fingerprint
	// of is the generation where the file is followed.
	of *generation
}

// anchors are those of a stream from the lowest rewind point on, in their order. They are safe for concurrent use.
type anchors struct {
	mu  sync.Mutex
	all []anchor
	// reach is how far the session's file reaches, in bytes as it lies on disk: what is appended to a finite file from
	// there on belongs to the next session.
	reach int64
	// behindMark is the offset behind the end of what can be read once only, which is a mark; zero until it was read.
	behindMark int64
}

// add adds an anchor. Where several nodes read one stream, only the first to come somewhere needs to.
func (as *anchors) add(a anchor) {
	as.mu.Lock()
	defer as.mu.Unlock()
	at := as.behind(a.Element)
	if at > 0 {
		before := &as.all[at-1]
		isKnown := before.Element == a.Element && before.of == a.of
		if isKnown || at < len(as.all) && a.Element-before.Element < batchSize {
			return
		}
	}
	as.all = append(as.all, a) // and not slices.Insert, which would be 5 KB of each program
	copy(as.all[at+1:], as.all[at:])
	as.all[at] = a
	if len(as.all) > maxAnchors {
		as.thin()
	}
}

// thin removes every second anchor, but not the last one. REQUIRES: mu is held.
func (as *anchors) thin() {
	kept := as.all[:0]
	for i := range as.all {
		if i%2 == 0 || i == len(as.all)-1 {
			kept = append(kept, as.all[i])
		}
	}
	clear(as.all[len(kept):])
	as.all = kept
}

// behind returns the index of the first anchor behind an offset. REQUIRES: mu is held.
func (as *anchors) behind(offset int64) int {
	at, _ := slices.BinarySearchFunc(as.all, offset, func(a anchor, offset int64) int {
		if a.Element > offset {
			return 1
		}
		return -1
	})
	return at
}

// before returns the last anchor at an offset or before it; the zero value, which is the file's beginning, for none.
func (as *anchors) before(offset int64) anchor {
	as.mu.Lock()
	defer as.mu.Unlock()
	if at := as.behind(offset); at > 0 {
		return as.all[at-1]
	}
	return anchor{}
}

// around returns the anchors next to an offset, before it or there and, in the same file, behind it. Of a generation
// that holds nothing yet no run could tell later which file it was, so the end of the one before stands for it.
func (as *anchors) around(offset int64) (before anchor, behind *anchor) {
	as.mu.Lock()
	defer as.mu.Unlock()
	at := as.behind(offset)
	for at > 1 && as.all[at-1].of != nil && as.all[at-1].of.isUnknown() && !as.all[at-2].of.cut {
		at--
	}
	if at > 0 {
		before = as.all[at-1]
	}
	if before.Element < offset || before.Byte == 0 {
		if at < len(as.all) && as.all[at].of == before.of {
			next := as.all[at]
			behind = &next
		}
	}
	return before, behind
}

// forget forgets what isn't needed for an offset and those above.
func (as *anchors) forget(offset int64) {
	as.mu.Lock()
	defer as.mu.Unlock()
	if at := as.behind(offset); at > 2 { // the one before may stand for it
		as.all = slices.Delete(as.all, 0, at-2)
	}
}

// reset forgets all.
func (as *anchors) reset() {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.all = nil
}

// reaches notes how far the session's file reaches.
func (as *anchors) reaches(bytes int64) {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.reach = max(as.reach, bytes)
}

// reached returns how far the session's file reaches.
func (as *anchors) reached() int64 {
	as.mu.Lock()
	defer as.mu.Unlock()
	return as.reach
}

// end notes the offset behind the mark of what can be read once only.
func (as *anchors) end(behindMark int64) {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.behindMark = behindMark
}

// isBehindMark reports whether an offset is behind the mark of what can be read once only.
func (as *anchors) isBehindMark(offset int64) bool {
	as.mu.Lock()
	defer as.mu.Unlock()
	return as.behindMark > 0 && offset >= as.behindMark
}
