package file

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/leat-go/leat/broker"
)

// Files returns the streams of the files that a stream consists of, in their order: those that its name, a pattern, matches,
// or itself.
func Files(stream broker.Stream) ([]broker.Stream, error) {
	if !stream.Several {
		return []broker.Stream{stream}, nil
	}
	if err := CheckPattern(stream.Name); err != nil {
		return nil, err
	}
	paths, err := matching(stream.Name)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, matchesNothing(stream.Name)
	}
	streams := make([]broker.Stream, len(paths))
	for i, path := range paths {
		streams[i] = stream
		streams[i].Name, streams[i].Several = path, false
	}
	return streams, nil
}

// openSeekers opens the files of a pattern as one; nil where one of them can only be read from its beginning.
func openSeekers(stream broker.Stream) (*Seeker, error) {
	streams, err := Files(stream)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", describe("input", stream), err)
	}
	all := &Seeker{stream: stream}
	for _, one := range streams {
		l, packed := formatOf(&one)
		info, err := os.Stat(one.Name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", describe("input", one), openError(one.Name, err))
		case !l.seeks() || packed != plain || !info.Mode().IsRegular():
			return nil, nil
		}
		all.parts = append(all.parts, seekerPart{one, all.size, info.Size()})
		all.size += info.Size()
	}
	return all, nil
}

// A seekerPart is one of several files: what lies before it, and its size.
type seekerPart struct {
	stream       broker.Stream
	before, size int64
}

// part opens the file that a byte lies in, or the last one, and returns what lies before it. It is open until another is.
func (s *Seeker) part(at int64) (*Seeker, seekerPart, error) {
	i, _ := slices.BinarySearchFunc(s.parts, at, func(p seekerPart, at int64) int {
		if p.before+p.size > at {
			return 1
		}
		return -1
	})
	p := s.parts[min(i, len(s.parts)-1)]
	if s.open != nil && s.open.stream.Name == p.stream.Name {
		return s.open, p, nil
	}
	if err := s.Close(); err != nil {
		return nil, p, err
	}
	opened, err := OpenSeeker(p.stream)
	if err == nil && opened == nil {
		err = fmt.Errorf("%s was replaced while it was read", p.stream.Name)
	}
	s.open = opened
	return opened, p, err
}

// eachPart is Each for several files.
func (s *Seeker) eachPart(
	ctx context.Context, from int64, expected int, visit func(at int64, object []byte) (more bool, err error),
) error {
	for from < s.size || from == 0 {
		open, p, err := s.part(from)
		if err != nil {
			return err
		}
		goesOn := true
		err = open.Each(ctx, from-p.before, expected, func(at int64, object []byte) (more bool, err error) {
			more, err = visit(p.before+at, object)
			goesOn = more
			return more, err
		})
		if err != nil || !goesOn {
			return err
		}
		from = p.before + p.size
		if p.size == 0 {
			return nil
		}
	}
	return nil
}
