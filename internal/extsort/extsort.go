// Package extsort sorts more elements than fit into memory. Elements are pushed in any order, each with a key, and
// pulled in the order of their keys; those with equal keys stay in the order in which they came. Keys are compared byte
// by byte, elements are bytes of which nothing is known.
//
// What has come is kept in memory (chunk.go) up to the bound that is given. A chunk that is full is sorted and written
// to a temporary file as a run (run.go); where it goes on behind the run before, as chunks of a stream in order do, it
// becomes a part of that run. In the end the runs and the last chunk, which stays in memory, are merged (merge.go):
//
//	pushed    5 3 9 | 4 1 7 | 8 2      three elements are a chunk
//	runs      3 5 9   1 4 7
//	memory    2 8
//	pulled    1 2 3 4 5 7 8 9
//
// Elements that are nearly in order needn't be kept at all: they are written while others come (ahead.go).
//
// The file is locked as long as it is used, so that the next process removes what a killed one has left behind, on
// systems that have such locks.
package extsort

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"syscall"

	"github.com/leat-go/leat/internal/tempfile"
)

// Options are the options of [New]. The zero value is good for use.
type Options struct {
	// Memory is how many bytes elements may take in memory, what sorting them takes included; zero is [DefaultMemory].
	// Merging takes some more: one element of each run, and an eighth of Memory.
	Memory int64
	// Dir is the folder of temporary files; empty is that of [os.TempDir].
	Dir string
	// Ahead takes elements that are nearly in order as they are pushed, so that they needn't be kept; nil for no such thing. It
	// is called within Push and Sort for elements in their order, from the first one on. Those that it gets aren't returned by
	// Next; but see [Sorter.Displaced].
	Ahead func(value []byte) error
}

// DefaultMemory is the bound of memory if none is given.
const DefaultMemory = 256 << 20

// prefix is what names of temporary files begin with.
const prefix = "leat-sort-"

// A Sorter sorts elements: Push them all, call Sort, and pull them by Next. It must be closed. It is not safe for
// concurrent use, and sorts with as many goroutines as there are processors, which have ended when a call returns.
type Sorter struct {
	dir    string
	memory int64
	create func(dir string) (spill, error)

	chunk chunk
	runs  *runs // nil before the first chunk was written
	ahead ahead
	out   source
}

// spill is the temporary file.
type spill interface {
	io.Writer
	io.ReaderAt
	// Remove closes and removes it.
	Remove() error
}

// New returns a sorter without elements. It removes the temporary files of processes that were killed.
func New(options Options) *Sorter {
	s := &Sorter{dir: options.Dir, memory: options.Memory, create: createFile}
	if s.dir == "" {
		s.dir = os.TempDir()
	}
	if s.memory <= 0 {
		s.memory = DefaultMemory
	}
	tempfile.RemoveStale(s.dir, prefix)
	s.chunk.limit = s.memory
	if s.ahead.put = options.Ahead; s.ahead.put != nil {
		s.chunk.limit = min(firstWindow, s.memory/2+1)
	}
	return s
}

// Push adds an element, of which it makes a copy. An error says that a chunk could not be written, or is ctx's.
func (s *Sorter) Push(ctx context.Context, key, value []byte) error {
	if uint64(len(key)) > math.MaxUint32 || uint64(len(value)) > math.MaxUint32 {
		return fmt.Errorf("sort: an element has %d bytes, with a key of %d: there is room for 4 GiB", len(value), len(key))
	}
	for s.chunk.full(len(key) + len(value)) {
		done, err := s.release(ctx)
		if !done && err == nil {
			err = s.flush(ctx)
		}
		if err != nil {
			return err
		}
	}
	s.chunk.add(key, value)
	return nil
}

// flush sorts the chunk and writes it as a run.
func (s *Sorter) flush(ctx context.Context) error {
	if s.runs == nil {
		file, err := s.create(s.dir)
		if err != nil {
			return diskError(s.dir, err)
		}
		s.runs = newRuns(file)
	}
	if err := s.chunk.sort(ctx); err != nil {
		return err
	}
	if err := s.runs.write(ctx, &chunkSource{chunk: &s.chunk}, s.chunk.continues(s.runs.lastKey)); err != nil {
		return diskError(s.dir, err)
	}
	s.chunk.reset()
	return nil
}

