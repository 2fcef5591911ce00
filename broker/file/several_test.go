package file_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/parquet"
	"github.com/leat-go/leat/broker/file/zstd"
)

// A folder is one of files that are read as one stream, and what runs have committed of it.
type folder struct {
	*rapid.T
	dir string
	// endings are those that the files may have; the first grows.
	endings []string
	files   []string
	written int
	// committed is the number of the next element, and kept the rewind point that was committed with the last.
	committed int
	kept      *broker.Rewind
	// places are the files that the elements lie in, and firsts the number of the first in each file.
	places []string
	firsts map[string]int
}

func (f *folder) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// stream returns the stream of all files, whose elements are JSON objects.
func (f *folder) stream() broker.Stream {
	stream := broker.NewStream[struct{}](f.path("part-*" + f.endings[0] + "*"))
	stream.Type, stream.Several = nil, true
	return stream
}

// add writes a file of some elements.
func (f *folder) add(n int) {
	name := fmt.Sprintf("part-%d%s", len(f.files)*3+1, f.endings[rapid.IntRange(0, len(f.endings)-1).Draw(f.T, "ending")])
	f.files = append(f.files, name)
	f.firsts[name] = f.written
	f.must(writeElements(f.T, f.path(name), f.written, n))
	f.note(name, n)
}

func (f *folder) note(name string, n int) {
	for range n {
		f.places = append(f.places, name)
	}
	f.written += n
}

// grow appends elements to the last file.
func (f *folder) grow(n int) {
	name := f.files[len(f.files)-1]
	if !strings.HasSuffix(name, ".jsonl") && !strings.HasSuffix(name, ".csv") {
		f.add(n)
		return
	}
	text := texts(filepath.Ext(name), f.written, n)
	if filepath.Ext(name) == ".csv" {
		_, text, _ = strings.Cut(text, "\n")
	}
	out, err := os.OpenFile(f.path(name), os.O_APPEND|os.O_WRONLY, 0o600)
	f.must(err)
	_, err = out.WriteString(text)
	f.must(err)
	f.must(out.Close())
	f.note(name, n)
}

// texts returns a file's text.
func texts(ending string, first, n int) string {
	var text strings.Builder
	switch ending {
	case ".csv":
		text.WriteString("n,pad\n")
	case ".json":
		text.WriteString("[")
	}
	for i := first; i < first+n; i++ {
		pad := strings.Repeat("x", 1+i%97)
		switch ending {
		case ".csv":
			fmt.Fprintf(&text, "%d,%s\n", i, pad)
		case ".json":
			fmt.Fprintf(&text, "%s{\"n\":%d,\"pad\":%q}", strings.Repeat(",", min(1, i-first)), i, pad)
		default:
			fmt.Fprintf(&text, "{\"n\":%d,\"pad\":%q}\n", i, pad)
		}
	}
	if ending == ".json" {
		text.WriteString("]")
	}
	return text.String()
}

// A helper is a test, of whichever kind.
type helper interface {
	Helper()
	Context() context.Context
}

// writeElements writes a file of the format that its name says.
func writeElements(t helper, path string, first, n int) error {
	t.Helper()
	if filepath.Ext(path) == ".parquet" {
		return writeRows(t, path, first, n)
	}
	text := []byte(texts(filepath.Ext(strings.TrimSuffix(path, ".gz")), first, n))
	if strings.HasSuffix(path, ".gz") {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(text)
		_ = w.Close()
		text = packed.Bytes()
	}
	return os.WriteFile(path, text, 0o600)
}

