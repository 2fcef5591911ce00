package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// silence is how long the readers of these tests wait before they say that nothing comes. Those that wait for so long
// that it is over before they have looked twice need no clock.
const (
	silence = 10 * time.Second
	noWait  = time.Nanosecond
)

// What comes is read once, line by line, as tail -F does: appended, behind a rotation, behind a truncation.
func TestFollow(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "a.jsonl"), noWait)
	r := f.reader(0)
	r.drain() // there is no file
	f.write("{\"a\":1}\n")
	r.drain()
	f.write("{\"a\":")
	r.drain() // half a line is none
	f.write("2}")
	r.drain() // and one without its newline may go on
	f.write("\n\n{\"a\":3}\n")
	r.drain()
	f.rotate()
	r.drain() // no file again
	f.write("{\"a\":4}\n")
	f.write("{\"a\":5}\n")
	r.drain()
	f.truncate()
	r.drain()
	f.write("{\"a\":6}\n")
	r.drain()
	f.truncate()
	f.write("{\"a\":7}\n{\"a\":8}\n{\"a\":9}\n") // longer than what was there, before anybody has looked
	r.drain()
	second := f.reader(6)
	second.drain()
	f.close(r, second)
}

// A writer that notices a rotation late writes to the old file until something is in the new one: all of it is read.
func TestFollowARotatedFileToItsEnd(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "a.jsonl"), noWait)
	f.write("{\"a\":1}\n")
	r := f.reader(0)
	r.drain()
	old, err := os.OpenFile(f.path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	f.rotate()
	f.write("") // as logrotate's create
	r.drain()
	for _, line := range []string{"{\"a\":2}\n", "{\"a\":3}\n"} {
		if _, err := old.WriteString(line); err != nil {
			t.Fatal(err)
		}
		f.add(line)
		r.drain()
	}
	f.write("{\"a\":4}\n")
	r.drain()
	if w := f.in.(broker.Warner).Warnings(); len(w) > 0 {
		t.Errorf("warned %q", w)
	}
	if _, err := old.WriteString("{\"a\":5}\n"); err != nil {
		t.Fatal(err)
	}
	r.drain()
	want := f.path + " was rotated, and then 8 bytes were written to the old file: they are not in the result"
	if w := f.in.(broker.Warner).Warnings(); len(w) != 1 || w[0] != want {
		t.Errorf("warned %q, want %q", w, want)
	}
	f.close(r)
}

// What was cut off before it was read is lost, and that is an error.
func TestFollowTruncatedTooEarly(t *testing.T) {
	for name, damage := range map[string]func(f *followed, r *tracked){
		"seen and cut": func(f *followed, r *tracked) { // its size was seen when it was opened, and another reader is behind
			second := f.reader(0)
			f.write("{\"a\":2}\n")
			second.drain()
			f.truncate()
			f.write("{\"a\":1000}\n")
		},
		"cut and grown": func(f *followed, r *tracked) {
			second := f.reader(0)
			f.write("{\"a\":2}\n")
			second.drain()
			f.truncate()
			f.write(strings.Repeat("{\"a\":3}\n", 10))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t, filepath.Join(t.TempDir(), "a.jsonl"), noWait)
			f.write("{\"a\":1}\n")
			r := f.reader(0)
			r.drain()
			damage(f, r)
			// Another reader finds the truncation first, or this one does.
			err := r.read()
			if err == nil || errors.Is(err, broker.ErrDataTimeout) || !strings.Contains(err.Error(),
				"it was truncated before it was read to its end: ") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A last line without its newline is no element, and a session that ends there says so.
func TestFollowTellsOfALineWithoutItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		path := filepath.Join(t.TempDir(), "a.jsonl")
		if err := os.WriteFile(path, []byte("{\"k\":1}\n{\"k\":2}"), 0o600); err != nil {
			t.Fatal(err)
		}
		b := file.New(file.At[location](path, file.Follow(), file.DataTimeout(silence)))
		in, err := b.OpenSource(t.Context(), &broker.Job{Inputs: b.Streams(),
			Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		r, err := in.Reader(t.Context(), 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if records, err := r.Read(t.Context()); len(records) != 1 || err != nil {
			t.Errorf("got %d elements, %v", len(records), err)
		}
		if _, err := r.Read(t.Context()); err != broker.ErrDataTimeout {
			t.Errorf("got %v", err)
		}
		if !strings.Contains(log.String(), "no newline yet") || !strings.Contains(log.String(), "bytes=7") {
			t.Errorf("the log is\n%s", &log)
		}
		if err := errors.Join(r.Close(), in.Close()); err != nil {
			t.Error(err)
		}
	})
}

// A reader that waits ends with its context, and one that has said that nothing comes may be asked again.
func TestFollowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, filepath.Join(t.TempDir(), "a.jsonl"), silence)
		r := f.reader(0)
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Read(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
		begun = time.Now()
		for range 2 {
			if _, err := r.Read(t.Context()); err != broker.ErrDataTimeout {
				t.Errorf("got %v", err)
			}
		}
		if waited := time.Since(begun); waited != 2*silence {
			t.Errorf("waited %v", waited)
		}
		// Half a line is something, though no element.
		begun = time.Now()
		go func() {
			time.Sleep(silence / 2)
			f.write("{")
		}()
		if _, err := r.Read(t.Context()); err != broker.ErrDataTimeout || time.Since(begun) < silence*3/2 {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
		f.close(r)
	})
}

