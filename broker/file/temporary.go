package file

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
	dir, prefix := filepath.Dir(target), temporaryPrefix(target)
	removeStale(dir, prefix)
	file, err := createLocked(dir, prefix)
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

// temporaryPrefix returns what the names of a target's temporary files begin with.
func temporaryPrefix(target string) string {
	base := filepath.Base(target)
	// Names end at 255 bytes, and some file systems take no half characters.
	return "." + strings.ToValidUTF8(base[:min(len(base), 200)], "") + ".leat-"
}

// createLocked makes a new file, which no other process takes for a stale one.
func createLocked(dir, prefix string) (*os.File, error) {
	for range 100 {
		path := filepath.Join(dir, fmt.Sprint(prefix, rand.Uint64()))
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		// Before the file was locked, another process may have taken it for a stale one: then it has locked it, or removed
		// it. Any other error says that there are no locks, and then no file is ever found stale.
		if err := lock(file); !errors.Is(err, syscall.EWOULDBLOCK) {
			if still, err := isAt(file, path); still || err != nil {
				return file, err
			}
		}
		_ = file.Close()
	}
	return nil, fmt.Errorf("can't make a temporary file in %s: a hundred names were taken", dir)
}

// isAt tells whether path names the open file.
func isAt(file *os.File, path string) (bool, error) {
	open, err := file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(open, named), err
}

// removeStale removes the temporary files of processes that have died: those that nobody has locked. What can't be seen
// or removed stays; that does no harm.
func removeStale(dir, prefix string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		number, ok := strings.CutPrefix(entry.Name(), prefix)
		if ok && strings.Trim(number, "0123456789") == "" && entry.Type().IsRegular() {
			removeUnlocked(filepath.Join(dir, entry.Name()))
		}
	}
}

// removeUnlocked removes a file if it can be locked.
func removeUnlocked(path string) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	if lock(file) == nil {
		_ = os.Remove(path)
	}
	_ = file.Close()
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
	err := t.file.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if gone := os.Remove(t.file.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