// writeRows writes rows by the broker.
func writeRows(t helper, path string, first, n int) error {
	stream := broker.NewStream[struct{}](path)
	stream.Type = nil
	stream.Format = parquet.Options{RowGroup: 300, Columns: []parquet.Column{{Name: "n", Type: "int64"}, {Name: "pad", Type: "text"}}}
	b := file.New(file.Streams(stream), parquet.Files())
	out, err := b.OpenSink(t.Context(), &broker.Job{Outputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	commit := broker.Commit{End: true}
	for i := first; i < first+n; i++ {
		commit.Results = append(commit.Results, broker.Result{Value: fmt.Appendf(nil, `{"n":%d,"pad":"x"}`, i)})
	}
	return errors.Join(out.Commit(t.Context(), []broker.Commit{commit}), out.Close())
}

// open opens the files as a run does that goes on from what was committed.
func (f *folder) open() (broker.Input, []broker.Rewind, error) {
	b := file.New(file.Streams(f.stream()), file.Globs(), parquet.Files(), zstd.Files())
	in, err := b.OpenSource(f.Context(), &broker.Job{Inputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	nodes := []broker.Rewind{{Node: "n"}}
	if f.kept != nil {
		nodes[0] = *f.kept
		nodes[0].Offset, nodes[0].Seen, nodes[0].Accounted = 3, 3, 3 // that mean nothing
		if err := in.(broker.Positioner).Resume(f.Context(), 0, nodes); err != nil {
			return nil, nil, errors.Join(err, in.Close())
		}
	}
	return in, nodes, nil
}

// session reads as a run does, to the end or until it is killed, and commits up to an element that it has read; or ends its
// session before the stream's.
func (f *folder) session(isKilled, endsBefore bool) {
	in, nodes, err := f.open()
	f.must(err)
	r, err := in.Reader(f.Context(), 0, 0, nodes[0].Offset)
	f.must(err)
	left := f.written - f.committed
	taken := left
	if isKilled || endsBefore {
		taken = rapid.IntRange(0, left).Draw(f.T, "taken")
	}
	node, read := nodes[0], 0
	for read < taken || taken == left {
		records, err := r.Read(f.Context())
		if err == io.EOF {
			break
		}
		f.must(err)
		for _, record := range records {
			if read == taken {
				break
			}
			f.take(&record)
			node.Offset = record.Offset + 1
			read++
		}
		r.(broker.Recycler).Recycle(records)
	}
	if read != taken {
		f.Fatalf("%d elements came, of %d", read, taken)
	}
	node.Seen, node.Accounted, node.NextSession = node.Offset, node.Offset, endsBefore
	nodes[0] = node
	f.must(in.(broker.Positioner).Positions(0, nodes))
	f.kept = &nodes[0]
	if endsBefore {
		f.committed = f.written
	}
	f.must(r.Close())
	f.must(in.Close())
}

// take checks that an element is the next one, and lies where it was written.
func (f *folder) take(record *broker.Record) {
	var element struct{ N int }
	f.must(json.Unmarshal(record.Value, &element))
	if element.N != f.committed {
		f.Fatalf("element %d came in place of %d", element.N, f.committed)
	}
	at := record.At("all", 0)
	if place := filepath.Base(at.Stream); place != f.places[element.N] || at.Offset != int64(element.N-f.firsts[place]) {
		f.Fatalf("element %d came from %v, and is number %d of %s", element.N, at, element.N-f.firsts[f.places[element.N]],
			f.places[element.N])
	}
	f.committed++
}

var severalEndings = map[string][]string{
	"lines": {".jsonl", ".jsonl.gz"}, "rows": {".csv", ".csv.gz"}, "lists": {".json"}, "tables": {".parquet"},
}

// Files of which more and more are there, and the last of which grows, are one stream over all runs: each element comes out
// once, whenever runs are killed, and whatever the files are.
func TestSeveralFilesProperty(t *testing.T) {
	for name, endings := range severalEndings {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				dir, err := os.MkdirTemp("", "several")
				if err != nil {
					t.Fatal(err)
				}
				defer os.RemoveAll(dir)
				f := &folder{T: t, dir: dir, endings: endings, firsts: map[string]int{}}
				f.add(rapid.IntRange(1, 3).Draw(t, "first"))
				t.Repeat(map[string]func(*rapid.T){
					"add a file":      func(t *rapid.T) { f.add(rapid.IntRange(0, 5).Draw(t, "few")) },
					"add a long file": func(t *rapid.T) { f.add(rapid.IntRange(500, 2000).Draw(t, "many")) },
					"grow":            func(t *rapid.T) { f.grow(rapid.IntRange(1, 700).Draw(t, "few")) },
					"run":             func(*rapid.T) { f.session(false, false) },
					"killed run":      func(*rapid.T) { f.session(true, false) },
					"early end":       func(*rapid.T) { f.session(false, true) },
				})
				f.session(false, false)
				if f.committed != f.written {
					t.Fatalf("%d of %d elements came out", f.committed, f.written)
				}
			})
		})
	}
}

