package file

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/leat-go/leat/internal/listing"
)

// This file finds what a followed file was, or held, for so short a time that nobody has looked: nothing tells of it,
// but whoever rotates leaves it beside the file. What is compressed, moved elsewhere or removed at once can't be found.

// A neighbour is a file beside a followed one that is named after it.
type neighbour struct {
	name string
	info os.FileInfo
	// head are its first bytes, a footprint at most. It may get another name, and its inode may be used again.
	head []byte
}

// neighbours returns the files beside a followed one whose names begin as its does, as rotations name them: a.jsonl.1,
// a-2026-11-28.jsonl. What can't be read is left out.
func neighbours(path string) (all []neighbour) {
	entries, err := listing.Of(filepath.Dir(path))
	if err != nil {
		return nil
	}
	name, stem := filepath.Base(path), stemOf(path)
	for _, e := range entries {
		rest, isNamedAfter := strings.CutPrefix(e.Name(), stem)
		if !isNamedAfter || e.Name() == name || rest == "" || !strings.Contains(".-_", rest[:1]) {
			continue
		}
		if _, packed := format(e.Name()); packed != plain || !e.Type().IsRegular() {
			continue
		}
		file, err := os.Open(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil {
			continue
		}
		info, err := file.Stat()
		if err == nil {
			all = append(all, neighbour{e.Name(), info, headOf(file)})
		}
		_ = file.Close()
	}
	return all
}

// headOf returns the first bytes of a file, a footprint at most.
func headOf(file io.ReaderAt) []byte {
	head := make([]byte, footprint)
	n, _ := file.ReadAt(head, 0)
	return head[:n]
}

// findMissed returns an error about a neighbour with the name of a rotation that has come since this was called last and is
// neither a generation nor a copy of what is known. REQUIRES: mu is held.
func (t *trail) findMissed() error {
	known := make([][]byte, 0, len(t.beside)+len(t.generations))
	for _, n := range t.beside {
		known = append(known, n.head)
	}
	for _, g := range t.generations {
		if !g.cut {
			g.head = headOf(g.file)
		}
		known = append(known, g.head)
	}
	t.beside = neighbours(t.path)
	for _, n := range t.beside {
		isGeneration := slices.ContainsFunc(t.generations, func(g *generation) bool { return os.SameFile(n.info, g.info) })
		isKnown := slices.ContainsFunc(known, func(head []byte) bool { return beginAlike(head, n.head) })
		if !isGeneration && !isKnown && isRotation(t.path, n.name) && t.mayHold(n.head) {
			return fmt.Errorf("it was rotated or truncated twice within %v, faster than it is looked at, "+
				"so that what %s holds now "+
				"was not read; rotate it less often", longestPause, n.name)
		}
	}
	return nil
}

// mayHold reports whether a file that begins so may be one of the followed file's.
func (t *trail) mayHold(head []byte) bool {
	head = bytes.TrimSpace(head)
	return len(head) > 0 && (t.layout == rows || head[0] == '{')
}

// rotationWords are those that names of rotations have beside numbers and the followed file's own name.
var rotationWords = []string{"old", "bak", "backup", "prev", "previous", "orig", "log", "t", "z"}

// isRotation reports whether a name is one that a rotation gives to a followed file: its own with numbers, a date, or old
// or bak. orders-eu.jsonl is another stream's, beside orders.jsonl.
func isRotation(path, name string) bool {
	rest := strings.TrimPrefix(name, stemOf(path))
	rest = strings.Replace(rest, filepath.Ext(path), "", 1)
	words := strings.FieldsFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
	return !slices.ContainsFunc(words, func(word string) bool {
		return !slices.Contains(rotationWords, strings.ToLower(word))
	})
}

// beginAlike reports whether two files, of which the heads are given, may be one or copies.
func beginAlike(a, b []byte) bool {
	n := min(len(a), len(b))
	return n > 0 && bytes.Equal(a[:n], b[:n])
}
