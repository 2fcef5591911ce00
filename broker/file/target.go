package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file/internal/csv"
)

// A target is one output file, pipe or device.
type target struct {
	stream broker.Stream
	path   string // absolute, behind symbolic links; "-" for standard output
	layout layout
	cells  *csv.Encoder // where the layout is rows; nil otherwise
	row    []byte       // whose memory is used again
	// carried writes a row of cells as it is, see Carry; nil otherwise. It is a variable so that programs which call nothing of
	// that don't hold it.
	carried func(row []byte) error
	header  int64 // is the length of the line of names that carried has written
	// written writes results that encoder has encoded: so many, side by side.
	written func(results []byte, count int) error
	rows    TableWriter    // where the layout is a table; nil otherwise
	temp    *temporary     // nil for what is written straight
	direct  *interruptible // nil for files

	text   *bufio.Writer // of compressor
	packed Compressor    // into raw
	raw    *bufio.Writer

	objects int64
	columns func() []string // the columns where there is no result; nil where nobody knows them
}

// openTarget checks that a stream can be written, and makes its temporary file.
func (b *Broker) openTarget(stream broker.Stream) (*target, error) {
	t := &target{stream: stream, path: standard}
	if stream.Several {
		return nil, errNoGlobs
	}
	if err := checkFormat(&stream); err != nil {
		return nil, err
	}
	if t.layout, _ = formatOf(&stream); t.layout == rows {
		t.cells = newRows(&stream)
	}
	if stream.Name == standard {
		if t.layout == either {
			t.layout = lines
		}
		t.direct = &interruptible{open: func() (io.WriteCloser, error) { return unclosed{b.stdout}, nil }}
		return t, t.start(t.direct, uncompressed{})
	}
	if stream.Name == "" {
		return nil, errors.New("the path is empty")
	}
	if err := otherFormat(stream.Name); err != nil {
		return nil, err
	}
	packed, err := b.by(stream.Name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(stream.Name)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, createError(stream.Name, err)
	case err == nil && info.IsDir():
		return nil, errors.New("this is a directory, not a file")
	case err == nil && !info.Mode().IsRegular():
		t.path = stream.Name
		t.direct = &interruptible{open: func() (io.WriteCloser, error) { return os.OpenFile(t.path, os.O_WRONLY, 0) }}
		if t.layout == table {
			return t, b.startTable(t)
		}
		return t, t.start(t.direct, packed)
	}
	if t.path, err = resolve(stream.Name); err != nil {
		return nil, createError(stream.Name, err)
	}
	if t.temp, err = newTemporary(t.path, info); err != nil {
		return nil, createError(t.path, err)
	}
	err = t.start(t.temp.file, packed)
	if err == nil && t.layout == table {
		err = b.startTable(t)
	}
	return t, err
}

// checkReads refuses a file that would replace one of those that are read.
func (t *target) checkReads(files []string) error {
	if t.temp == nil {
		return nil
	}
	for _, file := range files {
		if sameFile(t.path, file) {
			return fmt.Errorf("the file is also read, as %s, and results would replace it: write them to another file", file)
		}
	}
	return nil
}

// start puts the writers together.
func (t *target) start(w io.Writer, packed Compression) error {
	t.raw = bufio.NewWriterSize(w, bufferSize)
	var err error
	if t.packed, err = packed.Compress(t.raw); err != nil {
		return err
	}
	if _, plain := t.packed.(uncompressed); plain {
		t.text = t.raw
		return nil
	}
	t.text = bufio.NewWriterSize(t.packed, bufferSize)
	return nil
}

// createError says what err, from making a temporary file beside path, means for a user.
func createError(path string, err error) error {
	if named := pathError(path, err); named != nil {
		return named
	}
	dir := filepath.Dir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if gone := missing(dir); gone != "" {
			return fmt.Errorf("the directory %s does not exist, make it first: %w", gone, fs.ErrNotExist)
		}
		return fmt.Errorf("no files can be made in %s, which is no directory on a disk; write to another: %w", dir,
			fs.ErrNotExist)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the file system that %s is in can only be read; write to another: %w", dir, syscall.EROFS)
	case errors.Is(err, fs.ErrPermission):
		var at *fs.PathError
		if errors.As(err, &at) && at.Path == path {
			return fmt.Errorf("no permission to write the file: %w", fs.ErrPermission)
		}
		return fmt.Errorf("no permission to make files in %s: results are written to a new file there, "+
			"which takes the output's name when it is complete: %w", dir, fs.ErrPermission)
	}
	return writeError(path, err)
}

