//go:build linux

package file_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker/file"
)

// A path that can't be read or written is answered with the real cause, and what would be right.
func TestCauses(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", "")
	in := func(name string) string { return filepath.Join(dir, name) }
	long := strings.Repeat("é", 150) + ".json"
	if err := os.Symlink(in("gone.json"), in("link.json")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(in("a"), in("b")), os.Symlink(in("b"), in("a"))); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", in("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	const circle = "the path leads in a circle, by symbolic links that lead to each other: "
	const name = "the file's name has 305 bytes and its path "
	const other = "files are read and written as JSON or as text: .json for a list of objects, " +
		".jsonl or .ndjson for one object a line"
	for _, c := range []struct{ path, read, written string }{
		{"/proc/out.jsonl", "file does not exist", "no files can be made in /proc, which is no directory on a disk; " +
			"write to another: "},
		{in("no/such/dir/a.json"), "neither does the directory " + in("no"),
			"the directory " + in("no") + " does not exist, make it first: "},
		{in("file/a.json"), in("file") + " is a file, not a directory: ", in("file") + " is a file, not a directory: "},
		{in("file/b/a.json"), in("file") + " is a file, not a directory: ", in("file") + " is a file, not a directory: "},
		{in(long), name, name},
		{in("link.json"), "file does not exist; it is a symbolic link to " + in("gone.json") + ", which isn't there", ""},
		{in("a"), circle, circle},
		{in("a/x.json"), circle, circle},
		{in("x\x00.json"), "the path has a zero byte in it", "the path has a zero byte in it"},
		{in("socket"), "this is a socket, which can't be opened as a file", ""},
		{in("rates.parquet"), "this is a Parquet or an Avro file, as its name says: give file.New the option parquet.Files()",
			"this is a Parquet or an Avro file, as its name says: give file.New the option parquet.Files()"},
		{in("rates.xml"), "its name says that this is XML, but " + other, "its name says that this is XML, but " + other},
		{in("rates.jsonl.xz"), "its name says that this is compressed with xz, but " + other,
			"its name says that this is compressed with xz, but " + other},
	} {
		_, err := openSource(file.New(file.At[location](c.path)))
		if err == nil || !strings.Contains(err.Error(), c.read) {
			t.Errorf("reading %s:\n got %v\nwant %s", c.path, err, c.read)
		}
		if c.written == "" {
			continue
		}
		_, err = openSink(file.New(file.At[location](c.path)))
		if err == nil || !strings.Contains(err.Error(), c.written) {
			t.Errorf("writing %s:\n got %v\nwant %s", c.path, err, c.written)
		}
	}
	if got := files(t, dir); strings.Contains(got, "leat") {
		t.Errorf("there are the files %s", got)
	}
}

// A directory that may not be written, or looked into, is told from a file.
func TestPermissions(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("root may do everything")
		return
	}
	dir := t.TempDir()
	for _, d := range []string{"closed", "fixed"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	closed, fixed := write(t, filepath.Join(dir, "closed"), "a.json", "[]"), write(t, filepath.Join(dir, "fixed"),
		"a.json", "[]")
	secret := write(t, dir, "secret.json", "[]")
	for path, mode := range map[string]fs.FileMode{filepath.Dir(closed): 0, filepath.Dir(fixed): 0o500, secret: 0} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(path, 0o700)
	}
	for path, want := range map[string]string{
		closed: "no permission to look into the directory " + filepath.Dir(closed) + ": ",
		secret: "no permission to read the file: ",
	} {
		if _, err := openSource(file.New(file.At[location](path))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("\n got %v\nwant %s", err, want)
		}
	}
	for path, want := range map[string]string{
		closed: "no permission to look into the directory " + filepath.Dir(closed) + ": ",
		fixed:  "no permission to make files in " + filepath.Dir(fixed) + ": ",
		secret: "no permission to write the file: ",
	} {
		if _, err := openSink(file.New(file.At[location](path))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("\n got %v\nwant %s", err, want)
		}
	}
}

// A disk that fills up ends the run with that as the cause.
func TestFullDisk(t *testing.T) {
	out, err := openSink(file.New(file.At[speed]("/dev/full")))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := commit(out, true, "{}"); err == nil || !strings.Contains(err.Error(),
		"output /dev/full, declared for file_test.speed: the disk is full; ") {
		t.Errorf("got %v", err)
	}
}
