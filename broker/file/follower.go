package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// A follower is one reader's offset in a trail.
type follower struct {
	trail *trail
	from  int64
	at    *generation // nil while there is no file
	waits bool        // for the file to be there
	// begun is where it was found, until the reader has taken it.
	begun  *beginning
	offset int64
	// last are the bytes before offset, a footprint at most.
	last []byte
}

// A beginning is the anchor that a reader begins at, with the bytes before it, a footprint at most.
type beginning struct {
	anchor
	tail []byte
}

// Read implements [io.Reader], but returns [errNothingYet] where the file may grow, and [errGenerationEnded] until
// advance is called.
func (f *follower) Read(p []byte) (int, error) {
	if f.at == nil {
		if err := f.trail.begin(f); err != nil {
			return 0, err
		}
	}
	whole, err := f.recognise()
	if err != nil {
		return 0, err
	}
	if !whole {
		return 0, f.trail.changed(f.at, f.offset, 0)
	}
	n, err := f.at.file.ReadAt(f.within(p), f.offset)
	if err != nil && err != io.EOF {
		return 0, err
	}
	// What was read followed what was read before if that is still there.
	whole, err = f.recognise()
	switch {
	case err != nil:
		return 0, err
	case !whole:
		return 0, f.trail.changed(f.at, f.offset, int64(n))
	case n == 0:
		return 0, f.trail.check(f.at, f.offset, f.last)
	}
	if f.offset == 0 {
		f.trail.beginsWith(f.at, p[:n])
	}
	f.offset += int64(n)
	f.last = tailOf(f.last, p[:n])
	return n, nil
}

// begin goes to an anchor. REQUIRES: the trail's mu is held.
func (f *follower) begin(a anchor) error {
	if a.of.cut {
		if err := a.of.end(a.Byte); !errors.Is(err, errGenerationEnded) {
			return err
		}
	}
	f.last = make([]byte, min(footprint, a.Byte))
	if _, err := a.of.file.ReadAt(f.last, a.Byte-int64(len(f.last))); err != nil && len(f.last) > 0 && !a.of.cut {
		return fmt.Errorf("read up to byte %d again: %w", a.Byte, err)
	}
	f.at, f.offset, f.begun = a.of, a.Byte, &beginning{a, slices.Clone(f.last)}
	a.of.readers++
	f.trail.wait(f, false)
	return nil
}

// within cuts a buffer so that nothing behind the end of a generation is read.
func (f *follower) within(p []byte) []byte {
	f.trail.mu.Lock()
	defer f.trail.mu.Unlock()
	if f.at.ended {
		return p[:min(int64(len(p)), max(0, f.at.read-f.offset))]
	}
	return p
}

// recognise reports whether the file still holds what was read last: it may have been truncated, and have grown again
// beyond the offset, while nobody looked.
func (f *follower) recognise() (bool, error) { return holds(f.at.file, f.last, f.offset) }

// holds reports whether a file has some bytes before an offset.
func holds(file *os.File, last []byte, offset int64) (bool, error) {
	now, err := bytesBefore(file, offset, int64(len(last)))
	return err == nil && bytes.Equal(now, last), err
}

// advance goes on to the next generation; index is that of its first element.
func (f *follower) advance(index int64) error {
	next, err := f.trail.advance(f.at, index)
	if err != nil {
		return err
	}
	*f = follower{trail: f.trail, at: next}
	return nil
}

// Close implements [io.Closer].
func (f *follower) Close() error {
	f.trail.leave(f)
	return nil
}