// What was read must be what it was, and what is new must come behind: the next run says which file isn't so.
func TestSeveralFilesThatChange(t *testing.T) {
	later := time.Now().Add(time.Minute)
	for name, test := range map[string]struct {
		change func(f *folder) error
		want   string
	}{
		"changed": {func(f *folder) error { return os.Chtimes(f.path("part-4.jsonl"), later, later) },
			"part-4.jsonl was read and has changed since: it has"},
		"gone": {func(f *folder) error { return os.Remove(f.path("part-4.jsonl")) },
			"a file that was read between DIR/part-1.jsonl and DIR/part-7.jsonl is gone. Put it back"},
		"the first gone": {func(f *folder) error { return os.Remove(f.path("part-1.jsonl")) },
			"of the 2 files that were read before DIR/part-7.jsonl there are only 1"},
		"the one that is read gone": {func(f *folder) error { return os.Remove(f.path("part-7.jsonl")) },
			"part-7.jsonl, which the run before was reading, is gone: put it back"},
		"new before": {func(f *folder) error { return writeElements(f, f.path("part-2.jsonl"), 0, 1) },
			"part-2.jsonl is new, and its name comes before that of DIR/part-4.jsonl, which was read"},
		"new at first": {func(f *folder) error { return writeElements(f, f.path("part-0.jsonl"), 0, 1) },
			"3 files were read before DIR/part-7.jsonl, and there are"},
		"new before the last": {func(f *folder) error { return writeElements(f, f.path("part-5.jsonl"), 0, 1) },
			"part-5.jsonl is new, and its name comes before that of DIR/part-7.jsonl, which was read"},
		"the one that is read replaced": {func(f *folder) error { return writeElements(f, f.path("part-7.jsonl"), 500, 9) },
			"part-7.jsonl was read to its line"},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				dir := t.TempDir()
				f := &folder{T: rt, dir: dir, endings: []string{".jsonl"}, firsts: map[string]int{}}
				for range 3 {
					f.add(10)
				}
				f.session(false, false)
				f.add(10)
				f.must(test.change(f))
				_, _, err := f.open()
				want := strings.ReplaceAll(test.want, "DIR", dir)
				if name == "new at first" {
					want = "part-0.jsonl is new"
				}
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "remove the positions") {
					rt.Fatalf("the next run says %v, and not %q", err, want)
				}
			})
		})
	}
}