// Sort says that all elements were pushed; they are pulled by Next then.
func (s *Sorter) Sort(ctx context.Context) error {
	if err := s.chunk.sort(ctx); err != nil {
		return err
	}
	if s.ahead.hasWritten() {
		if err := s.finish(); err != nil || s.Displaced() {
			return err
		}
	}
	return s.merge(ctx)
}

// merge puts together what Next returns.
func (s *Sorter) merge(ctx context.Context) error {
	last := &chunkSource{chunk: &s.chunk}
	var sources []source
	if s.ahead.source != nil {
		sources = append(sources, s.ahead.source) // these came before others with the same keys
	}
	if s.runs == nil {
		return s.mergeSources(append(sources, last))
	}
	fanIn, buffer := s.mergeSizes()
	for len(s.runs.spans) > fanIn {
		if err := s.mergeOnce(ctx, fanIn, buffer); err != nil {
			return diskError(s.dir, err)
		}
	}
	sources = append(sources, s.runs.sources(s.runs.spans, s.bufferFor(len(s.runs.spans), buffer))...)
	return s.mergeSources(append(sources, last))
}

func (s *Sorter) mergeSources(sources []source) error {
	if len(sources) == 1 {
		s.out = sources[0]
		return nil
	}
	tree, err := newTree(sources)
	s.out = tree
	return diskError(s.dir, err)
}

// Spilled returns how many bytes were written to the temporary file so far, those of further passes included, without the keys of
// what was written ahead.
func (s *Sorter) Spilled() int64 {
	if s.runs == nil {
		return 0
	}
	return s.runs.written
}

// Next returns the next element in the order of keys, and [io.EOF] behind the last. The bytes are valid until the next
// call. Sort was called before.
func (s *Sorter) Next() ([]byte, error) {
	ok, err := s.out.next()
	if err != nil {
		return nil, diskError(s.dir, err)
	}
	if !ok {
		return nil, io.EOF
	}
	return s.out.head().value, nil
}

// Close removes the temporary file. It may be called at any time, and again.
func (s *Sorter) Close() error {
	s.chunk = chunk{}
	var errs []error
	for _, r := range []*runs{s.runs, s.ahead.keys} {
		if r != nil {
			errs = append(errs, r.file.Remove())
		}
	}
	s.runs, s.ahead = nil, ahead{}
	return errors.Join(errs...)
}

// mergeSizes returns how many runs are merged at a time, and how much of each is read at a time then.
func (s *Sorter) mergeSizes() (fanIn, buffer int) {
	buffer = int(min(max(s.memory/16, minBuffer), 64<<10))
	return int(min(max(s.memory/8/int64(buffer), 2), 1024)), buffer
}

// minBuffer is how much of a run is read at a time at least.
const minBuffer = 64

// bufferFor returns how much of each run is read at a time, where there are few of them: a disk is faster so.
func (s *Sorter) bufferFor(runs, atLeast int) int {
	return int(max(min(s.memory/8/int64(max(runs, 1)), 1<<20), int64(atLeast)))
}

// mergeOnce merges each fanIn of the runs to one, in another file. Runs that are merged are neighbours, so that equal
// keys stay in order.
func (s *Sorter) mergeOnce(ctx context.Context, fanIn, buffer int) error {
	file, err := s.create(s.dir)
	if err != nil {
		return err
	}
	merged := newRuns(file)
	merged.written = s.runs.written
	for spans := s.runs.spans; len(spans) > 0 && err == nil; {
		n := min(fanIn, len(spans))
		err = merged.writeMerged(ctx, s.runs.sources(spans[:n], buffer))
		spans = spans[n:]
	}
	if err != nil {
		return errors.Join(err, file.Remove())
	}
	before := s.runs.file
	s.runs = merged
	return before.Remove()
}

// tempFile is a temporary file on disk.
type tempFile struct{ *os.File }

func createFile(dir string) (spill, error) {
	file, err := tempfile.Create(dir, prefix, 0o600)
	return tempFile{file}, err
}

// Remove implements spill.
func (f tempFile) Remove() error { return tempfile.Remove(f.File) }

// diskError says what an error of a temporary file means for a user.
func diskError(dir string, err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("sort: there is no room left in %s for the temporary file, which gets as large as the input: set "+
			"TMPDIR to a folder with more, or allow more memory: %w", dir, err)
	}
	return fmt.Errorf("sort: the temporary file in %s, where TMPDIR or the system has such files: %w", dir, err)
}