// The data timeout of a pipe is that of whoever writes to it.
func TestDataTimeoutOfAPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stdin, w := io.Pipe()
		in, err := openSource(file.New(file.At[location]("-", file.DataTimeout(silence)), file.Stdin(stdin)))
		if err != nil {
			t.Fatal(err)
		}
		r, err := in.Reader(t.Context(), 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(silence / 2)
			_, _ = w.Write([]byte("{}\n"))
			time.Sleep(silence * 3 / 2)
			_ = w.Close()
		}()
		var got []string
		for len(got) < 4 {
			records, err := r.Read(t.Context())
			got = append(got, fmt.Sprintf("%d %v", len(records), err))
		}
		if want := []string{"1 <nil>", "0 " + broker.ErrDataTimeout.Error(), "0 EOF", "0 EOF"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

// What can't be followed is refused, with what would be right.
func TestFollowErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", "")
	for path, want := range map[string]string{
		"-": "standard input is read until its writer closes it in any case; take follow out",
		"":  "the path is empty",
		filepath.Join(dir, "a.json"): "only a file of lines, whose name ends in .jsonl, .ndjson, .csv, .tsv or .txt, " +
			"can be followed: a list has an end",
		filepath.Join(dir, "a.json.gz"): "a file that is compressed with gzip can't be followed",
		filepath.Join(dir, "a.jsonl.zst"): "a file that is compressed with Zstandard can't be followed: " +
			"what is at its end can't be decompressed before more comes; " +
			"follow the file that it is made of",
		filepath.Join(dir, "file/a.jsonl"): filepath.Join(dir, "file") + " is a file, not a directory: ",
	} {
		_, err := openSource(file.New(file.At[location](path, file.Follow())))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", path, err, want)
		}
	}
	path := write(t, dir, "b.json", "[]")
	_, err := openSource(file.New(file.At[location](path, file.DataTimeout(time.Second))))
	if err == nil || !strings.Contains(err.Error(), "a file has an end, so that no data timeout is needed") {
		t.Errorf("got %v", err)
	}
}

// A file that is rotated several times while nobody has time to read it loses nothing: it is watched while the run goes
// on.
func TestFollowIsWatchedWhileNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, filepath.Join(t.TempDir(), "a.jsonl"), silence)
		f.write("{\"a\":0}\n")
		err := f.in.Own(t.Context(), func(context.Context, int) error {
			r := f.reader(0)
			if _, err := r.Read(t.Context()); err != nil {
				return err
			}
			for i := range 20 {
				f.rotate()
				f.write(fmt.Sprintf("{\"a\":%d}\n", i+1))
				time.Sleep(time.Second)
			}
			r.lines = f.lines[:1]
			r.drain()
			if err := r.Close(); err != nil {
				return err
			}
			again := f.reader(18) // as a node that was too far behind another one
			again.drain()
			return again.Close()
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := f.in.Reader(t.Context(), 0, 0, 3); err != nil {
			t.Error(err)
		}
		late := f.reader(3)
		if err := late.read(); err == nil || !strings.Contains(err.Error(),
			"it was rotated 20 times while a reader was behind") {
			t.Errorf("got %v", err)
		}
		f.close(late)
	})
}

// What came and was cut off again while nobody had time to read it is lost, and that is an error.
func TestFollowTruncatedWhileNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, filepath.Join(t.TempDir(), "a.jsonl"), silence)
		f.write("{\"a\":0}\n")
		err := f.in.Own(t.Context(), func(context.Context, int) error {
			r := f.reader(0)
			r.drain()
			f.truncate() // all of it was read
			time.Sleep(time.Second)
			f.write("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n")
			r.drain()
			f.write("{\"a\":4}\n")
			time.Sleep(time.Second)
			f.truncate()
			f.write(strings.Repeat("{\"a\":5}\n", 10))
			time.Sleep(time.Second)
			return r.read()
		})
		if err == nil || !strings.Contains(err.Error(), "it was truncated before it was read to its end: 8 bytes are lost") {
			t.Errorf("got %v", err)
		}
	})
}

