package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/broker"
)

// An opened is a file as a reader has found it, for finding out whether it was changed meanwhile. It is safe for
// concurrent use once end was called.
type opened struct {
	stream broker.Stream
	info   fs.FileInfo
	// read is how many bytes were read, and ended when that was all that there was; zero before.
	read  atomic.Int64
	ended atomic.Pointer[time.Time]
	// part says that the last line was left out, because it was being written.
	part atomic.Bool
}

// changed reports whether an open file isn't what it was at first.
func (o *opened) changed(file fs.File) bool {
	now, err := file.Stat()
	return err == nil && (now.Size() != o.info.Size() || !now.ModTime().Equal(o.info.ModTime()))
}

// end notes that the file was read to its end.
func (o *opened) end() {
	now := time.Now()
	o.ended.Store(&now)
}

// warning says how the file was changed while it was read; empty if it wasn't.
func (o *opened) warning() string {
	name := o.stream.Name
	now, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("%s was removed or renamed while it was read: the result is that of the file that was there", name)
	case err != nil:
		return ""
	case !os.SameFile(now, o.info):
		return fmt.Sprintf("%s was replaced while it was read: the result is that of the file before", name)
	}
	ended, read := o.ended.Load(), o.read.Load()
	grew := now.Size() - o.info.Size()
	switch {
	case grew == 0 && now.ModTime().Equal(o.info.ModTime()):
		return ""
	case grew > 0 && ended == nil:
		return "" // what was read is what had been there
	case grew > 0:
		return o.grown(grew, now.Size()-read, *ended)
	case grew < 0:
		return fmt.Sprintf("%s was truncated while it was read: the result may be of what was there before and after", name)
	}
	return fmt.Sprintf("%s was changed while it was read: the result may be of what was there before and after", name)
}

// grown says what is in the result of a file that grew, by a number of bytes in all and by some behind what was read.
func (o *opened) grown(grew, unread int64, ended time.Time) string {
	text := fmt.Sprintf("%s grew by %s while it was read: ", o.stream.Name, amount(grew))
	switch {
	case o.part.Load():
		text += fmt.Sprintf("its last line at %s, which had no end yet, and what came after it, are not in the result",
			ended.Format(time.TimeOnly))
	case unread > 0:
		text += fmt.Sprintf("what came after %s, %s, is not in the result", ended.Format(time.TimeOnly), amount(unread))
	default:
		text += fmt.Sprintf("what comes after %s is not in the result", ended.Format(time.TimeOnly))
	}
	l, packed := formatOf(&o.stream)
	switch {
	case !l.isLines() || packed != plain:
		return text
	case o.stream.Where != "": // it is declared in a pipeline file
		return text + "; with follow: true at the stream a run goes on reading"
	case o.stream.Type != nil:
		return text + "; with the stream's option Follow a run goes on reading"
	}
	return text
}

// amount writes a number of bytes for people.
func amount(bytes int64) string {
	switch {
	case bytes == 1:
		return "1 byte"
	case bytes < 10_000:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
	case bytes < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}
