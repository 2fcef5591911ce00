package file

import (
	"io"
	"io/fs"
	"sync/atomic"
)

// openFile opens the file at the reader's start.
func (r *reader) openFile() error {
	file, err := r.open()
	if err != nil {
		return err
	}
	r.file = file
	if r.start.Byte > 0 {
		if err := r.learnColumns(file.(io.ReaderAt)); err != nil {
			return err
		}
		if err := r.seek(file.(io.ReadSeeker)); err != nil {
			return r.damaged(err)
		}
	}
	raw := counter{file, []*atomic.Int64{r.read}}
	if r.limit > 0 {
		raw.Reader = io.LimitReader(file, r.limit-r.start.Byte)
	}
	if stat, ok := file.(fs.File); ok && r.begin != nil {
		info, err := stat.Stat()
		if err != nil {
			return r.damaged(err)
		}
		r.opened = r.begin(info)
		r.opened.read.Store(r.start.Byte)
		raw.read = append(raw.read, &r.opened.read)
	}
	text, release, err := r.by.Decompress(raw)
	if err != nil {
		return r.damaged(err)
	}
	r.text, r.release = text, release
	if r.compared != nil {
		r.text = newComparing(text, r.compared)
	}
	return nil
}

// seek goes to the reader's start, and takes the bytes before it.
func (r *reader) seek(file io.ReadSeeker) error {
	r.tail = make([]byte, min(footprint, r.start.Byte))
	if _, err := file.Seek(r.start.Byte-int64(len(r.tail)), io.SeekStart); err != nil {
		return err
	}
	_, err := io.ReadFull(file, r.tail)
	return err
}

// counter counts the bytes that are read.
type counter struct {
	io.Reader
	read []*atomic.Int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	for _, count := range c.read {
		count.Add(int64(n))
	}
	return n, err
}
