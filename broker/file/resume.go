package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// Resume implements broker.Positioner. It looks at a few thousand bytes of each file, and reads one only where a session
// ended before the file did.
func (in *input) Resume(ctx context.Context, _ int, nodes []broker.Rewind) error {
	followed := map[followed][]*position{}
	for i := range nodes {
		p, err := readPosition(&nodes[i])
		if err != nil {
			return err
		}
		switch s := in.streams[i]; {
		case s.parts != nil:
			err = s.parts.resume(ctx, &p)
		case s.follows != nil:
			followed[s.follows] = append(followed[s.follows], &p)
		case s.once && p.Fresh:
			p, nodes[i].Behind = position{}, false
		case s.once:
			s.kept = &p
		default:
			err = in.resumeIn(ctx, s, &p)
		}
		if err != nil {
			return fmt.Errorf("node %s: %w", nodes[i].Node, err)
		}
		r := &nodes[i]
		r.Offset, r.Seen, r.Accounted, r.NextSession = p.Offset, p.Seen, p.Accounted, false
	}
	for f, positions := range followed {
		if err := f.resume(positions); err != nil {
			return err
		}
	}
	return nil
}

// resumeIn finds a finite file's position in what it is now. What can only be read from the beginning is compared when
// that is done.
func (in *input) resumeIn(ctx context.Context, s *inputStream, p *position) error {
	if s.layout == table {
		return s.tables.resume(s, p)
	}
	s.kept = p
	file, err := os.Open(s.name)
	if err != nil {
		return openError(s.name, err)
	}
	defer func() { _ = file.Close() }()
	if err := s.compare(file, p); err != nil {
		return err
	}
	for _, a := range p.anchors() {
		s.anchors.add(a)
	}
	if p.End == 0 {
		return nil
	}
	index, err := in.passFile(ctx, s, p.Offset, p.End)
	p.Offset = max(p.Offset, index)
	p.Seen, p.Accounted = p.Offset, p.Offset
	return err
}

// compare returns an error where a finite file isn't the one that a position was kept of.
func (s *inputStream) compare(file *os.File, p *position) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	differsFrom := p.differs
	if s.packed != plain {
		differsFrom = p.differsAtHead // anchors count decompressed bytes
	}
	differs, err := differsFrom(file)
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", s.name, err)
	case differs == "" && info.Size() < p.End:
		differs = fmt.Sprintf("it had %d bytes and has %d", p.End, info.Size())
	}
	if differs != "" {
		return s.changed(p, differs)
	}
	if s.layout.isLines() && s.packed == plain {
		return p.From.continued(file, s.name)
	}
	return nil
}

// differs tells how a file differs from that of the position; empty where it doesn't.
func (p *position) differs(file io.ReaderAt) (string, error) {
	differs, err := p.differsAtHead(file)
	if err == nil && differs == "" {
		differs, err = p.differsAtAnchors(file)
	}
	return differs, err
}

// differsAtHead tells how a file differs in its first bytes from that of the position; empty where it doesn't.
func (p *position) differsAtHead(file io.ReaderAt) (string, error) {
	same, err := p.Head.isBefore(file, p.Head.Size)
	if err != nil || same {
		return "", err
	}
	return "its first bytes are others", nil
}

// differsAtAnchors tells how a file differs before the anchors.
func (p *position) differsAtAnchors(file io.ReaderAt) (string, error) {
	for _, a := range p.anchors() {
		if same, err := a.isBefore(file, a.Byte); err != nil || !same {
			return fmt.Sprintf("what lay before byte %d is no longer there", a.Byte), err
		}
	}
	return "", nil
}

// anchors returns those at which the file must be what it was, in their order.
func (p *position) anchors() []anchor {
	if p.Read == nil {
		return []anchor{p.From}
	}
	return []anchor{p.From, *p.Read}
}

// last returns the last anchor: how far the file was read, at least.
func (p *position) last() anchor {
	if p.Read == nil {
		return p.From
	}
	return *p.Read
}

// changed says that a stream isn't what a position was kept of.
func (s *inputStream) changed(p *position, how string) error {
	last := p.last()
	if s.once {
		return fmt.Errorf("%w: the run before was stopped in the middle of %s, behind line %d, and it can't be read again; %s: "+
			"give it the same again from its beginning, or, %s", errChanged, kindOf(s.info), last.Line, how, startAnew)
	}
	return fmt.Errorf("%w: %s was read to its line %d, byte %d, and %s. It was replaced, truncated or changed, and between "+
		"two runs a file may only grow: give another one a name of its own; %s", errChanged, s.name, last.Line, last.Byte,
		how, startAnew)
}

// continued returns an error where the last line that was read had no end and goes on now.
func (a *anchor) continued(file io.ReaderAt, name string) error {
	if a.Byte == 0 {
		return nil
	}
	around := make([]byte, 2)
	if n, err := file.ReadAt(around, a.Byte-1); n < len(around) {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	if around[0] == '\n' || isSpace(around[1]) {
		return nil
	}
	return fmt.Errorf("%s: line %d had no line feed when it was read to its end, byte %d, and goes on there now: write whole "+
		"lines, each with its line feed; %s", name, a.Line+1, a.Byte, startAnew)
}

// passFile passes over what was left of a file of some bytes when a session ended, or of all of it where these are zero:
// the elements that were whole in it. It returns how many elements lie before.
func (in *input) passFile(ctx context.Context, s *inputStream, from, size int64) (int64, error) {
	r := in.readerOf(s, from)
	defer func() { _ = r.shut() }()
	r.limit, r.begin, r.read = size, nil, new(atomic.Int64)
	for r.end == nil {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		r.end = r.fill()
		if err := r.passWhole(); err != nil {
			return 0, err
		}
	}
	isCut := r.packed != plain && errors.Is(r.end, io.ErrUnexpectedEOF) // it was being written
	if r.end != io.EOF && !isCut {
		return 0, r.end
	}
	whole := true
	if size > 0 {
		var err error
		if whole, err = s.isWhole(size); err != nil {
			return 0, err
		}
	}
	if r.framer.layout.isLines() && whole && r.lastLine() {
		if err := r.passWhole(); err != nil {
			return 0, err
		}
	}
	return r.framer.index, nil
}

// passWhole passes over the elements that are whole in the buffer.
func (r *reader) passWhole() error {
	for {
		records, err := r.frame()
		if len(records) == 0 {
			return err
		}
		r.Recycle(records)
	}
}

// isWhole reports whether a last line that had no line feed when the file had some bytes is as it was then.
func (s *inputStream) isWhole(end int64) (bool, error) {
	if s.packed != plain {
		return true, nil
	}
	file, err := os.Open(s.name)
	if err != nil {
		return false, openError(s.name, err)
	}
	defer func() { _ = file.Close() }()
	next := make([]byte, 1)
	n, err := file.ReadAt(next, end)
	if n == 0 {
		return errors.Is(err, io.EOF), nil
	}
	return bytes.ContainsAny(next, "\r\n"), nil
}