// What a pattern can't be, or what it matches can't, is told before anything is read.
func TestPatternsThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("columns/a-1.csv", "x,y\n1,2\n")
	write("columns/a-2.csv", "y,x\n1,2\n") // the order doesn't matter
	write("columns/a-3.csv", "x,z\n1,2\n")
	write("more/a-1.csv", "x\n1\n")
	write("more/a-2.csv", "x,z\n1,2\n")
	write("mixed/a.csv", "x\n")
	write("mixed/b.jsonl", "{}\n")
	write("mixed/c/d.csv", "x\n")
	write("orders-1.csv", "x\n")
	for pattern, want := range map[string]string{
		"columns/*.csv":   `a-3.csv: it has no column "y", which DIR/columns/a-1.csv has`,
		"more/*.csv":      `a-2.csv: it has a column "z", which DIR/more/a-1.csv hasn't`,
		"mixed/?.*":       "a.csv is CSV or a relative of it and DIR/mixed/b.jsonl JSON Lines, as their names say",
		"mixed/?":         "c: this is a directory, not a file, and the pattern matches it",
		"oders-*.csv":     "no file in DIR matches; there is orders-1.csv",
		"gone/x-*.csv":    "the directory DIR/gone does not exist",
		"**/a-1.csv":      "** isn't known in a pattern",
		"columns/a-[*":    "each [ needs a ] behind it",
		"columns/b-*.csv": "no file in DIR/columns matches; there is a-1.csv, a-2.csv, a-3.csv",
	} {
		stream := broker.NewStream[map[string]any](filepath.Join(dir, filepath.FromSlash(pattern)))
		stream.Several = true
		b := file.New(file.Streams(stream), file.Globs())
		in, err := b.OpenSource(t.Context(), &broker.Job{Inputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			_, err = in.Reader(t.Context(), 0, 0, 0)
		}
		if want = strings.ReplaceAll(want, "DIR", dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", pattern, err, want)
		}
	}
}

// Names are in the order in which people count.
func TestNaturalOrder(t *testing.T) {
	dir := t.TempDir()
	want := []string{"a/part-1.jsonl", "a/part-2.jsonl", "a/part-02b.jsonl", "a/part-10.jsonl", "a/part-10.jsonl.gz", "a-1/part-1.jsonl",
		"b/part-*.jsonl"}
	for _, name := range slices.Backward(want) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string][]string{"*/part-*.jsonl*": want, "b/part-[*].jsonl": want[6:], `?/part-\*.jsonl`: want[6:]} {
		files, err := file.Files(broker.Stream{Name: filepath.Join(dir, pattern), Several: true})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			name, err := filepath.Rel(dir, f.Name)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, filepath.ToSlash(name))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}

// TestConformanceOfSeveralFiles runs the suite of package brokertest on streams that lie in three files, and grow by more.
func TestConformanceOfSeveralFiles(t *testing.T) {
	for _, ending := range []string{".ndjson", ".csv", ".jsonl.gz"} {
		t.Run(ending[1:], func(t *testing.T) {
			brokertest.Run(t, brokertest.Harness{OneSession: true, New: func(t testing.TB, setup brokertest.Setup) brokertest.Storage {
				dir := t.TempDir()
				var options []file.Option
				counts := make([]int, len(setup.Inputs))
				write := func(i int, elements []brokertest.Element) {
					counts[i]++
					path := filepath.Join(dir, fmt.Sprintf("input%d-%d%s", i, counts[i], ending))
					if err := os.WriteFile(path, append(header(ending), encode(t, elements, ending)...), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				for i, stream := range setup.Inputs {
					elements := stream[0][0].Elements
					third := len(elements) / 3
					for _, some := range [][]brokertest.Element{elements[:third], elements[third : 2*third], elements[2*third:]} {
						write(i, some)
					}
					options = append(options, file.Glob[brokertest.Element](filepath.Join(dir, fmt.Sprintf("input%d-*%s", i, ending))))
				}
				outputs := make([]string, setup.Outputs)
				for i := range outputs {
					outputs[i] = filepath.Join(dir, fmt.Sprint("output", i, ending))
					options = append(options, file.At[brokertest.Element](outputs[i]))
				}
				b := file.New(options...)
				return brokertest.Storage{Source: b, Sink: b,
					Visible: func(output, _ int) brokertest.Partition {
						if _, err := os.Stat(outputs[output]); errors.Is(err, fs.ErrNotExist) {
							return nil
						}
						return decode(t, outputs[output])
					},
					Grow: func(input, _ int, more ...brokertest.Element) { write(input, more) }}
			}})
		})
	}
}
