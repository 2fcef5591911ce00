package file

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzPatterns finds files by any pattern: what is found is what filepath.Match takes, in an order that is one; a name as a
// pattern of its own finds itself.
func FuzzPatterns(f *testing.F) {
	f.Add("part-*.csv", "part-10.csv", "part-2.csv", "part-02.csv")
	f.Add("[a-c]?/*.jsonl", "ab/1.jsonl", "x/2.jsonl", "ab/.jsonl")
	f.Add(`\[a\]*`, "[a]1", "a1", "[a]")
	f.Add("a[", "a[b", "*", "?")
	f.Add("**/x", "x", "a/x", "a/b/x")
	f.Add(`*\\`, `0\`, `a\*`, `\`)
	f.Fuzz(func(t *testing.T, pattern, a, b, c string) {
		names := []string{a, b, c}
		for _, x := range names {
			for _, y := range names {
				if order := byNature(x, y); order != -byNature(y, x) || (order == 0) != (x == y) && !samePlace(x, y) {
					t.Errorf("%q and %q: %d, %d", x, y, order, byNature(y, x))
				}
				for _, z := range names {
					if byNature(x, y) < 0 && byNature(y, z) < 0 && byNature(x, z) >= 0 {
						t.Errorf("%q, %q and %q are in no order", x, y, z)
					}
				}
			}
		}
		dir := t.TempDir()
		var made []string
		for _, name := range names {
			path := filepath.Join(dir, name)
			if !filepath.IsLocal(name) || strings.Contains(name, "..") {
				continue
			}
			if os.MkdirAll(filepath.Dir(path), 0o700) == nil && os.WriteFile(path, nil, 0o600) == nil {
				made = append(made, path)
			}
		}
		for _, path := range made {
			found, err := matching(Literal(path))
			if err != nil || !slices.Equal(found, []string{path}) || CheckPattern(Literal(path)) != nil || !Matches(Literal(path), path) {
				t.Errorf("%q finds %q, %v", path, found, err)
			}
		}
		if CheckPattern(pattern) != nil || !filepath.IsLocal(pattern) || strings.Contains(pattern, "..") {
			return // it isn't for this directory
		}
		whole := filepath.Join(Literal(dir), pattern)
		found, err := matching(whole)
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(found, byNature) {
			t.Errorf("%q isn't in order", found)
		}
		for _, path := range found {
			if matches, err := filepath.Match(whole, path); !matches || err != nil {
				t.Errorf("%q finds %q, %v", whole, path, err)
			}
		}
		for _, path := range made {
			isHidden := strings.Contains(path[len(dir):], string(filepath.Separator)+".") // it takes a pattern with a dot
			if matches, _ := filepath.Match(whole, path); matches && !isHidden && !slices.Contains(found, path) {
				t.Errorf("%q doesn't find %q", whole, path)
			}
		}
	})
}

// samePlace reports whether two paths lead to one place: they have the same names in them.
func samePlace(a, b string) bool { return slices.Equal(components(a), components(b)) }
