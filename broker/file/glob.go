package file

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/listing"
)

// Glob declares all files whose paths a pattern matches as one stream of elements of type T, or of *T: one file is read
// behind the other, in the natural order of their names, in which part-2.csv comes before part-10.csv. It panics where an
// option is nil, or the pattern can't be one; see [CheckPattern].
//
// In a pattern * stands for any characters of a name, ? for one, and [a-z] for one of some; a character behind a backslash
// stands for itself, and so does one in brackets, as [*], also on Windows, where a backslash divides names. Directories may
// have patterns, too. What begins with a dot is matched by a pattern that does. The files must be of one format, and may be
// compressed in different ways; rows of cells must have the same columns in all of them, and tables the same with the same
// types. None may be a pipe, and files that are followed have no pattern.
//
// Positions name a file, and a run that resumes opens that one, and not those before: they must be what they were. A file
// that was read and is gone or has changed, and a new one whose name comes before those that were read, are errors. New
// files that come behind are read by the next run, as what is appended to the last one is.
func Glob[T any](pattern string, options ...StreamOption) Option {
	if err := CheckPattern(pattern); err != nil {
		panic(fmt.Sprintf("file.Glob(%q): %v", pattern, err))
	}
	stream := broker.NewStream[T](pattern)
	stream.Several = true
	declared, take := declare(stream, options, "file.Glob"), Globs()
	return func(b *Broker) {
		declared(b)
		take(b)
	}
}

// Globs is an option for streams that are declared by [Streams] and are Several: their names are patterns. [Glob] needs no
// such option. It isn't built in because programs that read single files needn't carry it.
func Globs() Option { return func(b *Broker) { b.globs = globs{} } }

// errNoGlobs says how to get what isn't built in.
var errNoGlobs = errors.New("a pattern of several files takes the option file.Globs(), and isn't written to")

// IsPattern reports whether a path that a user gives means several files: it has * or ? in it.
func IsPattern(path string) bool { return strings.ContainsAny(path, "*?") }

// CheckPattern returns an error where a pattern can't match anything.
func CheckPattern(pattern string) error {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return errors.New("the pattern isn't whole: each [ needs a ] behind it, as in part-[0-9]*.csv, and a backslash a " +
			"character; [[] stands for a bracket in a name")
	}
	if slices.Contains(components(pattern), "**") {
		return errors.New("** isn't known in a pattern: write */ for each directory between, as in data/*/*.csv")
	}
	return nil
}

// Matches reports whether a pattern, which may be relative to the working directory as the path, matches a path.
func Matches(pattern, path string) bool {
	here, err := filepath.Abs("")
	if err != nil {
		return false
	}
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(Literal(here), pattern)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(here, path)
	}
	matches, _ := filepath.Match(pattern, path)
	return matches
}

// Literal returns the pattern that matches a path only.
func Literal(path string) string {
	if !os.IsPathSeparator('\\') {
		path = strings.ReplaceAll(path, `\`, `\\`)
	}
	return strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(path)
}

// Exists reports whether there is something at a path, which may have characters in it that patterns have.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// hasWildcards reports whether a name in a pattern isn't to be taken as it is written.
func hasWildcards(name string) bool { return strings.ContainsAny(name, `*?[\`) }

// components returns the names that a path consists of.
func components(path string) []string {
	return strings.FieldsFunc(path, func(c rune) bool { return c < 0x80 && os.IsPathSeparator(uint8(c)) })
}

// matching returns the paths of what a pattern matches, in natural order. Other than that of [filepath.Glob], its error
// tells of directories that can't be read.
func matching(pattern string) ([]string, error) {
	begin := filepath.VolumeName(pattern)
	if rest := pattern[len(begin):]; rest != "" && os.IsPathSeparator(rest[0]) {
		begin += string(filepath.Separator)
	}
	paths := []string{begin}
	names := components(pattern[len(filepath.VolumeName(pattern)):])
	for i, name := range names {
		var deeper []string
		for _, dir := range paths {
			found, err := within(dir, name, i == len(names)-1)
			if err != nil {
				return nil, err
			}
			deeper = append(deeper, found...)
		}
		paths = deeper
	}
	slices.SortFunc(paths, byNature)
	return paths, nil
}

// within returns the paths in a directory that the pattern of a name matches; directories, where it isn't the last name.
func within(dir, pattern string, last bool) (paths []string, err error) {
	if !hasWildcards(pattern) || pattern == ".." {
		path := filepath.Join(dir, pattern)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		} else if err != nil {
			return nil, openError(path, err)
		}
		return []string{path}, nil
	}
	entries, err := listing.Of(cmp.Or(dir, "."))
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("no permission to list the directory %s: %w", dir, fs.ErrPermission)
	case err != nil:
		return nil, fmt.Errorf("list the directory %s: %w", dir, err)
	}
	for _, entry := range entries {
		name := entry.Name()
		matches, err := filepath.Match(pattern, name)
		if err != nil {
			return nil, err
		}
		if !matches || name[0] == '.' && pattern[0] != '.' {
			continue
		}
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); !last && (err != nil || !info.IsDir()) {
			continue
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// byNature compares paths name by name, and in these numbers by their values.
func byNature(a, b string) int {
	x, y := components(a), components(b)
	for i := range min(len(x), len(y)) {
		if c := byNumbers(x[i], y[i]); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// byNumbers compares names, and runs of digits in them by their values.
func byNumbers(a, b string) int {
	for a != "" && b != "" {
		if !isDigit(rune(a[0])) || !isDigit(rune(b[0])) {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := digitsOf(a), digitsOf(b)
		a, b = a[len(x):], b[len(y):]
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// digitsOf returns the digits that a text begins with.
func digitsOf(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
}

// matchesNothing says what there is in place of what a pattern should match.
func matchesNothing(pattern string) error {
	dir := filepath.Dir(pattern)
	for strings.ContainsAny(dir, `*?[`) {
		dir = filepath.Dir(dir)
	}
	if gone := missing(dir); gone != "" {
		return fmt.Errorf("%w: no file matches, since the directory %s does not exist", fs.ErrNotExist, gone)
	}
	entries, err := listing.Of(dir)
	if err != nil {
		return openError(dir, err)
	}
	where := dir
	if absolute, err := filepath.Abs(dir); err == nil {
		where = absolute
	}
	return fmt.Errorf("%w: no file in %s matches%s", fs.ErrNotExist, where, nearMisses(filepath.Base(pattern), entries))
}

// shownNames is how many names of files are told.
const shownNames = 3

// nearMisses tells of files that are most like a pattern: by what they begin with, and by their ending.
func nearMisses(pattern string, entries []fs.DirEntry) string {
	begin, _, _ := strings.Cut(strings.ToLower(pattern), "*")
	begin = begin[:min(len(begin), 3)]
	likeness := func(name string) (points int) {
		name = strings.ToLower(name)
		if begin != "" && strings.HasPrefix(name, begin) {
			points += 2
		}
		if end := filepath.Ext(pattern); len(end) > 1 && strings.HasSuffix(name, strings.ToLower(end)) {
			points++
		}
		return points
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && likeness(e.Name()) > 0 {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(likeness(b)-likeness(a), byNumbers(a, b)) })
	more := ""
	if len(names) > shownNames {
		more = fmt.Sprintf(" and %d more", len(names)-shownNames)
		names = names[:shownNames]
	}
	return "; there is " + strings.Join(names, ", ") + more
}
