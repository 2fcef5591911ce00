package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/broker"
)

const (
	// bufferSize is how much is read at a time. An element may keep a whole buffer alive, so it shouldn't be large.
	bufferSize = 64 << 10
	// batchSize is how many records are returned at a time.
	batchSize = 512
	// maxSpare is how many batches are kept to be used again: a join gives back many at a time.
	maxSpare = 16
)

// A reader reads one file.
type reader struct {
	framer framer
	open   func() (io.ReadCloser, error)
	packed compression
	by     Compression
	read   *atomic.Int64 // counts the bytes read of all files
	size   int           // of a buffer

	file    io.ReadCloser // nil until the first step
	text    io.Reader     // what file holds, decompressed
	release func()

	// opened is the file as it was found, and begin makes it; nil for what isn't a file on disk, or is followed.
	opened *opened
	begin  func(info fs.FileInfo) *opened
	// follow is file where that is followed; nil otherwise.
	follow fileFollower

	anchors *anchors
	// start is the anchor that reading begins at, and base the byte of the text, or of the generation, that framer.buf
	// begins with; tail are the bytes before that one, a footprint at most.
	start anchor
	base  int64
	tail  []byte
	// unended says that the last line has no line feed in the file.
	unended bool
	// compared is the stream with whose position the text is compared on the way there; nil for none.
	compared *inputStream
	// limit is how many bytes of the file are read; zero for all.
	limit int64
	// timeout is how long a Read waits until it gives up; zero for ever. came is when the last bytes came.
	timeout time.Duration
	came    time.Time

	from, next int64
	end        error // what reading text ended with

	spare   [][]broker.Record // whose memory may be used again
	buffers buffers

	// pending is where the result of a step arrives that may wait; nil where steps don't wait, as for files on disk.
	pending chan stepped
	waiting bool // for pending
	closed  bool
}

type stepped struct {
	records []broker.Record
	err     error
}

