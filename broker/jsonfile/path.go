package jsonfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker"
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
	}
	return "a device"
}

// openError says what err, from opening path, means for a user.
func openError(path string, err error) error {
	switch {
	case path == "":
		return errors.New("the path is empty")
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w%s", fs.ErrNotExist, suggestion(path))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no permission to read the file: %w", fs.ErrPermission)
	}
	return err
}

// suggestion says which file in the directory of path has a name so alike that it may be meant.
func suggestion(path string) string {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Sprintf("; neither does the directory %s", filepath.Clean(dir))
	}
	best, closest := "", 1+len(base)/3
	for _, entry := range entries {
		if d := nameDistance(base, entry.Name()); d < closest && !entry.IsDir() {
			best, closest = entry.Name(), d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; there is %s, is it meant?", filepath.Join(filepath.Dir(path), best))
}

// nameDistance is small for names that are easily mixed up: few letters differ, or only what follows the first dot.
func nameDistance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	stemA, _, _ := strings.Cut(a, ".")
	stemB, _, _ := strings.Cut(b, ".")
	if stemA == stemB && stemA != "" {
		return 1
	}
	return editDistance(a, b)
}

// editDistance counts the characters to insert, delete or replace on the way from a to b (Levenshtein's distance).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// resolve returns the absolute path behind the symbolic links that path itself is, whether or not what the last one names
// is there.
func resolve(path string) (string, error) {
	for range 40 {
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
	return "", errors.New("too many symbolic links")
}
