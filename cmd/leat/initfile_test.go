package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// An answer is what a user types, and what happens before they do.
type answer struct {
	io.Reader
	before func()
}

func (a answer) Read(p []byte) (int, error) {
	a.before()
	return a.Reader.Read(p)
}

// TestInitWritesOver: a pipeline file that comes while the user is asked stays as it is, and one that init may write over keeps
// its permissions and the link to it. Nothing else is left behind.
func TestInitWritesOver(t *testing.T) {
	w := newWorkplace(t, map[string]string{"a.csv": "id,a\n1,x\n2,y\n", "b.csv": "id,b\n1,p\n2,q\n"})
	at := func(name string) string { return filepath.Join(w.dir, name) }
	initialize := func(force bool, meanwhile func()) error {
		a := &app{stdin: answer{strings.NewReader("1\n"), meanwhile}, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, asks: true}
		c := initCommand{Left: at("a.csv"), Right: at("b.csv"), Output: at("p.yaml"), Force: force}
		return c.Run(t.Context(), a)
	}
	made := func() bool { return strings.HasPrefix(w.read("p.yaml"), "# Made by leat init.") }

	err := initialize(false, func() { w.write("p.yaml", "mine") })
	var wrong *usageError
	const refused = "p.yaml is there already: write to another file by -o, or over it by --force"
	if !errors.As(err, &wrong) || !strings.HasSuffix(err.Error(), refused) || w.read("p.yaml") != "mine" {
		t.Errorf("%v, and the file is %q", err, w.read("p.yaml"))
	}
	if err := initialize(true, func() {}); err != nil || !made() {
		t.Errorf("%v, and the file is %q", err, w.read("p.yaml"))
	}
	if err := errors.Join(os.Remove(at("p.yaml")), initialize(false, func() {})); err != nil || !made() {
		t.Error(err)
	}
	if err := writeUnlinked(at("p.yaml"), "other"); !errors.Is(err, fs.ErrExist) || !made() {
		t.Error("without links a file was written over:", err)
	}
	if err := writeUnlinked(at("q.yaml"), "other"); err != nil || w.read("q.yaml") != "other" {
		t.Error(err)
	}
	if err := writeNew(at(strings.Repeat("é", 120)), "other"); err != nil {
		t.Error("with a long name:", err)
	}
	if runtime.GOOS != "windows" {
		err := errors.Join(os.Rename(at("p.yaml"), at("kept.yaml")), os.WriteFile(at("kept.yaml"), []byte("mine"), 0),
			os.Chmod(at("kept.yaml"), 0o640), os.Symlink("kept.yaml", at("p.yaml")), initialize(true, func() {}))
		link, statErr := os.Readlink(at("p.yaml"))
		info, lstatErr := os.Stat(at("p.yaml"))
		if err = errors.Join(err, statErr, lstatErr); err != nil || link != "kept.yaml" || !made() || info.Mode().Perm() != 0o640 {
			t.Errorf("%v: a link to %s, mode %v", err, link, info.Mode())
		}
	}
	if err := errors.Join(os.RemoveAll(at("p.yaml")), os.Mkdir(at("p.yaml"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, force := range []bool{false, true} {
		err := initialize(force, func() {})
		if err == nil || force && !strings.HasSuffix(err.Error(), "a directory: name a file in it by -o") {
			t.Error("where the file is a directory:", err)
		}
	}
	names, err := fs.Glob(os.DirFS(w.dir), ".*")
	if err != nil || len(names) > 0 {
		t.Errorf("%v: there are %q", err, names)
	}
}
