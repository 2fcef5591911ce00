package file

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/leat-go/leat/broker"
)

// countedLines is how far from a file's beginning lines are counted to say where an object is: that takes some ten
// milliseconds.
const countedLines = 32 << 20

// ErrNotLines says that a JSON list can't be read from the middle, because its objects don't lie in a line each: where
// a line begins, one can't tell a list's object from one inside another.
var ErrNotLines = errors.New("the list's objects don't lie in a line each")

// A Seeker reads the objects of a file from any byte on: of a file of lines, or a list with each of its objects in a
// line of its own. It is used by one goroutine.
type Seeker struct {
	stream broker.Stream
	layout layout
	file   *os.File
	size   int64
	// counted is how far lines were counted, lines how many end before it, and begins where the one that goes on begins.
	counted, begins int64
	lines           int
	// parts are the files where there are several, of which open is open; bytes count on from one to the next.
	parts []seekerPart
	open  *Seeker
}

// OpenSeeker opens a stream's file, or returns nil where it can only be read from its beginning: where it is
// compressed, can be read once only, or has cells that may go over several lines. What isn't a JSON file is for a reader
// to refuse.
func OpenSeeker(stream broker.Stream) (*Seeker, error) {
	if stream.Several {
		return openSeekers(stream)
	}
	l, packed := formatOf(&stream)
	if !l.seeks() || packed != plain {
		return nil, nil
	}
	file, err := os.Open(stream.Name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", describe("input", stream), openError(stream.Name, err))
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, file.Close())
	}
	return &Seeker{stream: stream, layout: l, file: file, size: info.Size()}, nil
}

// Size returns how many bytes the file had when it was opened. What was written since isn't read.
func (s *Seeker) Size() int64 { return s.size }

// Close closes the file.
func (s *Seeker) Close() error {
	switch {
	case s.file != nil:
		return s.file.Close()
	case s.open == nil:
		return nil
	}
	err := s.open.Close()
	s.open = nil
	return err
}

// Name returns the path of the file that a byte lies in.
func (s *Seeker) Name(at int64) (path string, before int64) {
	if s.parts == nil {
		return s.stream.Name, 0
	}
	for _, p := range s.parts {
		if at < p.before+p.size {
			return p.stream.Name, p.before
		}
	}
	last := s.parts[len(s.parts)-1]
	return last.stream.Name, last.before
}

// Each calls visit for the objects in the lines that begin at a byte or behind it, until it says that it wants no more.
// The objects are as they are written, and may be kept; at is the byte at which they begin. [ErrNotLines] is the error
// where a list has a line that isn't one of its objects. expected is about how much will be read.
func (s *Seeker) Each(
	ctx context.Context, from int64, expected int, visit func(at int64, object []byte) (more bool, err error),
) error {
	if s.parts != nil {
		return s.eachPart(ctx, from, expected, visit)
	}
	begin := max(from-1, 0)
	text := bufio.NewReaderSize(io.NewSectionReader(s.file, begin, s.size-begin), max(expected, 4096))
	if from > 0 {
		skipped, err := s.skipLine(ctx, text)
		if err != nil {
			return s.ended(err)
		}
		begin += skipped
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := s.readLine(text)
		if len(line) > 0 {
			object, indent, lineErr := s.object(line, begin == 0)
			if lineErr != nil {
				return lineErr
			}
			if len(object) > s.stream.ElementLimit() {
				return s.tooLarge()
			}
			if len(object) > 0 {
				if more, err := visit(begin+int64(indent), object); err != nil || !more {
					return err
				}
			}
			begin += int64(len(line))
		}
		if err != nil {
			return s.ended(err)
		}
	}
}

func (s *Seeker) ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// skipLine reads to the end of a line.
func (s *Seeker) skipLine(ctx context.Context, text *bufio.Reader) (skipped int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return skipped, err
		}
		piece, err := text.ReadSlice('\n')
		skipped += int64(len(piece))
		if skipped > int64(s.stream.ElementLimit())+2 {
			return skipped, s.tooLarge()
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return skipped, s.readError(err)
		}
	}
}

// readLine reads a line, with the line feed at its end.
func (s *Seeker) readLine(text *bufio.Reader) (line []byte, err error) {
	for {
		piece, err := text.ReadSlice('\n')
		line = append(line, piece...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, s.readError(err)
		}
		if len(line) > s.stream.ElementLimit()+2 {
			return nil, s.tooLarge()
		}
	}
}

func (s *Seeker) tooLarge() error {
	return &broker.PositionError{Position: broker.Position{Stream: s.stream.Name, Offset: -1}, Err: s.stream.TooLarge()}
}

func (s *Seeker) readError(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("read %s: %w", s.stream.Name, err)
}

// object returns the object in a line, and how far in it it begins; nothing for a line that has none.
func (s *Seeker) object(line []byte, first bool) (object []byte, indent int, err error) {
	if first {
		if rest := bytes.TrimPrefix(line, []byte(byteOrderMark)); len(rest) < len(line) {
			indent += len(line) - len(rest)
			line = rest
		}
	}
	begin := func(cut string) {
		rest := bytes.TrimLeft(line, cut)
		indent += len(line) - len(rest)
		line = rest
	}
	const space = " \t\r\n"
	begin(space)
	line = bytes.TrimRight(line, space)
	if s.layout == lines {
		return line, indent, nil
	}
	opens := bytes.HasPrefix(line, []byte("["))
	if opens {
		indent++
		line = line[1:]
		begin(space)
	}
	closes := bytes.HasSuffix(line, []byte("]"))
	line = bytes.TrimRight(bytes.TrimSuffix(line, []byte("]")), space)
	rest := bytes.TrimSuffix(line, []byte(","))
	switch {
	case len(rest) == 0 && (opens || closes || len(line) == 1 || indent > 0):
		return nil, 0, nil
	case len(rest) == 0, rest[0] != '{', !json.Valid(rest):
		return nil, 0, ErrNotLines
	}
	return bytes.TrimRight(rest, space), indent, nil
}

// Line returns the line that a byte is in, and its column, both counted from one; zero where that would take long: far
// from the file's beginning. The column counts bytes.
func (s *Seeker) Line(at int64) (line, column int, err error) {
	if s.parts != nil {
		open, p, err := s.part(at)
		if err != nil {
			return 0, 0, err
		}
		return open.Line(at - p.before)
	}
	if at > countedLines {
		return 0, 0, nil
	}
	if at < s.counted {
		s.counted, s.lines, s.begins = 0, 0, 0
	}
	buffer := make([]byte, min(1<<20, at-s.counted))
	for s.counted < at {
		n, err := s.file.ReadAt(buffer[:min(int64(len(buffer)), at-s.counted)], s.counted)
		if n == 0 {
			return 0, 0, fmt.Errorf("read %s: %w", s.stream.Name, err)
		}
		if last := bytes.LastIndexByte(buffer[:n], '\n'); last >= 0 {
			s.lines += bytes.Count(buffer[:last+1], []byte{'\n'})
			s.begins = s.counted + int64(last) + 1
		}
		s.counted += int64(n)
	}
	return s.lines + 1, int(at-s.begins) + 1, nil
}
