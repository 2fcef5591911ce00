package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// OpenSource checks that the files are there and may be read. Nothing is read yet.
func (b *Broker) OpenSource(_ context.Context, job *broker.Job) (broker.Input, error) {
	in := &input{followed: map[string]followed{}, pick: b.pick, flawed: job.Decodes}
	job.Files = nil
	for _, stream := range job.Inputs {
		s, err := b.openInput(in, stream, job.Logger)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", describe("input", stream), err)
		}
		for _, other := range in.streams {
			if s.once && other.once && (s.name == other.name || os.SameFile(s.info, other.info)) {
				return nil, fmt.Errorf("%s: %s can be read by one node only, and it is also %s; write it to a file first",
					describe("input", stream), kindOf(s.info), describe("input", other.Stream))
			}
		}
		s.anchors = in.anchorsOf(s)
		in.streams = append(in.streams, s)
		switch {
		case s.parts != nil:
			job.Files = append(job.Files, s.parts.files()...)
		case !s.once:
			job.Files = append(job.Files, s.name)
		}
	}
	in.total = total(in.streams)
	b.handOn(in, job)
	return in, nil
}

// openInput finds out what an input of a job leads to.
func (b *Broker) openInput(in *input, stream broker.Stream, logger *slog.Logger) (*inputStream, error) {
	switch {
	case stream.Several && b.globs == nil:
		return nil, errNoGlobs
	case stream.Several:
		return b.globs.open(b, in, stream)
	case stream.Follow && b.follows == nil:
		return nil, errNotFollowing
	case stream.Follow:
		return b.follows.open(in, stream, logger)
	}
	return b.openStream(stream)
}

// anchorsOf returns the anchors of a node's stream, which it shares with the nodes that read the same one.
func (in *input) anchorsOf(s *inputStream) *anchors {
	for _, other := range in.streams {
		if s.sameFile(other) {
			return other.anchors
		}
	}
	if s.anchors != nil {
		return s.anchors
	}
	as := &anchors{}
	if s.info != nil {
		as.reach = s.info.Size()
	}
	return as
}

// openStream finds out what a stream's path leads to.
func (b *Broker) openStream(stream broker.Stream) (*inputStream, error) {
	s := &inputStream{Stream: stream, name: stream.Name, by: uncompressed{}}
	if err := checkFormat(&stream); err != nil {
		return nil, err
	}
	s.layout, s.packed = formatOf(&stream)
	if stream.Name == standard {
		s.once = true
		s.open = func() (io.ReadCloser, error) { return io.NopCloser(b.stdin), nil }
		return s, nil
	}
	if err := otherFormat(stream.Name); err != nil {
		return nil, err
	}
	var err error
	if s.by, err = b.by(stream.Name); err != nil {
		return nil, err
	}
	if s.tables = b.tables; s.layout == table && s.tables == nil {
		return nil, errNoTables
	}
	info, err := os.Stat(stream.Name)
	if err != nil {
		return nil, openError(stream.Name, err)
	}
	if info.IsDir() {
		return nil, errors.New("this is a directory, not a file")
	}
	if info.Mode()&fs.ModeSocket != 0 {
		return nil, errors.New("this is a socket, which can't be opened as a file")
	}
	s.info, s.once = info, !info.Mode().IsRegular()
	s.open = func() (io.ReadCloser, error) {
		file, err := os.Open(stream.Name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", describe("input", stream), openError(stream.Name, err))
		}
		return file, nil
	}
	if stream.DataTimeout > 0 && !s.once {
		return nil, errors.New("a file has an end, so that no data timeout is needed: take it out, or follow the file")
	}
	if s.layout == table {
		return s, s.tables.open(s)
	}
	if s.once {
		return s, nil // opening a pipe and closing it again would end its writer
	}
	file, err := os.Open(stream.Name)
	if err != nil {
		return nil, openError(stream.Name, err)
	}
	head := headOf(file)
	if s.layout == rows && s.packed == plain && isUTF16(head) {
		s.packed, s.by = sixteenBits, inUTF16{}
	}
	if s.layout == list && s.packed == plain {
		head = head[:bytes.LastIndexByte(head, '}')+1] // a list's end moves as it grows
	}
	s.head = fingerprintOf(head)
	return s, file.Close()
}

// An input reads the files of one run.
type input struct {
	streams []*inputStream
	// followed are the files that are, by their paths.
	followed map[string]followed
	read     atomic.Int64

	mu sync.Mutex
	// opened are the files that readers have opened.
	opened []*opened
	// cells are those of the readers of rows.
	cells []cells
	pick  picking
	// flawed says that rows which can't be read are records.
	flawed bool
	// master is a reader of what the master reads.
	master broker.Reader
	// total is the size of what is read: of each file once, and again when another node reads it.
	total int64
}

// An inputStream is the file that a node reads.
type inputStream struct {
	broker.Stream
	name string
	info fs.FileInfo // nil for standard input
	open func() (io.ReadCloser, error)
	by   Compression
	// layout is how elements lie in the file, packed how it is compressed, and head the fingerprint of its first bytes when
	// the run began.
	layout layout
	packed compression
	head   fingerprint
	// anchors are those of all nodes that read the stream, and kept is the position that this one goes on from; nil where
	// none was kept.
	anchors *anchors
	kept    *position
	// once says that the file can't be read a second time, and that a read may wait.
	once bool
	// follows is the file where it is followed; nil otherwise.
	follows followed
	used    bool // has a reader; guarded by input.mu
	// parts are the files where the stream has several; nil otherwise.
	parts several
	// tables, mark and columns are those of a table.
	tables  tables
	mark    tableMark
	columns []Column
}

