package jsonfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// OpenSource checks that the files are there and may be read. Nothing is read yet.
func (b *Broker) OpenSource(_ context.Context, job *broker.Job) (broker.Input, error) {
	in := &input{}
	for _, stream := range job.Inputs {
		s, err := b.openStream(stream)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", describe("input", stream), err)
		}
		for _, other := range in.streams {
			if s.once && other.once && (s.name == other.name || os.SameFile(s.info, other.info)) {
				return nil, fmt.Errorf("%s: %s can be read by one node only, and it is also %s; write it to a file first",
					describe("input", stream), kindOf(s.info), describe("input", other.Stream))
			}
		}
		in.streams = append(in.streams, s)
	}
	in.total = total(in.streams)
	return in, nil
}

// openStream finds out what a stream's path leads to.
func (b *Broker) openStream(stream broker.Stream) (*inputStream, error) {
	s := &inputStream{Stream: stream, name: stream.Name}
	if stream.Name == standard {
		s.once = true
		s.open = func() (io.ReadCloser, error) { return io.NopCloser(b.stdin), nil }
		return s, nil
	}
	if err := otherFormat(stream.Name); err != nil {
		return nil, err
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
	s.info = info
	s.once = !info.Mode().IsRegular()
	s.open = func() (io.ReadCloser, error) {
		file, err := os.Open(stream.Name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", describe("input", stream), openError(stream.Name, err))
		}
		return file, nil
	}
	if s.once {
		return s, nil // opening a pipe and closing it again would end its writer
	}
	file, err := os.Open(stream.Name)
	if err != nil {
		return nil, openError(stream.Name, err)
	}
	return s, file.Close()
}

// An input reads the files of one run.
type input struct {
	streams []*inputStream
	read    atomic.Int64

	mu sync.Mutex
	// total is the size of what is read: of each file once, and again when another node reads it.
	total int64
}

// An inputStream is the file that a node reads.
type inputStream struct {
	broker.Stream
	name string
	info fs.FileInfo // nil for standard input
	open func() (io.ReadCloser, error)
	// once says that the file can't be read a second time, and that a read may wait.
	once bool
	used bool // has a reader; guarded by input.mu
}

// total returns the sizes of the files, or 0 if one isn't known. A file that is there several times counts once.
func total(streams []*inputStream) int64 {
	sum := int64(0)
	for i, s := range streams {
		if s.once {
			return 0
		}
		if !slices.ContainsFunc(streams[:i], s.sameFile) {
			sum += s.info.Size()
		}
	}
	return sum
}

// sameFile reports whether two nodes read one file, by one name.
func (s *inputStream) sameFile(other *inputStream) bool { return s.name == other.name }

// Partitions returns 1.
func (in *input) Partitions() int { return 1 }

// Own calls task for the one partition.
func (in *input) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	if err := ctx.Err(); err != nil {
		return err
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
	l, packed := format(s.Name)
	r := &reader{
		framer: newFramer(s.Stream, l),
		open:   s.open,
		packed: packed,
		read:   &in.read,
		size:   bufferSize,
		from:   from,
		next:   from,
	}
	if s.once {
		r.pending = make(chan stepped, 1)
	}
	return r, nil
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
		in.total += s.info.Size()
	}
	return false
}

// Bytes makes the input a broker.Meter.
func (in *input) Bytes() (read, total int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.read.Load(), in.total
}

// Close releases nothing: each reader has a file of its own.
func (in *input) Close() error { return nil }
