package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"compress/gzip"

	"github.com/leat-go/leat/broker"
)

// repeating is a text that begins somehow and then repeats one character n times.
func repeating(begin string, c byte, n int64) io.Reader {
	return io.MultiReader(strings.NewReader(begin), io.LimitReader(repeater(c), n))
}

type repeater byte

func (r repeater) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

// limited returns a reader with a limit, of a text.
func limited(name string, text io.Reader, limit int) *reader {
	l, packed := format(name)
	by, err := New().by(name)
	if err != nil {
		panic(err)
	}
	return &reader{
		anchors: &anchors{},
		framer:  newFramer(broker.Stream{Name: name, MaxElement: limit}, l, nil),
		open:    func() (io.ReadCloser, error) { return io.NopCloser(text), nil },
		packed:  packed,
		by:      by,
		read:    new(atomic.Int64),
		size:    bufferSize,
	}
}

// An element above the limit is refused at its place, before the buffer has grown much beyond the limit, whatever makes
// it large and however the file is made.
func TestMaxElementHoldsBeforeMemoryIsTaken(t *testing.T) {
	const limit, much = 1 << 20, 1 << 30
	for _, c := range []struct {
		name, file string
		text       io.Reader
		want       string
	}{
		{"a string in a line", "a.jsonl", repeating("{\"a\":1}\n{\"a\":\"", 'x', much),
			"a.jsonl:2:1 (partition 0, offset 1)"},
		{"a string in a list", "a.json", repeating("[{\"a\":1},\n {\"a\":\"", 'x', much),
			"a.json:2:2 (partition 0, offset 1)"},
		{"quotes in a list", "a.json", repeating("[{\"a\":\"\"},\n {\"a\":", '"', much),
			"a.json:2:2 (partition 0, offset 1)"},
		{"backslashes in a list", "a.json", repeating("[{\"a\":\"", '\\', much), "a.json:1:2 (partition 0, offset 0)"},
		{"brackets in a list", "a.json", repeating("[{\"a\":", '[', much), "a.json:1:2 (partition 0, offset 0)"},
		{"braces in a list", "a.json", repeating("[", '{', much), "a.json:1:2 (partition 0, offset 0)"},
		{"standard input", "-", repeating("{\"a\":\"", 'x', much), "-:1:1 (partition 0, offset 0)"},
		{"blanks on standard input", "-", repeating("", ' ', much), "-:1:1 (partition 0, offset 0)"},
		{"a line of blanks", "a.jsonl", repeating("{}\n", ' ', much), "a.jsonl:2:1 (partition 0, offset 1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := limited(c.file, c.text, limit)
			var err error
			for largest := 0; err == nil; largest = max(largest, cap(r.framer.buf)) {
				if largest > limit+2*bufferSize {
					t.Fatalf("the buffer has %d bytes", largest)
				}
				_, err = r.Read(context.Background())
			}
			want := c.want + ": element too large: it has more than the 1 MiB that the stream allows; " +
				"raise that with the stream's option MaxElement"
			if !errors.Is(err, broker.ErrTooLarge) || err.Error() != want {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
			if _, again := r.Read(context.Background()); again == nil || again.Error() != err.Error() {
				t.Errorf("the next Read got %v", again)
			}
		})
	}
}

// White space between elements is none of them.
func TestWhiteSpaceIsNoElement(t *testing.T) {
	text := io.MultiReader(repeating("[", ' ', 8<<20), strings.NewReader("{}, {}]"))
	r := limited("a.json", text, 1<<20)
	for {
		if _, err := r.Read(context.Background()); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if r.framer.index != 2 {
		t.Errorf("%d objects", r.framer.index)
	}
}

// The limit is exact, however much of the element is in the buffer when it is whole.
func TestMaxElementIsExact(t *testing.T) {
	for _, file := range []string{"a.json", "a.jsonl", "-"} {
		for _, size := range []int{1, 7, 100, bufferSize} {
			for length, ok := range map[int]bool{9: true, 10: true, 11: false, 12: false} {
				object := `{"a":"` + strings.Repeat("x", length-8) + `"}`
				text := "{}\n" + object + "\n{}\n"
				if file == "a.json" {
					text = "[{}," + object + ",{}]"
				}
				r := limited(file, strings.NewReader(text), 10)
				r.size = size
				var err error
				var records []broker.Record
				for err == nil {
					var read []broker.Record
					read, err = r.Read(context.Background())
					records = append(records, read...)
				}
				if ok && (err != io.EOF || len(records) != 3) || !ok && (!errors.Is(err, broker.ErrTooLarge) || len(records) != 1) {
					t.Errorf("%s, buffer of %d, %d bytes: %d records and %v", file, size, length, len(records), err)
				}
			}
		}
	}
}

// A few megabytes of gzip that hold three gigabytes in one string take little more memory than the limit.
func TestBomb(t *testing.T) {
	var bomb bytes.Buffer
	w, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, repeating("{\"a\":\"", 'x', 300<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := limited("a.jsonl.gz", &bomb, 16<<20)
	for err == nil {
		_, err = r.Read(context.Background())
	}
	runtime.ReadMemStats(&after)
	if !errors.Is(err, broker.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	// Each buffer is twice the one before: all together they have twice the last one.
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 50<<20 {
		t.Errorf("reading it took %d MiB", taken>>20)
	}
}

func TestNoSenseInMaxElement(t *testing.T) {
	defer func() {
		if got := recover(); got != "file.MaxElement(0): an element has at least one byte" {
			t.Errorf("got %v", got)
		}
	}()
	MaxElement(0)
}
