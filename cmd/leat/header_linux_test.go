package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// heads are what a file of cells may begin with where no row follows: its columns, or what is wrong.
var heads = map[string]struct{ content, columns, mistake string }{
	"nothing":           {"", "", ":1:1 (partition 0, offset 0): the file is empty: its first line has the names of the columns"},
	"a line's end":      {"\n", "", ":2:1 (partition 0, offset 0): the file is empty: its first line has the names of the columns"},
	"ends of lines":     {"\r\n\r\n", "", ":3:1 (partition 0, offset 0): the file is empty: its first line has the names of the columns"},
	"a byte order mark": {"\ufeff", "", ":1:1 (partition 0, offset 0): the file is empty: its first line has the names of the columns"},
	"names":             {"id,x\n", "id,x\n", ""},
	"names alone":       {"id,x", "id,x\n", ""},
	"one name":          {"id\n", "id\n", ""},
	"names behind":      {"\n\nid,x\n\n", "id,x\n", ""},
	"empty names":       {",,\n", "column0,column1,column2\n", ""},
	"a name twice": {"id,id\n", "", ":1:4 (partition 0, offset 0): columns 1 and 2 are both named \"id\", and elements have a member for " +
		"each: rename one"},
}

// TestHeadersAlone: a file that has columns and no rows is read and written as such a file, however it comes; and one without
// columns is an error with its place.
func TestHeadersAlone(t *testing.T) {
	callsOften(t)
	for name, head := range heads {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t, map[string]string{"in.csv": head.content,
				"run.yaml": "streams:\n  a: {file: in.csv}\n  out: {file: out.csv}\nmaster: a\noutput: out\n"})
			fifo := filepath.Join(w.dir, "fifo.csv")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, from := range []struct{ named, arguments string }{
				{"in.csv", "convert in.csv out.csv"},
				{"in.csv", "convert i?.csv out.csv"},
				{"-", "convert - out.csv --delimiter ,"},
				{"fifo.csv", "convert fifo.csv out.csv"},
				{"in.csv", "sort in.csv --by id -o out.csv"},
				{"-", "sort - --delimiter , --by id -o out.csv"},
				{"fifo.csv", "sort fifo.csv --by id -o out.csv"},
				{"in.csv", "run run.yaml"},
				{"-", "run run.yaml --set streams.a={\"file\":\"-\",\"csv\":{}}"},
				{"fifo.csv", "run run.yaml --set streams.a.file=fifo.csv"},
			} {
				if strings.Contains(from.arguments, "fifo") {
					go func() { _ = os.WriteFile(fifo, []byte(head.content), 0o600) }()
				}
				w.writesHead(head.content, append(strings.Fields(from.arguments), "-q"), from.named+head.mistake+"\n", head.columns)
			}
		})
	}
}

// writesHead makes a call that writes out.csv with the columns alone, or fails with the mistake where there are none.
func (w *workplace) writesHead(stdin string, arguments []string, mistake, columns string) {
	w.t.Helper()
	c := call{arguments: arguments, stdin: stdin}
	if columns == "" {
		c.status, c.stderr = 1, mistake
	}
	w.check(c)
	written, err := os.ReadFile(filepath.Join(w.dir, "out.csv"))
	if (err == nil) != (columns != "") || string(written) != columns {
		w.t.Errorf("%s: it writes %q (%v), want %q", arguments, written, err, columns)
	}
	if err == nil {
		_ = os.Remove(filepath.Join(w.dir, "out.csv"))
	}
}

// TestHeadersToParquet: columns without rows are a Parquet file's columns, too, and where no element is left for it.
func TestHeadersToParquet(t *testing.T) {
	w := newWorkplace(t, map[string]string{"rows.csv": "id,x\n1,2\n",
		"run.yaml": "streams:\n  a: {file: rows.csv, where: id > 1}\n  out: {file: b.parquet}\nmaster: a\noutput: out\n"})
	w.check(call{arguments: []string{"convert", "-", "a.parquet", "--delimiter", ",", "-q"}, stdin: "id,x\n"})
	w.good("run", "-q", "run.yaml")
	for _, name := range []string{"a.parquet", "b.parquet"} {
		w.check(call{arguments: []string{"show", name}, stderr: "leat: " + name + ": no elements; columns: id, x\n"})
	}
}
