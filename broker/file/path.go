package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/suggest"
)

// describe names a stream as the user declared it; direction is input or output.
func describe(direction string, s broker.Stream) string {
	name := direction + " " + s.Name
	if s.Name == standard {
		name = "standard " + direction
	}
	switch {
	case s.Where != "":
		return fmt.Sprintf("%s, declared at %s", name, s.Where)
	case s.Type == nil:
		return name
	case s.As != "":
		return fmt.Sprintf("%s, declared for %v named %q", name, s.Type, s.As)
	}
	return fmt.Sprintf("%s, declared for %v", name, s.Type)
}

// kindOf says in words what a path leads to that isn't a file; info is nil for standard input.
func kindOf(info fs.FileInfo) string {
	switch {
	case info == nil:
		return "standard input"
	case info.Mode()&fs.ModeNamedPipe != 0:
		return "a pipe"
	case info.Mode()&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// openError says what err, from opening path for reading, means for a user.
func openError(path string, err error) error {
	if path == "" {
		return errors.New("the path is empty")
	}
	if named := pathError(path, err); named != nil {
		return named
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w%s", fs.ErrNotExist, suggestion(path))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no permission to read the file: %w", fs.ErrPermission)
	}
	return err
}

// pathError says what err means where it is about the path itself, whether it is read or written; nil where it isn't.
func pathError(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%s is a file, not a directory: %w", fileAmong(filepath.Dir(path)), syscall.ENOTDIR)
	case errors.Is(err, syscall.ENAMETOOLONG):
		return fmt.Errorf("the file's name has %d bytes and its path %d, which is more than the file system takes; most "+
			"take names of 255: %w", len(filepath.Base(path)), len(path), syscall.ENAMETOOLONG)
	case errors.Is(err, syscall.ELOOP):
		return fmt.Errorf("the path leads in a circle, by symbolic links that lead to each other: %w", syscall.ELOOP)
	case strings.ContainsRune(path, 0):
		return errors.New("the path has a zero byte in it, which no file's name has")
	case errors.Is(err, fs.ErrPermission) && operation(err) == "stat":
		return fmt.Errorf("no permission to look into the directory %s: %w", filepath.Dir(path), fs.ErrPermission)
	}
	return nil
}

// operation returns what an error says that failed, such as open or stat.
func operation(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return strings.TrimPrefix(at.Op, "l")
	}
	return ""
}

// fileAmong returns the shortest of a directory's parents, or itself, that is there and is no directory.
func fileAmong(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if info, err := os.Stat(at); err == nil && !info.IsDir() {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// missing returns what of a directory's path isn't there, and empty if all of it is: itself, or the parent nearest to
// the root.
func missing(dir string) string {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	for parent := filepath.Dir(dir); parent != dir; parent = filepath.Dir(parent) {
		if _, err := os.Stat(parent); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		dir = parent
	}
	return dir
}

// suggestion says why there is nothing at a path, which file beside it may be meant, or where a relative path leads.
func suggestion(path string) string {
	if gone := missing(filepath.Dir(path)); gone != "" {
		return fmt.Sprintf("; neither does the directory %s", gone)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		link, _ := os.Readlink(path)
		return fmt.Sprintf("; it is a symbolic link to %s, which isn't there", link)
	}
	if meant := suggest.File(path); meant != "" || filepath.IsAbs(path) {
		return meant
	}
	directory, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; it was looked for in %s", directory)
}

// sameFile reports whether two paths lead to one file, or would, of a file that isn't there yet.
func sameFile(a, b string) bool {
	if first, err := os.Stat(a); err == nil {
		second, err := os.Stat(b)
		return err == nil && os.SameFile(first, second)
	}
	first, errFirst := resolve(a)
	second, errSecond := resolve(b)
	return errFirst == nil && errSecond == nil && first == second
}

// resolve returns the absolute path behind the symbolic links that path itself is, whether or not what the last one
// names is there.
func resolve(path string) (string, error) {
	const maxLinks = 40 // as Linux has it
	for range maxLinks {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return filepath.Abs(path)
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return "", fmt.Errorf("more than %d symbolic links lead to each other; give the path of the file itself", maxLinks)
}
