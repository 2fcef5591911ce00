//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package file

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// replace gives an open file another name, which may be that of another file, and closes it. The lock holds until then,
// so that nobody takes the file for a stale one.
func replace(file *os.File, name string) error {
	if err := os.Rename(file.Name(), name); err != nil {
		return err
	}
	return errors.Join(file.Close(), syncDirectory(filepath.Dir(name)))
}

// syncDirectory puts the names of a directory on disk.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return nil // a directory that may be written but not read can't be synced
		}
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // the file system has no such thing
	}
	return errors.Join(err, d.Close())
}