// writeError says what err, from writing results or from renaming the file to path, means for a user.
func writeError(path string, err error) error {
	switch {
	case path == standard && errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk is full; what was written there before isn't whole: %w", err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk is full; results need room in %s beside the file that they replace: %w",
			filepath.Dir(path),
			err)
	case errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the quota for %s is used up: %w", filepath.Dir(path), err)
	case errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("the file is larger than the file system or the limit of this process (ulimit -f) allows: %w", err)
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.EXDEV):
		return fmt.Errorf("the file can't be replaced, it is mounted by itself (into a container?); mount its directory "+
			"instead: %w", err)
	}
	return err
}

// begin says whose commit the writes that follow belong to.
func (t *target) begin(ctx context.Context) {
	if t.direct != nil {
		t.direct.ctx = ctx
	}
}

// append writes one object. White space at its ends goes, and line breaks in it become spaces: each object has a line.
func (t *target) append(object []byte) error {
	if t.carried != nil {
		return t.carried(object)
	}
	return t.appendObject(oneLine(object))
}

// appendObject writes an object that is one line.
func (t *target) appendObject(object []byte) error {
	if len(object) == 0 || object[0] != '{' {
		return fmt.Errorf("result %d is not a JSON object: %.40q", t.objects, object)
	}
	switch t.layout {
	case rows:
		return t.appendRow(object)
	case table:
		t.objects++
		return t.rows.Append(object)
	}
	if err := t.separate(); err != nil {
		return err
	}
	t.objects++
	_, err := t.text.Write(object)
	if err == nil && t.layout == lines {
		err = t.text.WriteByte('\n')
	}
	return err
}

// appendRow writes an object as a row of cells.
func (t *target) appendRow(object []byte) error {
	if !t.cells.HasColumns() {
		if err := t.cells.Learn(object); err != nil {
			return fmt.Errorf("result %d: %w", t.objects, err)
		}
	}
	t.row = t.row[:0]
	if t.objects == 0 {
		t.row = t.cells.AppendHeader(t.row)
	}
	row, err := t.cells.Append(t.row, object)
	if err != nil {
		return fmt.Errorf("result %d: %w", t.objects, err)
	}
	t.row = row
	t.objects++
	_, err = t.text.Write(row)
	return err
}

// listBegin and listNext are what stands in a list before its first object, and before each other one.
const listBegin, listNext = "[\n", ",\n"

// separate writes what stands in a list before the next object.
func (t *target) separate() error {
	if t.layout != list {
		return nil
	}
	before := listNext
	if t.objects == 0 {
		before = listBegin
	}
	_, err := t.text.WriteString(before)
	return err
}

// flush hands on what was written, where somebody may wait for it.
func (t *target) flush() error {
	if t.direct == nil {
		return nil
	}
	if err := t.text.Flush(); err != nil {
		return err
	}
	if err := t.packed.Flush(); err != nil {
		return err
	}
	return t.raw.Flush()
}

// complete writes the end of the file.
func (t *target) complete() error {
	if t.objects == 0 && t.columns != nil {
		t.stream.Members = t.columns()
	}
	if t.layout == list {
		end := "\n]\n"
		if t.objects == 0 {
			end = "[]\n"
		}
		if _, err := t.text.WriteString(end); err != nil {
			return err
		}
	}
	if t.layout == rows && t.objects == 0 {
		if _, err := t.text.Write(t.loneHeader()); err != nil {
			return err
		}
	}
	if t.rows != nil {
		if err := t.rows.Close(); err != nil {
			return err
		}
	}
	for _, finish := range []func() error{t.text.Flush, t.packed.Close, t.raw.Flush} {
		if err := finish(); err != nil {
			return err
		}
	}
	if t.temp != nil {
		return t.temp.file.Sync()
	}
	if t.path == standard {
		return nil
	}
	_, err := t.direct.Write(nil) // whoever reads a pipe waits until it was opened
	return err
}

// loneHeader returns the line of names of a file without results, as far as they are known.
func (t *target) loneHeader() []byte {
	if t.cells.HasColumns() || len(t.stream.Members) == 0 {
		return t.cells.AppendHeader(nil)
	}
	d := dialectOf(&t.stream)
	d.Columns = t.stream.Members
	return csv.NewEncoder(d, nil, nil).AppendHeader(nil)
}

// publish gives the file its name.
func (t *target) publish() error {
	if t.temp == nil {
		return nil
	}
	return t.temp.publish(t.path)
}

// close lets go of the target, and removes the temporary file if it was not published.
func (t *target) close() error {
	if t.temp != nil {
		return t.temp.close()
	}
	return t.direct.close()
}

// fail says which output err is about.
func (t *target) fail(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return fmt.Errorf("%s: its reader has closed it: %w", describe("output", t.stream), err)
	}
	return fmt.Errorf("%s: %w", describe("output", t.stream), writeError(t.path, err))
}

// unclosed is a writer that isn't ours to close.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }
