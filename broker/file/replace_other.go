//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package file

import "os"

// replace gives an open file another name, which may be that of another file, and closes it.
func replace(file *os.File, name string) error {
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
