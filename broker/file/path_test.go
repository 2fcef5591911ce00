package file

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
		"-": {either, plain}, "a": {list, plain}, "a.json": {list, plain}, "a.txt": {rows, plain}, "a.csv.gz": {rows, gzipped}, "a.TSV": {rows, plain}, "a.jsonl": {lines, plain},
		"b.jsonl/a": {list, plain}, "A.NDJSON": {lines, plain}, "a.gz": {list, gzipped}, "a.json.gz": {list, gzipped},
		"a.jsonl.gz": {lines, gzipped}, "a.ndjson.zst": {lines, zstandard}, "a.json.ZST": {list, zstandard},
		".jsonl":     {lines, plain},
		"/dev/stdin": {list, plain},
	} {
		if l, packed := format(path); l != want.layout || packed != want.packed {
			t.Errorf("%s: got %v, %v, want %v", path, l, packed, want)
		}
	}
}

// What can't be brought about in every test, a refused permission for root among it, is asked for here.
func TestPathErrors(t *testing.T) {
	failed := func(op, path string, err error) error { return &fs.PathError{Op: op, Path: path, Err: err} }
	const temporary = "data/.a.json.leat-1"
	for _, c := range []struct {
		err  error
		want string
	}{
		{openError("data/a.json", failed("open", "data/a.json", syscall.EACCES)),
			"no permission to read the file: permission denied"},
		{openError("data/a.json", failed("stat", "data/a.json", syscall.EACCES)),
			"no permission to look into the directory data: permission denied"},
		{createError("data/a.json", failed("stat", "data/a.json", syscall.EACCES)),
			"no permission to look into the directory data: permission denied"},
		{createError("data/a.json", failed("open", "data/a.json", syscall.EACCES)),
			"no permission to write the file: permission denied"},
		{createError("data/a.json", failed("open", temporary, syscall.EACCES)),
			"no permission to make files in data: results are written to a new file there, " +
				"which takes the output's name when it is complete: permission denied"},
		{createError("data/a.json", failed("open", temporary, fs.ErrNotExist)),
			"the directory data does not exist, make it first: file does not exist"},
		{createError("data/a.json", failed("open", temporary, syscall.EROFS)),
			"the file system that data is in can only be read; write to another: "},
		{createError("data/a.json", failed("open", temporary, syscall.ENOSPC)),
			"the disk is full; results need room in data beside the file that they replace: "},
		{writeError("data/a.json", failed("rename", temporary, syscall.EBUSY)),
			"the file can't be replaced, it is mounted by itself (into a container?); mount its directory instead: "},
	} {
		if got := filepath.ToSlash(c.err.Error()); !strings.HasPrefix(got, c.want) {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
	}
	if err := createError("a.json", failed("open", "a.json", syscall.EACCES)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v is not fs.ErrPermission", err)
	}
}

// Whoever starts a program elsewhere than thought learns where a relative path leads.
func TestRelativePathOfAMissingFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	here, err := os.Getwd() // as the system calls it
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("data", 0o700); err != nil {
		t.Fatal(err)
	}
	want := "file does not exist; it was looked for in " + filepath.Join(here, "data")
	if got := openError(filepath.Join("data", "orders.json"), fs.ErrNotExist); got.Error() != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// A circle of links is answered, not followed for ever.
func TestResolveCircle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.Symlink(path, path); err != nil {
		t.Log("no symbolic links here:", err)
		return
	}
	if _, err := resolve(path); err == nil || !strings.Contains(err.Error(),
		"more than 40 symbolic links lead to each other") {
		t.Errorf("got %v", err)
	}
}
