package file_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// A followed is a file that is followed, and what was written to it.
type followed struct {
	t    rapid.TB
	path string
	in   broker.Input
	// lines are those that are complete, over all generations, and part is the last one of this generation.
	lines []string
	part  string
	// cut is how many lines can't be read again: they were in a file that was truncated.
	cut int
	old int
	// begins has how many lines were before each end of a generation.
	begins []int
}

func follow(t rapid.TB, path string, timeout time.Duration) *followed {
	t.Helper()
	b := file.New(file.At[location](path, file.Follow(), file.DataTimeout(timeout)))
	in, err := b.OpenSource(context.Background(), &broker.Job{Inputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &followed{t: t, path: path, in: in}
}

// write appends a text to the file, which is made if it isn't there.
func (f *followed) write(text string) {
	f.t.Helper()
	opened, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = opened.WriteString(text)
		err = errors.Join(err, opened.Close())
	}
	if err != nil {
		f.t.Fatal(err)
	}
	f.part += text
	for {
		line, rest, ok := strings.Cut(f.part, "\n")
		if !ok {
			return
		}
		f.add(line)
		f.part = rest
	}
}

func (f *followed) add(line string) {
	if line = strings.TrimSpace(line); line != "" {
		f.lines = append(f.lines, line)
	}
}

// end ends a generation: its last line is whole now.
func (f *followed) end() {
	f.add(f.part)
	f.part = ""
	f.begins = append(f.begins, len(f.lines))
}

// oldest is the first line that a reader can begin with: some generations are kept open, and what was cut off is gone.
func (f *followed) oldest() int {
	const kept = 4
	if len(f.begins) <= kept {
		return f.cut
	}
	return max(f.cut, f.begins[len(f.begins)-kept])
}

// rotate renames the file, which must be read by then or later; the new one isn't there yet.
func (f *followed) rotate() {
	f.t.Helper()
	f.old++
	if err := os.Rename(f.path, fmt.Sprint(f.path, ".", f.old)); err != nil {
		f.t.Fatal(err)
	}
}

// truncate empties the file in place. All readers must have read it.
func (f *followed) truncate() {
	f.t.Helper()
	f.end()
	f.cut = len(f.lines)
	if err := os.Truncate(f.path, 0); err != nil {
		f.t.Fatal(err)
	}
}

// A tracked is a reader of a followed file, and what it has read.
type tracked struct {
	f *followed
	broker.Reader
	from  int
	lines []string
}

func (f *followed) reader(from int) *tracked {
	f.t.Helper()
	r, err := f.in.Reader(context.Background(), 0, 0, int64(from))
	if err != nil {
		f.t.Fatal(err)
	}
	return &tracked{f: f, Reader: r, from: from}
}

// drain reads until nothing comes, and compares with what was written.
func (r *tracked) drain() {
	r.f.t.Helper()
	if err := r.read(); !errors.Is(err, broker.ErrDataTimeout) {
		r.f.t.Fatal(err)
	}
	if want := r.f.lines[r.from:]; !slices.Equal(r.lines, want) {
		r.f.t.Fatalf("from %d, read %d lines %q\nof %d %q", r.from, len(r.lines), r.lines, len(want), want)
	}
	if next := r.Next(); next != int64(r.from+len(r.lines)) {
		r.f.t.Fatalf("Next is %d behind %d lines from %d", next, len(r.lines), r.from)
	}
}

func (r *tracked) read() error {
	r.f.t.Helper()
	for {
		records, err := r.Read(context.Background())
		for _, record := range records {
			if want := int64(r.from + len(r.lines)); record.Offset != want {
				r.f.t.Fatalf("offset %d, want %d", record.Offset, want)
			}
			r.lines = append(r.lines, string(record.Value))
		}
		if err != nil {
			return err
		}
	}
}

// close closes what is open, and looks that nothing is left.
func (f *followed) close(readers ...*tracked) {
	f.t.Helper()
	for _, r := range readers {
		if err := r.Close(); err != nil {
			f.t.Error(err)
		}
	}
	if err := f.in.Close(); err != nil {
		f.t.Error(err)
	}
}

// Whatever happens to the file, every complete line is read exactly once, in order, by each reader.
func TestFollowProperty(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "") // of its own, since a follower looks at what lies beside its file
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		f := follow(t, filepath.Join(dir, "a.jsonl"), noWait)
		readers := []*tracked{f.reader(0)}
		line := 0
		there, empty := false, true
		seen := false // by a reader, since the file was made: if it is rotated before, nobody knows that it was there
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				text := ""
				for range rapid.IntRange(1, 4).Draw(t, "lines") {
					line++
					text += fmt.Sprintf("{\"a\":%d}%s", line, rapid.SampledFrom([]string{"\n", "\r\n", "\n\n", " \n"}).Draw(t,
						"newline"))
				}
				if empty {
					f.end() // what comes is the next generation's
				}
				cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
				f.write(text[:cut])
				if rapid.Bool().Draw(t, "between") && cut > 0 {
					readers[0].drain()
					seen = true
				}
				f.write(text[cut:])
				there, empty = true, false
			},
			"write a part": func(t *rapid.T) {
				if empty {
					f.end()
				}
				line++
				f.write(fmt.Sprintf("{\"a\":%d", line))
				there, empty = true, false
			},
			"rotate": func(t *rapid.T) {
				if !there || empty || !seen {
					t.Skip()
				}
				f.rotate()
				there, empty, seen = false, true, false
				if rapid.Bool().Draw(t, "create") {
					f.write("")
				}
			},
			"truncate": func(t *rapid.T) {
				if !there || empty {
					t.Skip()
				}
				for _, r := range readers {
					r.drain()
				}
				f.truncate()
				empty, seen = true, true
			},
			"read": func(t *rapid.T) {
				readers[rapid.IntRange(0, len(readers)-1).Draw(t, "reader")].drain()
				seen = seen || !empty
			},
			"another reader": func(t *rapid.T) {
				readers[0].drain() // it was there first
				seen = seen || !empty
				from := rapid.IntRange(f.oldest(), len(f.lines)).Draw(t, "from")
				if len(readers) < 4 {
					r := f.reader(from)
					r.drain() // from here on what it needs is kept open
					readers = append(readers, r)
				}
			},
			"": func(*rapid.T) {},
		})
		for _, r := range readers {
			r.drain()
		}
		f.close(readers...)
	})
}

// A reader that looked for the file before it was there needs its first line, however far another one is by now.
func TestFollowFromBeforeTheFile(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "a.jsonl"), noWait)
	ahead, behind := f.reader(0), f.reader(0)
	behind.drain()
	for n := range 12 {
		f.write(fmt.Sprintf("{\"a\":%d}\n", n))
		ahead.drain()
		f.rotate()
	}
	behind.drain()
	f.close(ahead, behind)
}
