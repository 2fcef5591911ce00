package file

import (
	"io"

	"github.com/leat-go/leat/broker"
)

// Rereads reports whether what an output has written can be read again before it is complete: where it is one file on a disk that
// isn't compressed, and elements stand in it as they were given, a fixed number of bytes from each other.
func Rereads(out broker.Output) bool {
	o, ok := out.(*output)
	if !ok || len(o.targets) != 1 {
		return false
	}
	t := o.targets[0]
	_, plain := t.packed.(uncompressed)
	return plain && t.temp != nil && (t.layout == list || t.layout == lines || t.layout == rows && t.carried != nil)
}

// Reread returns what an output for which Rereads holds has written, which is read until the output is closed: the first element
// begins at a byte, and so many bytes are between two of them. Objects are there without the white space around them.
func Reread(out broker.Output) (written io.ReaderAt, first, between int64, err error) {
	t := out.(*output).targets[0]
	if err := t.text.Flush(); err != nil {
		return nil, 0, 0, t.fail(err)
	}
	switch t.layout {
	case list:
		first, between = int64(len(listBegin)), int64(len(listNext))
	case rows:
		first, between = t.header, 1
	default:
		between = 1
	}
	return t.temp.file, first, between, nil
}

// SyncFile has the disk take what an output for which Rereads holds has written so far, so that less is left to wait for in the
// end. It may be called while the output is written.
func SyncFile(out broker.Output) error {
	t := out.(*output).targets[0]
	if err := t.temp.file.Sync(); err != nil {
		return t.fail(err)
	}
	return nil
}
