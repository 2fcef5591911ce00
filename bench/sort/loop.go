package main

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"errors"
	"io"
	"os"
	"slices"
)

// loop sorts as one does by hand for this one purpose: one goroutine; lines that know where their key stands are sorted in
// chunks, which are written to a file each and merged.
func loop(j job) (err error) {
	in, err := os.Open(j.path("in"))
	if err != nil {
		return err
	}
	defer in.Close()
	file, err := os.Create(j.path("out"))
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 256<<10)
	r := bufio.NewReaderSize(in, 256<<10)
	if j.format == "csv" {
		names, err := r.ReadBytes('\n')
		if err != nil {
			return err
		}
		_, _ = out.Write(names) // Flush returns the error
	}
	runs, err := writeRuns(j, r)
	if err == nil {
		err = merge(runs, out)
	}
	return errors.Join(err, out.Flush(), file.Close())
}

const chunkSize = 64 << 20

// An entry is a line of a chunk.
type entry struct {
	key      uint64
	from, to int32
}

// writeRuns sorts what is read in chunks, each to a file of its own that has no name any more.
func writeRuns(j job, r io.Reader) (runs []*os.File, err error) {
	chunk, have := make([]byte, chunkSize), 0
	var entries []entry
	for {
		n, err := io.ReadFull(r, chunk[have:])
		have += n
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return runs, err
		}
		entries = entries[:0]
		from := 0
		for {
			end := bytes.IndexByte(chunk[from:have], '\n')
			if end < 0 {
				break
			}
			entries = append(entries, entry{keyOf(j.format, chunk[from:from+end]), int32(from), int32(from + end + 1)})
			from += end + 1
		}
		slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.from, b.from)) })
		run, err := writeRun(j.folder, chunk, entries)
		if err != nil {
			return runs, err
		}
		if runs = append(runs, run); ended {
			return runs, nil
		}
		have = copy(chunk, chunk[from:have])
	}
}

func writeRun(folder string, chunk []byte, entries []entry) (*os.File, error) {
	file, err := os.CreateTemp(folder, "run-")
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(file, 256<<10)
	for _, e := range entries {
		_, _ = w.Write(chunk[e.from:e.to])
	}
	if err := errors.Join(w.Flush(), os.Remove(file.Name())); err != nil {
		return nil, err
	}
	_, err = file.Seek(0, io.SeekStart)
	return file, err
}

func keyOf(format string, line []byte) uint64 {
	if format == "json" {
		line = line[bytes.IndexByte(line, ':')+1:]
	}
	return number(line)
}

// A head is the next line of a run.
type head struct {
	key   uint64
	run   int
	line  []byte
	lines *bufio.Reader
}

type heads []*head

func (h heads) Len() int      { return len(h) }
func (h heads) Swap(a, b int) { h[a], h[b] = h[b], h[a] }
func (h heads) Less(a, b int) bool {
	return h[a].key < h[b].key || h[a].key == h[b].key && h[a].run < h[b].run
}
func (h *heads) Push(x any) { *h = append(*h, x.(*head)) }
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (h *head) next() (err error) {
	if h.line, err = h.lines.ReadSlice('\n'); err == nil {
		line := h.line
		if line[0] == '{' {
			line = line[bytes.IndexByte(line, ':')+1:]
		}
		h.key = number(line)
	}
	return err
}

func merge(runs []*os.File, out *bufio.Writer) error {
	var all heads
	for i, run := range runs {
		defer run.Close()
		h := &head{run: i, lines: bufio.NewReaderSize(run, 256<<10)}
		if err := h.next(); errors.Is(err, io.EOF) {
			continue
		} else if err != nil {
			return err
		}
		all = append(all, h)
	}
	heap.Init(&all)
	for len(all) > 0 {
		_, _ = out.Write(all[0].line)
		switch err := all[0].next(); {
		case errors.Is(err, io.EOF):
			heap.Pop(&all)
		case err != nil:
			return err
		default:
			heap.Fix(&all, 0)
		}
	}
	return nil
}
