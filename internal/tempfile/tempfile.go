// Package tempfile makes temporary files that a killed process leaves behind and a later one can tell from those in
// use: each is locked for as long as its process has it open.
package tempfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/leat-go/leat/internal/listing"
)

// Prefix returns what the names of the files begin with, for [Create] and [RemoveStale], that are written beside a target
// until they take its name.
func Prefix(target string) string {
	base := filepath.Base(target)
	// Names end at 255 bytes, and some file systems take no half characters.
	return "." + strings.ToValidUTF8(base[:min(len(base), 200)], "") + ".leat-"
}

// Create makes a new file for reading and writing, which no other process takes for a stale one. Its name is prefix and
// a number.
func Create(dir, prefix string, perm fs.FileMode) (*os.File, error) {
	for range 100 {
		path := filepath.Join(dir, fmt.Sprint(prefix, rand.Uint64()))
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
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

// Remove closes a file of Create, unless it is closed, and removes it. Once it is closed, another process may take it for
// a stale one and be faster.
func Remove(file *os.File) error {
	err := file.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if gone := os.Remove(file.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// RemoveStale removes the files of processes that have died: those of Create with this folder and prefix that nobody
// has locked. What can't be seen or removed stays; that does no harm.
func RemoveStale(dir, prefix string) {
	entries, _ := listing.Of(dir)
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
