package file

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/leat-go/leat/internal/listing"
)

// This file finds the generations of a followed file again that a run before has read: they may have been rotated since.

// resume opens the file that the lowest of some positions was kept of, and all that have come behind it. REQUIRES: no
// reader has begun.
func (t *trail) resume(positions []*position) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.restart(); err != nil {
		return err
	}
	// As pointers: the code that sorts these is there in any case, and what sorts structs takes 20 KB of each program.
	positions = slices.Clone(positions)
	slices.SortFunc(positions, func(a, b *position) int { return cmp.Compare(a.Offset, b.Offset) })
	lowest := positions[0]
	if lowest.isUnknown() {
		t.first = lowest.Offset // of a file that held nothing yet
		return nil
	}
	name, err := t.find(lowest)
	if err != nil {
		return err
	}
	names, err := successors(t.path, name)
	if err != nil {
		return fmt.Errorf("%s: it was rotated since it was read, and is %s now: %w; %s", t.path, name, err, startAnew)
	}
	t.first = lowest.From.Element
	if err := t.openAll(name, names); err != nil {
		return err
	}
	if len(names) > 0 {
		t.logger.Info("a followed file was rotated since the last run: that one is read to its end, and then what came behind it",
			"file", t.path, "rotated", name, "then", names)
	}
	return t.anchorAll(positions)
}

// openAll opens a file of which some was read, and the ones behind it: the last one, at the path, once it holds
// something. REQUIRES: mu is held.
func (t *trail) openAll(name string, behind []string) error {
	dir := filepath.Dir(t.path)
	if err := t.openAt(filepath.Join(dir, name), t.first); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for i, name := range behind {
		if i == len(behind)-1 {
			if err := t.discover(); err != nil && !errors.Is(err, errNothingYet) {
				return err
			}
		} else if err := t.openAt(filepath.Join(dir, name), -1); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// restart forgets what was found before positions were known. REQUIRES: mu is held.
func (t *trail) restart() error {
	err := t.closeAll()
	t.anchors.reset()
	t.beside = neighbours(t.path)
	return err
}

// anchorAll finds the generation of each position. REQUIRES: mu is held.
func (t *trail) anchorAll(positions []*position) error {
	for _, p := range positions {
		if p.isUnknown() {
			continue // it is come to from the one before
		}
		g, err := t.generationOf(p)
		if err != nil {
			return err
		}
		for _, a := range p.anchors() {
			a.of = g
			t.anchors.add(a)
		}
	}
	return nil
}

// generationOf returns the generation that a position was kept of. REQUIRES: mu is held.
func (t *trail) generationOf(p *position) (*generation, error) {
	for _, g := range t.generations {
		differs, err := p.differs(g.file)
		if err != nil {
			return nil, err
		}
		if differs == "" {
			return g, nil
		}
	}
	return nil, t.lost(p, nil)
}

// isUnknown reports whether a position says nothing of the file that it is in, since that held nothing.
func (p *position) isUnknown() bool { return p.Head.Size == 0 }

// find returns the name of the file that a position was kept of: the followed one, or one beside it. REQUIRES: mu is
// held.
func (t *trail) find(p *position) (string, error) {
	names := []string{filepath.Base(t.path)}
	for _, n := range t.beside {
		names = append(names, n.name)
	}
	var found, compared []string
	for i, name := range names {
		path := filepath.Join(filepath.Dir(t.path), name)
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", openError(path, err)
		}
		differs, err := p.differs(file)
		if err == nil && differs == "" {
			err = p.From.continued(file, path)
			found = append(found, name)
		}
		_ = file.Close()
		if err != nil || i == 0 && differs == "" {
			return name, err
		}
		compared = append(compared, name)
	}
	switch len(found) {
	case 0:
		return "", t.lost(p, compared)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s was rotated since it was read, and several files beside it hold what was read: %s; leave the "+
		"one that it was and move its copies elsewhere", t.path, strings.Join(found, ", "))
}

// lost says that a position's file is nowhere.
func (t *trail) lost(p *position, compared []string) error {
	last := p.last()
	where := "and there is no file beside it"
	if len(compared) > 0 {
		where = "and it isn't among " + strings.Join(compared, ", ")
	}
	return fmt.Errorf("%w: a followed file, %s, was read to line %d, byte %d, before it was rotated, truncated or changed, "+
		"%s: what came behind that line in it is lost to this run. Put it back beside the file, uncompressed, if it is there "+
		"still; %s", errChanged, t.path, last.Line, last.Byte, where, startAnew)
}

// successors returns the names of the files that a rotated one was followed by, the one at the path last: how files are
// named tells which those are.
//
//	a.jsonl.3                     a.jsonl.2, a.jsonl.1, a.jsonl
//	a-2026-11-28.jsonl            a-2026-11-29.jsonl, a-2026-11-30.jsonl, a.jsonl
//	a.jsonl.old                   a.jsonl
//
// When they were written last must not contradict that.
func successors(path, rotated string) (names []string, err error) {
	followed := filepath.Base(path)
	if rotated == followed {
		return nil, nil
	}
	entries, err := listing.Of(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	of := shapeOf(stemOf(path), rotated)
	for _, e := range entries {
		name := e.Name()
		if _, packed := format(name); packed != plain {
			name = strings.TrimSuffix(name, filepath.Ext(name))
			if of.isBehind(name, rotated) {
				return nil, fmt.Errorf("%s, which came behind it, is compressed: decompress it", e.Name())
			}
			continue
		}
		if name != followed && of.isBehind(name, rotated) {
			names = append(names, name)
		}
	}
	// Not slices.SortFunc: nothing else sorts texts so, and 18 KB of each program would be for this.
	sort.Slice(names, func(i, j int) bool { return of.isBehind(names[j], names[i]) })
	if err := of.checkWhole(rotated, names); err != nil {
		return nil, err
	}
	if err := of.checkTimes(filepath.Dir(path), rotated, entries); err != nil {
		return nil, err
	}
	return append(names, followed), nil
}

// checkTimes returns an error where a file of the shape was written last before a rotated one although it has come behind
// it by its name, or the other way round: then the names mean something else.
func (s shape) checkTimes(dir, rotated string, entries []fs.DirEntry) error {
	own, err := os.Stat(filepath.Join(dir, rotated))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if shapeOf(s.stem, e.Name()) != s || e.Name() == rotated {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		order := info.ModTime().Compare(own.ModTime())
		if behind := s.isBehind(e.Name(), rotated); behind && order < 0 || !behind && order > 0 {
			return fmt.Errorf("which files came behind it isn't certain: by its name %s is one of them or not, and by when it "+
				"was written last it is the other way round", e.Name())
		}
	}
	return nil
}
