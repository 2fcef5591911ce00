package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// formats are the ends of the names of files in each format, and packed in each way.
var formats = []string{".json", ".jsonl", ".csv", ".tsv", ".parquet", ".avro", ".jsonl.gz", ".csv.gz", ".json.zst", ".tsv.zst"}

// newFormats makes a file of the same elements in each format.
func newFormats(t *testing.T) *workplace {
	var elements strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&elements, "{\"id\":%d,\"name\":\"element %d, of many\",\"size\":%d.25}\n", i, i, i%7)
	}
	w := newWorkplace(t, map[string]string{"from.jsonl": elements.String()})
	for _, format := range formats {
		if status, _, stderr := w.call("", "convert", "from.jsonl", "good"+format); status != 0 {
			t.Fatal(stderr)
		}
	}
	return w
}

// fails converts a file, which must fail with an error that has certain words, and leave nothing behind.
func (w *workplace) fails(from, to string, words ...string) {
	w.t.Helper()
	before := w.names()
	status, _, stderr := w.call("", "convert", from, to)
	if status != 1 {
		w.t.Errorf("%s to %s: status %d, want 1: %s", from, to, status, stderr)
	}
	for _, word := range words {
		if !strings.Contains(stderr, word) {
			w.t.Errorf("%s to %s: there is no %q in %q", from, to, word, stderr)
		}
	}
	if strings.Contains(stderr, "panic") || strings.Count(stderr, "\n") > 3 {
		w.t.Errorf("%s to %s: %s", from, to, stderr)
	}
	if after := w.names(); !slices.Equal(before, after) {
		w.t.Errorf("%s to %s: it leaves %v, where there was %v", from, to, after, before)
	}
}

// names returns the names of what there is, two directories deep.
func (w *workplace) names() (names []string) {
	for _, pattern := range []string{"*", "*/*", ".*", "*/.*"} {
		found, err := filepath.Glob(filepath.Join(w.dir, pattern))
		if err != nil {
			w.t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

// Files that are cut off end with an error that names them. Of lines of cells that are not packed, the last one may be
// whole however it is cut.
func TestCutFiles(t *testing.T) {
	w := newFormats(t)
	for _, format := range formats {
		if format == ".csv" || format == ".tsv" {
			continue
		}
		content := w.read("good" + format)
		for _, at := range []int{len(content) - 9, len(content) / 2, 9} {
			w.write("cut"+format, content[:at])
			w.fails("cut"+format, "out.jsonl", "cut"+format)
		}
	}
}

// Files whose names say another format than they have end with an error that names them.
func TestMisnamedFiles(t *testing.T) {
	callsOften(t)
	w := newFormats(t)
	for _, is := range formats {
		for _, named := range formats {
			if is == named {
				continue
			}
			w.write("misnamed"+named, w.read("good"+is))
			w.fails("misnamed"+named, "out.jsonl", "misnamed"+named)
		}
	}
}

// What is no file, and what can't be read or written, is told, and nothing is left behind.
func TestNoFiles(t *testing.T) {
	w := newFormats(t)
	for _, format := range formats {
		if err := os.Mkdir(filepath.Join(w.dir, "dir"+format), 0o700); err != nil {
			t.Fatal(err)
		}
		w.fails("dir"+format, "out.jsonl", "dir"+format, "is a directory")
		w.fails("from.jsonl", "dir"+format, "dir"+format, "is a directory")
		w.fails("none"+format, "out.jsonl", "none"+format, "does not exist")
		w.fails("from.jsonl", "none/out"+format, "none/out"+format, "none does not exist")
	}
	fifo := filepath.Join(w.dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile(fifo, []byte("a;b\n1;2\n"), 0o600) }()
	w.check(call{arguments: []string{"show", "fifo", "--delimiter", ";"}, stdout: `{"a":1,"b":2}` + "\n"})
	if os.Getuid() == 0 {
		return // root may read and write everything
	}
	w.write("secret.jsonl", "{}\n")
	if err := os.Chmod(filepath.Join(w.dir, "secret.jsonl"), 0); err != nil {
		t.Fatal(err)
	}
	w.fails("secret.jsonl", "out.jsonl", "secret.jsonl", "no permission")
}

// A disk that is full is told, and nothing is left on it.
func TestFullDisk(t *testing.T) {
	callsOften(t)
	w := newFormats(t)
	disk := filepath.Join(w.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4k"); err != nil {
		t.Skip("only root may mount a small disk: ", err)
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	for _, format := range formats {
		w.fails("from.jsonl", "disk/out"+format, "disk/out"+format, "the disk is full")
	}
	w.write("disk/full", strings.Repeat("x", 4096))
	if status, _, stderr := w.call("", "init", "from.jsonl", "good.csv", "--yes", "-o", "disk/join.yaml"); status != 1 ||
		!strings.Contains(stderr, "the pipeline file can't be written: ") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if names := w.names(); slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, "join.yaml") }) {
		t.Errorf("init leaves a part of its file: %v", names)
	}
}

// A disk that standard output fills is told as that, whatever is written there; nothing has a name that could be replaced.
func TestFullStandardOutput(t *testing.T) {
	w := newWorkplace(t, map[string]string{"a.csv": "id,x\n1,2\n",
		"p.yaml": "streams:\n  a: {file: a.csv}\n  out: {file: '-'}\nmaster: a\noutput: out\n"})
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, arguments := range []string{"run p.yaml", "run -q p.yaml", "show a.csv", "convert a.csv -", "sort a.csv --by id", "check p.yaml",
		"plan p.yaml", "schema", "completion bash", "help"} {
		var diagnostics strings.Builder
		command := w.command(strings.Fields(arguments)...)
		command.Stdout, command.Stderr = full, &diagnostics
		_ = command.Run()
		said := diagnostics.String()
		if status := command.ProcessState.ExitCode(); status != 1 || !strings.Contains(said, "the disk is full; what was written") {
			t.Errorf("%s: status %d, %s", arguments, status, said)
		}
	}
}

// What other programs give in the place of a text is told as what it is, whatever its name says.
func TestOtherFiles(t *testing.T) {
	w := newFormats(t)
	for content, says := range map[string]string{
		"PK\x03\x04\x14\x00\x00\x00": "ZIP archive", "\xD0\xCF\x11\xE0\xA1\xB1": "spreadsheet (.xls)", "BZh91AY&SY\x00": "bzip2",
		"\xFD7zXZ\x00": "xz", "SQLite format 3\x00\x10": "an SQLite database", "<!DOCTYPE html>\n<html>": "a page of HTML",
		"<html><body>": "a page of HTML", "<?xml version=\"1.0\"?>\n": "an XML file",
	} {
		for _, format := range []string{".json", ".jsonl", ".csv", ".tsv", ".txt"} {
			w.write("other"+format, content)
			w.fails("other"+format, "out.jsonl", "other"+format+":1:1", "the file is ", says)
		}
	}
}
