//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package file

import (
	"errors"
	"os"
)

// lock fails: there is no lock here that ends with the process on every file system.
func lock(*os.File) error { return errors.ErrUnsupported }

// replace gives an open file another name, which may be that of another file, and closes it.
func replace(file *os.File, name string) error {
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
