package jsonfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFormat(t *testing.T) {
	for path, want := range map[string]struct {
		layout layout
		packed compression
	}{
		"-": {either, plain}, "a": {list, plain}, "a.json": {list, plain}, "a.txt": {list, plain}, "a.jsonl": {lines, plain},
		"b.jsonl/a": {list, plain}, "A.NDJSON": {lines, plain}, "a.gz": {list, gzipped}, "a.json.gz": {list, gzipped},
		"a.jsonl.gz": {lines, gzipped}, "a.ndjson.zst": {lines, zstandard}, "a.json.ZST": {list, zstandard}, ".jsonl": {lines, plain},
		"/dev/stdin": {list, plain},
	} {
		if l, packed := format(path); l != want.layout || packed != want.packed {
			t.Errorf("%s: got %v, %v, want %v", path, l, packed, want)
		}
	}
}

// Tests that run as root can't be refused a permission, so the answers to that are asked for here.
func TestPermissionErrors(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: "data/a.json", Err: syscall.EACCES}
	for want, err := range map[string]error{
		"no permission to read the file: permission denied":                            openError("data/a.json", denied),
		"no permission to write the file, or to make files in data: permission denied": createError("data/a.json", denied),
		"data is not a directory: open data/a.json: " + syscall.ENOTDIR.Error():        createError("data/a.json", &fs.PathError{Op: "open", Path: "data/a.json", Err: syscall.ENOTDIR}),
		"the directory data does not exist, make it first: " + fs.ErrNotExist.Error():  createError("data/a.json", fs.ErrNotExist),
	} {
		if err.Error() != filepath.FromSlash(want) {
			t.Errorf("\n got %v\nwant %s", err, want)
		}
	}
	if err := createError("a.json", denied); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v is not fs.ErrPermission", err)
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"location", "locatoin", 2}, {"robot", "robot", 0}, {"kitten", "sitting", 3}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// A circle of links is answered, not followed for ever.
func TestResolveCircle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.Symlink(path, path); err != nil {
		t.Log("no symbolic links here:", err)
		return
	}
	if _, err := resolve(path); err == nil || !strings.Contains(err.Error(), "too many symbolic links") {
		t.Errorf("got %v", err)
	}
}