// total returns the sizes of the files, or 0 if one isn't known. A file that is there several times counts once.
func total(streams []*inputStream) int64 {
	sum := int64(0)
	for i, s := range streams {
		if s.once || s.follows != nil {
			return 0
		}
		if !slices.ContainsFunc(streams[:i], s.sameFile) {
			sum += s.size()
		}
	}
	return sum
}

// size returns how many bytes there were when the run began.
func (s *inputStream) size() int64 {
	if s.parts != nil {
		return s.parts.size()
	}
	return s.info.Size()
}

// sameFile reports whether two nodes read one file, by one name.
func (s *inputStream) sameFile(other *inputStream) bool { return s.name == other.name }

// Partitions returns 1.
func (in *input) Partitions() int { return 1 }

// Own calls task for the one partition, and watches the files that are followed meanwhile.
func (in *input) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	var watches sync.WaitGroup
	defer watches.Wait()
	defer stop()
	for _, t := range in.followed {
		watches.Go(func() { t.watch(watching) })
	}
	return task(ctx, 0)
}

// Reader returns a reader of a node's file. Offsets count the objects from 0.
func (in *input) Reader(_ context.Context, node, partition int, from int64) (broker.Reader, error) {
	if partition != 0 {
		return nil, fmt.Errorf("read partition %d: files have partition 0 only", partition)
	}
	s := in.streams[node]
	if again := in.use(s); again && s.once {
		return nil, fmt.Errorf("%s: %s can't be read a second time", describe("input", s.Stream), kindOf(s.info))
	}
	r, err := in.readerFor(s, from)
	if s.sameFile(in.streams[0]) {
		in.mu.Lock()
		in.master = r
		in.mu.Unlock()
	}
	return r, err
}

// readerFor returns a reader of what a node reads.
func (in *input) readerFor(s *inputStream, from int64) (broker.Reader, error) {
	switch {
	case s.parts != nil:
		return s.parts.reader(from)
	case s.layout == table:
		return s.tables.reader(in, s, from), nil
	}
	r := in.readerOf(s, from)
	if start := r.start.Byte; start > 0 && s.follows == nil {
		in.leaveOut(start)
	}
	return r, nil
}

// readerOf returns a reader of a file that isn't counted.
func (in *input) readerOf(s *inputStream, from int64) *reader {
	r := &reader{
		framer:  newFramer(s.Stream, s.layout, in.pick),
		open:    s.open,
		packed:  s.packed,
		by:      s.by,
		read:    &in.read,
		size:    bufferSize,
		anchors: s.anchors,
		from:    from,
		next:    from,

		timeout: s.DataTimeout,
	}
	if s.layout == rows {
		r.framer.flawed = in.flawed
		in.noteCells(s.Name, r.framer.cells)
	}
	switch {
	case s.follows != nil:
		r.follow = s.follows.reader(from)
		r.open = func() (io.ReadCloser, error) { return r.follow, nil }
		return r
	case s.once:
		r.pending = make(chan stepped, 1)
	default:
		r.begin = func(info fs.FileInfo) *opened { return in.noteOpened(s.Stream, info) }
	}
	if s.layout.isLines() && s.packed == plain && !s.once {
		r.beginAt(s.anchors.before(from))
	} else if s.kept != nil {
		r.compared = s
	}
	return r
}

// leaveOut leaves what lies before a reader's start out of what there is to read.
func (in *input) leaveOut(size int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.total > 0 {
		in.total = max(1, in.total-size)
	}
}

// use notes that a node's file is read, and reports whether it was before.
func (in *input) use(s *inputStream) (again bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if s.used {
		return true
	}
	s.used = true
	if in.total > 0 && slices.ContainsFunc(in.streams, func(other *inputStream) bool {
		return other != s && other.used && s.sameFile(other)
	}) {
		in.total += s.size()
	}
	return false
}

// noteOpened notes what a reader has opened.
func (in *input) noteOpened(stream broker.Stream, info fs.FileInfo) *opened {
	o := &opened{stream: stream, info: info}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.opened = append(in.opened, o)
	return o
}

// Warnings makes the input a broker.Warner: it tells which files were changed while they were read.
func (in *input) Warnings() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	var warnings []string
	reported := map[string]bool{}
	for _, o := range in.opened {
		if warning := o.warning(); warning != "" && !reported[o.stream.Name] {
			reported[o.stream.Name] = true
			warnings = append(warnings, warning)
		}
	}
	warnings = append(warnings, in.passedOver()...)
	for _, s := range in.streams {
		if s.follows != nil && !reported[s.name] {
			reported[s.name] = true
			warnings = append(warnings, s.follows.warnings()...)
		}
	}
	return warnings
}

// Bounded makes the input a broker.Bounded: all ends but what is followed, and a pipe when its writer closes it.
func (in *input) Bounded(node int) (ends, waits bool) {
	s := in.streams[node]
	return s.follows == nil, s.once
}

// Bytes makes the input a broker.Meter.
func (in *input) Bytes() (read, total int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.read.Load(), in.total
}

// Close closes the files that are followed. Each reader of others has a file of its own.
func (in *input) Close() error {
	var errs []error
	for _, t := range in.followed {
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}