// A file that is rotated or truncated twice before anybody looks leaves what was lost beside it, under another name or
// as a copy: that is an error, behind what was read before. What was there at the start, copies and what is no such
// file are none.
func TestFollowMissed(t *testing.T) {
	copyTo := func(f *followed, name string) {
		text, err := os.ReadFile(f.path)
		if err == nil {
			err = os.WriteFile(filepath.Join(filepath.Dir(f.path), name), text, 0o600)
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
	beside := func(f *followed, name, text string) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(f.path), name), []byte(text), 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
	// What is lost is not among the lines that are to be read.
	lost := func(f *followed, text string) { beside(f, filepath.Base(f.path), text) }
	for name, test := range map[string]struct {
		change func(f *followed)
		want   string
	}{
		"renamed twice": {func(f *followed) {
			f.rotate()
			lost(f, "{\"a\":2}\n")
			f.rotate()
		}, "what a.jsonl.2 holds now was not read"},
		"renamed by date": {func(f *followed) {
			f.rotate()
			lost(f, "{\"a\":2}\n")
			if err := os.Rename(f.path, filepath.Join(filepath.Dir(f.path), "a-2026-11-28.jsonl")); err != nil {
				f.t.Fatal(err)
			}
		}, "what a-2026-11-28.jsonl holds now was not read"},
		"copied and truncated twice": {func(f *followed) {
			copyTo(f, "a.jsonl.2")
			lost(f, "{\"a\":2}\n")
			copyTo(f, "a.jsonl.1")
			f.truncate()
		}, "what a.jsonl.1 holds now was not read"},
		"renamed once": {(*followed).rotate, ""},
		"copied and truncated once": {func(f *followed) {
			copyTo(f, "a.jsonl.1")
			f.truncate()
		}, ""},
		"renamed, and copied": {func(f *followed) {
			copyTo(f, "a.jsonl.bak")
			f.rotate()
		}, ""},
		"others": {func(f *followed) {
			beside(f, "a.jsonl.pos", "12\n")
			beside(f, "a.jsonl.gz", "{\"a\":7}\n")
			beside(f, "ab.jsonl", "{\"a\":7}\n")
			beside(f, "a-eu.jsonl", "{\"a\":7}\n") // another stream's
			beside(f, "a.eu-2.jsonl.1", "{\"a\":7}\n")
			beside(f, "a.jsonl.empty", "")
			beside(f, "a.jsonl.old", "{\"a\":-1}\n{\"a\":-2}\n") // somebody has written to it late
			f.rotate()
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.jsonl")
			beside(&followed{t: t, path: path}, "a.jsonl.old", "{\"a\":-1}\n")
			f := follow(t, path, noWait)
			f.write("{\"a\":1}\n")
			r := f.reader(0)
			r.drain()
			test.change(f)
			f.write("{\"a\":1000}\n{\"a\":1001}\n")
			if test.want == "" {
				r.drain()
				f.close(r)
				return
			}
			if err := r.read(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if len(r.lines) != 1 {
				t.Errorf("read %q", r.lines)
			}
			f.close(r)
		})
	}
}

// The line of an element is that in its file.
func TestFollowedLines(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "a.jsonl"), noWait)
	f.write("{\"a\":1}\n\n{\"a\":2}\n")
	r := f.reader(0)
	var got []string
	read := func() {
		for {
			records, err := r.Read(t.Context())
			if err != nil {
				return
			}
			for _, record := range records {
				got = append(got, fmt.Sprint(record.Offset, ":", record.Line, ":", record.Column))
			}
		}
	}
	read()
	f.rotate()
	f.write("\uFEFF  {\"a\":3}\n{\"a\":4}\n")
	read()
	if want := []string{"0:1:1", "1:3:1", "2:1:3", "3:2:1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	f.close(r)
}

// A file that would appear at the end of a session that nothing in the streams ends is warned of.
func TestOutputOfStreamsWithoutAnEnd(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		out     string
		options []file.StreamOption
		warned  bool
	}{
		{filepath.Join(dir, "out.jsonl"), []file.StreamOption{file.Follow()}, true},
		{filepath.Join(dir, "out.jsonl"), []file.StreamOption{file.Follow(), file.DataTimeout(silence)}, false},
		{filepath.Join(dir, "out.jsonl"), nil, false},
		{"-", []file.StreamOption{file.Follow()}, false},
	} {
		var logged strings.Builder
		b := file.New(file.At[location]("a.jsonl", c.options...), file.At[speed](c.out), file.Stdout(io.Discard))
		job := &broker.Job{Inputs: b.Streams()[:1], Outputs: b.Streams()[1:],
			Logger: slog.New(slog.NewTextHandler(&logged, nil))}
		out, err := b.OpenSink(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(logged.String(), "all streams are followed without end"); got != c.warned {
			t.Errorf("%s: logged %s", c.out, logged.String())
		}
	}
}
