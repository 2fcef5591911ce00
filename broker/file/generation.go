package file

import (
	"fmt"
	"io/fs"
	"os"
)

// A generation is what a followed file is between two rotations or truncations.
type generation struct {
	// file is that of the generation before, too, where that was truncated.
	file *os.File
	info fs.FileInfo
	// begin is the index of its first element in the stream, or of the first that is needed; -1 until a reader has read all
	// before it.
	begin int64
	// size is the largest that was seen, and read how far a reader has come, at most. Where the generation has ended that
	// is its end, and cut says that it was truncated there, so that nothing before can be read again.
	size, read int64
	ended, cut bool
	// tip are the bytes before read, a footprint at most.
	tip []byte
	// head are its first bytes, a footprint at most, once they were read.
	head []byte
	// missed says what was there between the generation before and this one, and nobody has seen.
	missed error
	// late is how many bytes came behind the end.
	late int64
	// readers is how many readers are in it.
	readers int
}

// reach notes that a reader has come to an offset, behind some bytes. REQUIRES: the trail's mu is held.
func (g *generation) reach(offset int64, last []byte) {
	if offset > g.read {
		g.read, g.tip = offset, append(g.tip[:0], last...)
		g.size = max(g.size, offset)
	}
}

// end returns [errGenerationEnded] at the end of a generation that has ended, and before it what can't be read any
// more. REQUIRES: the trail's mu is held.
func (g *generation) end(offset int64) error {
	end := g.read
	if g.cut {
		end = g.size
	}
	if offset < end {
		return fmt.Errorf("it was truncated before it was read to its end: %d bytes are lost; rotate it by renaming it",
			end-offset)
	}
	return errGenerationEnded
}

// isUnknown reports whether nothing is known of what it holds. REQUIRES: the trail's mu is held.
func (g *generation) isUnknown() bool { return len(g.head) == 0 }
