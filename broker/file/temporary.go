package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/leat-go/leat/internal/tempfile"
)

// A temporary is the file that is written beside a target, until it takes its name.
type temporary struct {
	file      *os.File
	published bool
}

// newTemporary makes the temporary file of a target. If the target is there, as info says, it must be writable, and its
// permissions are taken over.
func newTemporary(target string, info fs.FileInfo) (*temporary, error) {
	if info != nil {
		file, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
	dir, prefix := filepath.Dir(target), tempfile.Prefix(target)
	tempfile.RemoveStale(dir, prefix)
	file, err := tempfile.Create(dir, prefix, 0o666)
	if err != nil {
		return nil, err
	}
	t := &temporary{file: file}
	if info != nil {
		if err := file.Chmod(info.Mode().Perm()); err != nil {
			return nil, errors.Join(err, t.close())
		}
	}
	return t, nil
}

// publish gives the file, which is complete and on disk, the target's name.
func (t *temporary) publish(target string) error {
	if err := replace(t.file, target); err != nil {
		return err
	}
	t.published = true
	return nil
}

// close removes the file unless it was published.
func (t *temporary) close() error {
	if t.published {
		return nil
	}
	t.published = true
	return tempfile.Remove(t.file)
}