// Read returns the next records of the file. See broker.Reader.
func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	polling := newPolling(r.timeout)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		records, err := r.await(ctx, &polling)
		if len(records) > 0 {
			r.next = records[len(records)-1].Offset + 1
			return records, nil
		}
		switch {
		case err == io.EOF:
			r.next = r.behindMark()
		case errors.Is(err, errNothingYet):
			if err = polling.wait(ctx, r.came); err == broker.ErrDataTimeout {
				r.tellOfPart()
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// behindMark returns the offset behind the end. The end of a file that may grow is no mark that takes an offset: what is
// appended is behind it. What can be read once only has other contents in the next session.
func (r *reader) behindMark() int64 {
	end := max(r.from, r.framer.index)
	if r.pending == nil {
		return end
	}
	r.anchors.end(end + 1)
	return end + 1
}

// tellOfPart warns of a last line of a followed file that has no newline when the session ends by the data timeout: it
// isn't taken as an element, and not passed over without a word either.
func (r *reader) tellOfPart() {
	if part := bytes.TrimSpace(r.framer.buf[r.framer.mark:]); r.follow != nil && len(part) > 0 {
		r.follow.warnOfPart(len(part))
	}
}

// await makes a step, and leaves it alone when ctx or the polling ends before it is done; the next call then takes its
// result.
func (r *reader) await(ctx context.Context, polling *polling) ([]broker.Record, error) {
	if r.pending == nil {
		return r.step()
	}
	if !r.waiting {
		r.waiting = true
		go func() {
			records, err := r.step()
			r.pending <- stepped{records, err}
		}()
	}
	expired, stop := polling.expired()
	defer stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-expired:
		return nil, broker.ErrDataTimeout
	case done := <-r.pending:
		r.waiting = false
		return done.records, done.err
	}
}

// step returns the records that are whole in the buffer, or reads once if there are none.
func (r *reader) step() ([]broker.Record, error) {
	records, err := r.frame()
	switch {
	case len(records) > 0:
		r.buffers.lend(records)
		return records, nil
	case err != nil:
		return nil, err
	case r.end == nil:
		r.end = r.fill()
		return nil, nil
	case r.end == errNothingYet:
		r.end = nil
		return nil, errNothingYet
	case r.end == errGenerationEnded:
		r.end = nil
		return nil, r.advance()
	case r.end != io.EOF:
		return nil, r.end
	case r.framer.layout != list && r.lastLine():
		return nil, nil
	}
	if r.opened != nil && r.opened.ended.Load() == nil {
		r.opened.end()
	}
	if err := r.framer.end(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// advance goes on to the next generation of a followed file, once the last line of the one before is framed.
func (r *reader) advance() error {
	if r.lastLine() {
		return nil
	}
	if r.framer.layout == rows && r.framer.quoted {
		return r.framer.unclosed("before the file was rotated")
	}
	if err := r.follow.advance(r.framer.index); err != nil {
		return err
	}
	r.framer.restart()
	r.unended = false
	r.base, r.tail = -int64(len(r.framer.buf)), nil
	return nil
}

// lastLine ends the last line if the file doesn't, and tells whether it did.
func (r *reader) lastLine() bool {
	f := &r.framer
	if f.pos == len(f.buf) && f.mark == len(f.buf) || f.layout == rows && f.quoted && f.pos == len(f.buf) {
		return false
	}
	if r.unfinished() {
		f.buf, f.pos = f.buf[:f.mark], f.mark
		return false
	}
	f.buf = append(f.buf, '\n')
	if f.layout == either {
		f.layout = lines
	}
	r.base-- // for the byte that the file doesn't have
	r.unended = true
	return true
}

// unfinished reports whether the last line has no end because it is being written: the file has changed since it was
// opened. Half of an element is none.
func (r *reader) unfinished() bool {
	file, ok := r.file.(fs.File)
	if r.opened == nil || !ok || r.packed != plain || !r.opened.changed(file) {
		return false
	}
	blank := len(bytes.TrimSpace(r.framer.buf[r.framer.pos:])) == 0
	r.opened.part.Store(!blank)
	return true
}

// frame returns the objects in the buffer as records, up to a batch.
func (r *reader) frame() ([]broker.Record, error) {
	f := &r.framer
	var records []broker.Record
	var texts *textRows
	end, line := 0, 0
	for len(records) < batchSize {
		if texts != nil && len(records) < cap(records) {
			records = f.addPlain(texts, records)
			if end, line = f.pos, f.line; len(records) == batchSize {
				break
			}
		}
		value, err := f.next()
		if value == nil {
			r.dropAnchor(end, line, records)
			return records, err
		}
		end, line = f.pos, f.line
		if f.index <= r.from {
			continue
		}
		if records == nil {
			records = r.batch(1 + (len(f.buf)-f.pos)/len(value))
		}
		// Field by field, as the rest is zero: a record is large.
		if len(records) == cap(records) {
			records = slices.Grow(records, batchSize-len(records))
		}
		records = records[:len(records)+1]
		record := &records[len(records)-1]
		record.Offset, record.Value, record.Line, record.Column = f.index-1, value, f.line-f.breaks, f.column
		if f.layout == lines {
			records = f.addUsualLines(records)
			end, line = f.pos, f.line
		}
		if f.layout != rows {
			continue
		}
		if f.flaw != nil {
			record.Column, record.Rows = 1, f.flaw
			continue
		}
		if record.Column, record.Rows = 0, nil; !f.isRow {
			continue
		}
		texts = f.addRow(texts, records, len(value))
		record.Value, record.Rows = nil, texts
	}
	r.dropAnchor(end, line, records)
	return records, nil
}

// dropAnchor leaves an anchor behind the last of some records, whose text ends in the buffer at end, and in a line.
func (r *reader) dropAnchor(end, line int, records []broker.Record) {
	if len(records) == 0 {
		return
	}
	last := &records[len(records)-1]
	a := anchor{Element: last.Offset + 1, Line: line, Byte: r.base + int64(end)}
	if r.framer.layout == list || r.unended {
		a.Line-- // it goes on in this line
	}
	if r.follow != nil {
		a.of = r.follow.generation()
	}
	a.fingerprint = r.before(end, a.Byte)
	if r.opened != nil {
		r.anchors.reaches(r.opened.read.Load())
	}
	r.anchors.add(a)
}

// before returns the fingerprint of the bytes before a byte of the buffer, which is one of the text, too.
func (r *reader) before(end int, at int64) fingerprint {
	if r.unended {
		end--
	}
	n := int(min(footprint, at))
	here := min(n, end)
	there := min(n-here, len(r.tail))
	return fingerprintOf(r.tail[len(r.tail)-there:], r.framer.buf[end-here:end])
}

// fill reads once, into a new buffer if the old one is full.
func (r *reader) fill() error {
	if r.file == nil {
		if err := r.openFile(); err != nil {
			return err
		}
	}
	f := &r.framer
	if len(f.buf) == cap(f.buf) {
		if err := r.grow(); err != nil {
			return err
		}
	}
	n, err := r.text.Read(f.buf[len(f.buf):cap(f.buf)])
	f.buf = f.buf[:len(f.buf)+n]
	if r.follow != nil {
		if begun := r.follow.begins(); begun != nil {
			r.beginAt(begun.anchor)
			r.tail = begun.tail
			if err := r.learnColumns(r.follow.generation().file); err != nil {
				return err
			}
		}
	}
	if n > 0 {
		r.came = time.Now()
	}
	if err == errNothingYet || err == errGenerationEnded {
		return err
	}
	if err != nil && err != io.EOF {
		return r.damaged(err)
	}
	return err
}

// grow makes a new buffer, with room behind what is still needed of the old one. An object above the limit is refused
// before memory is taken for more of it.
func (r *reader) grow() error {
	f := &r.framer
	size, needed := r.size, f.needed()
	for size < 2*needed {
		size *= 2
	}
	if size > r.size && f.state == inObject {
		if err := f.misquoted(); err != nil {
			return err
		}
	}
	if needed > f.limit {
		if f.layout == rows && f.quoted {
			return f.unclosed(fmt.Sprintf("within %d bytes", f.limit))
		}
		f.stop()
		return f.fail("%w", f.stream.TooLarge())
	}
	done := f.buf[:len(f.buf)-needed]
	r.base += int64(len(done))
	r.tail = tailOf(r.tail, done)
	left := r.buffers.filled
	f.moveTo(r.buffers.next(max(min(size, f.limit+r.size), needed+1)))
	r.buffers.leave(left)
	return nil
}

// beginAt begins at an anchor: that is where the file is opened, or a followed one was found.
func (r *reader) beginAt(a anchor) {
	r.start, r.base = a, a.Byte
	r.framer.index, r.framer.line = a.Element, a.Line
}

// damaged returns the error for a file that can't be read on.
func (r *reader) damaged(err error) error {
	r.framer.stop()
	if errors.Is(err, errChanged) {
		return err
	}
	if r.packed == plain {
		return r.framer.fail("read the file: %w", err)
	}
	if len(r.framer.buf) == 0 && r.by.IsOther(err) {
		return r.framer.fail("the file is not compressed with %s, as its name says: %w", r.packed, err)
	}
	if errors.Is(err, errBehindGzip) {
		return r.framer.fail("decompress the file: %w", err)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if r.packed == sixteenBits {
		return r.framer.fail("read the file as UTF-16: %w", err)
	}
	return r.framer.fail("decompress the file: the %s data is cut off or damaged: %w", r.packed, err)
}

// Next returns the offset behind what Read returned last.
func (r *reader) Next() int64 { return r.next }

// Close closes the file. Where a read still waits, the file is closed when it is done.
func (r *reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if r.waiting {
		go func() {
			<-r.pending
			_ = r.shut() // nobody is left to tell
		}()
		return nil
	}
	return r.shut()
}

func (r *reader) shut() error {
	if r.release != nil {
		r.release()
	}
	if r.file == nil {
		return nil
	}
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", r.framer.stream.Name, err)
	}
	return nil
}
