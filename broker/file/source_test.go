package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"compress/gzip"
	kzstd "github.com/klauspost/compress/zstd"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/zstd"
)

type location struct {
	Time int64 `json:"time"`
}

type speed struct {
	Speed float64 `json:"speed"`
}

// write makes a file in dir and returns its path.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// openSource opens a broker's streams as the inputs of a run.
func openSource(b *file.Broker) (broker.Input, error) {
	return b.OpenSource(context.Background(), &broker.Job{Name: "test", Inputs: b.Streams(),
		Logger: slog.New(slog.DiscardHandler)})
}

// values reads a node's stream to its end.
func values(in broker.Input, node int) ([]string, error) {
	r, err := in.Reader(context.Background(), node, 0, 0)
	if err != nil {
		return nil, err
	}
	var all []string
	for {
		records, err := r.Read(context.Background())
		for _, record := range records {
			all = append(all, string(record.Value))
		}
		if err == io.EOF {
			return all, r.Close()
		}
		if err != nil {
			return all, errors.Join(err, r.Close())
		}
	}
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func zstandard(text string) string {
	w, err := kzstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

func TestReadCompressed(t *testing.T) {
	for name, content := range map[string]string{
		"a.json.gz":         gzipped(`[{"a":1},{"a":2}]`),
		"members.json.gz":   gzipped(`[{"a":1},`) + gzipped(`{"a":2}]`),
		"A.JSONL.GZ":        gzipped("{\"a\":1}\n{\"a\":2}\n"),
		"a.json.zst":        zstandard(`[{"a":1},{"a":2}]`),
		"frames.ndjson.zst": zstandard("{\"a\":1}\n") + zstandard("{\"a\":2}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			in, err := openSource(file.New(zstd.Files(), file.At[location](write(t, t.TempDir(), name, content))))
			if err != nil {
				t.Fatal(err)
			}
			got, err := values(in, 0)
			if err != nil || strings.Join(got, " ") != `{"a":1} {"a":2}` {
				t.Errorf("got %q, %v", got, err)
			}
			read, total := in.(broker.Meter).Bytes()
			if want := int64(len(content)); read != want || total != want {
				t.Errorf("read %d of %d bytes, want %d of %d", read, total, want, want)
			}
		})
	}
}

// TestRecycle gives records back while others, and what they refer to, are still in use.
func TestRecycle(t *testing.T) {
	const n = 5000
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "{\"time\":%d}\n", i)
	}
	path := write(t, t.TempDir(), "a.jsonl", text.String())
	in, err := openSource(file.New(file.At[location](path)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := in.Reader(t.Context(), 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kept [][]byte
	check := func(records []broker.Record) {
		for i, record := range records {
			offset := int64(len(kept) - len(records) + i)
			if record.Offset != offset || record.Line != int(offset)+1 || record.Column != 1 {
				t.Fatalf("record %d is %+v", offset, record)
			}
		}
	}
	var before []broker.Record
	for {
		records, err := r.Read(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			kept = append(kept, record.Value)
		}
		check(records)
		r.(broker.Recycler).Recycle(before)
		before = records
	}
	for i, value := range kept {
		if want := fmt.Sprintf(`{"time":%d}`, i); string(value) != want {
			t.Fatalf("record %d is now %s", i, value)
		}
	}
	if len(kept) != n {
		t.Errorf("%d records, want %d", len(kept), n)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestReadDamaged(t *testing.T) {
	var text strings.Builder
	text.WriteString("[\n{}")
	for range 20_000 {
		text.WriteString(",\n{}")
	}
	text.WriteString("]")
	for _, c := range []struct{ name, content, want string }{
		{"cut.json.gz", gzipped(text.String())[:60], "the gzip data is cut off or damaged: unexpected EOF"},
		{"text.json.gz", `[{"a":1},{"a":2}]`, "1:1 (partition 0, offset 0): the file is not compressed with gzip, " +
			"as its name says: gzip: invalid header"},
		{"empty.json.gz", "", "the gzip data is cut off or damaged: unexpected EOF"},
		{"sum.json.gz", gzipped("[{}]")[:20] + "xxxxxxxx", "the gzip data is cut off or damaged"},
		{"cut.json.zst", zstandard(text.String())[:15], "the Zstandard data is cut off or damaged: unexpected EOF"},
		{"text.jsonl.zst", `{"a":1}`, "1:1 (partition 0, offset 0): the file is not compressed with Zstandard, " +
			"as its name says: invalid input: magic number mismatch"},
		{"empty.json.zst", "", "the file is empty; a list without elements is written []"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, t.TempDir(), c.name, c.content)
			in, err := openSource(file.New(zstd.Files(), file.At[location](path)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = values(in, 0)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			var at *broker.PositionError
			if !errors.As(err, &at) || at.Position.Stream != path || at.Position.Line < 1 || at.Position.Column < 1 {
				t.Errorf("%v has no position in the file", err)
			}
		})
	}
}

// What can be found wrong before reading is answered by OpenSource, with what would be right.
func TestOpenSourceErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "robot-locations.json", "[]")
	write(t, dir, "speed.jsonl", "")
	in := func(name string) string { return filepath.Join(dir, name) }
	missing := func(name, end string) string {
		return "input " + in(name) + ", declared for file_test.location: file does not exist" + end
	}
	for _, c := range []struct {
		name string
		b    *file.Broker
		want string
		is   error
	}{
		{"missing", file.New(file.At[location](in("x.json"))), missing("x.json", ""), fs.ErrNotExist},
		{"misspelt", file.New(file.At[location](in("robot-locatoins.json"))),
			missing("robot-locatoins.json", "; there is "+in("robot-locations.json")+", is it meant?"), fs.ErrNotExist},
		{"other ending", file.New(file.At[location](in("speed.json"))),
			missing("speed.json", "; there is "+in("speed.jsonl")+", is it meant?"), fs.ErrNotExist},
		{"missing directory", file.New(file.At[location](in("no/x.json"))),
			missing("no/x.json", "; neither does the directory "+in("no")), fs.ErrNotExist},
		{"directory", file.New(file.At[location](dir, file.Named("robot-3"))),
			"input " + dir + `, declared for file_test.location named "robot-3": this is a directory, not a file`, nil},
		{"no path", file.New(file.At[location]("")), "input , declared for file_test.location: the path is empty", nil},
		{"standard input twice", file.New(file.At[location]("-"), file.At[speed]("-")),
			"standard input, declared for file_test.speed: standard input can be read by one node only, and it is also " +
				"standard input, declared for file_test.location; write it to a file first", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := openSource(c.b)
			if err == nil || err.Error() != filepath.FromSlash(c.want) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
		})
	}
}

// A self-join may read one file twice, each node on its own.
func TestSelfJoin(t *testing.T) {
	path := write(t, t.TempDir(), "a.json", `[{"a":1},{"a":2}]`)
	type next location
	in, err := openSource(file.New(file.At[location](path), file.At[next](path)))
	if err != nil {
		t.Fatal(err)
	}
	if _, total := in.(broker.Meter).Bytes(); total != 17 {
		t.Errorf("total is %d, want 17, as nobody reads it twice yet", total)
	}
	first, err := in.Reader(context.Background(), 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Read(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, err := values(in, 1); err != nil || len(got) != 2 {
		t.Errorf("the second node read %q, %v", got, err)
	}
	if _, total := in.(broker.Meter).Bytes(); total != 34 {
		t.Errorf("total is %d, want 34, as both nodes read all", total)
	}
}

// What a record refers to is the caller's: reading on doesn't change it.
func TestRecordsStayAsTheyAre(t *testing.T) {
	var text strings.Builder
	for range 50_000 {
		text.WriteString("{\"a\":1}\n")
	}
	in, err := openSource(file.New(file.At[location]("-"), file.Stdin(strings.NewReader(text.String()))))
	if err != nil {
		t.Fatal(err)
	}
	r, err := in.Reader(context.Background(), 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []broker.Record
	for {
		records, err := r.Read(context.Background())
		all = append(all, records...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, record := range all {
		if string(record.Value) != `{"a":1}` || record.Offset != int64(i) || record.Line != i+1 {
			t.Fatalf("record %d is now %q at %d, line %d", i, record.Value, record.Offset, record.Line)
		}
		_ = append(record.Value, 'x')
	}
	if len(all) != 50_000 {
		t.Errorf("read %d records", len(all))
	}
}

// A read that waits for standard input ends with its context, and the next one loses nothing.
func TestStandardInputWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stdin, feed := io.Pipe()
		in, err := openSource(file.New(file.At[location]("-"), file.Stdin(stdin)))
		if err != nil {
			t.Fatal(err)
		}
		r, err := in.Reader(t.Context(), 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if records, err := r.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("read %v, %v while there was nothing", records, err)
		}
		go func() { _, _ = feed.Write([]byte("{\"a\":1}\n{\"a\":")) }()
		records, err := r.Read(t.Context())
		if err != nil || len(records) != 1 || string(records[0].Value) != `{"a":1}` {
			t.Errorf("read %v, %v, want the first line as soon as it is there", records, err)
		}
		go func() { _, _ = feed.Write([]byte("2}")); _ = feed.Close() }()
		records, err = r.Read(t.Context())
		if err != nil || len(records) != 1 || string(records[0].Value) != `{"a":2}` {
			t.Errorf("read %v, %v", records, err)
		}
		if _, err := r.Read(t.Context()); err != io.EOF {
			t.Errorf("read %v, want io.EOF", err)
		}
		if r.Next() != 3 {
			t.Errorf("next is %d, want 3, behind two lines and the mark", r.Next())
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := in.Reader(t.Context(), 0, 0, 0); err == nil || !strings.Contains(err.Error(),
			"standard input can't be read a second time") {
			t.Errorf("a second reader got %v", err)
		}
	})
}

// Closing a reader whose read was left waiting ends when the read does, and leaves no goroutine behind then.
func TestCloseWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stdin, feed := io.Pipe()
		in, err := openSource(file.New(file.At[location]("-"), file.Stdin(stdin)))
		if err != nil {
			t.Fatal(err)
		}
		r, err := in.Reader(t.Context(), 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		_ = feed.Close()
	})
}

// endlessList is a list of n bytes or a few more, made as it is read.
type endlessList struct {
	left int
	next string
}

func (e *endlessList) Read(p []byte) (int, error) {
	if e.next == "" {
		if e.left <= 0 {
			return 0, io.EOF
		}
		e.next = strings.Repeat("{\"time\":123450,\"x\":1.25,\"y\":-3.5},\n", 1000)
		if e.left -= len(e.next); e.left <= 0 {
			e.next += "{}]\n"
		}
	}
	n := copy(p, e.next)
	e.next = e.next[n:]
	return n, nil
}

// Memory doesn't grow with the file: 256 MiB pass through a few of them.
func TestMemory(t *testing.T) {
	const size, limit = 256 << 20, 16 << 20
	in, err := openSource(file.New(file.At[location]("-"), file.Stdin(&endlessList{left: size, next: "["})))
	if err != nil {
		t.Fatal(err)
	}
	r, err := in.Reader(context.Background(), 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for batches := 0; ; batches++ {
		_, err := r.Read(context.Background())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if batches%5000 != 0 {
			continue
		}
		runtime.ReadMemStats(&now)
		if now.HeapAlloc > before.HeapAlloc+limit {
			t.Fatalf("the heap grew by %d bytes", now.HeapAlloc-before.HeapAlloc)
		}
	}
	if read, total := in.(broker.Meter).Bytes(); read < size || total != 0 {
		t.Errorf("read %d of %d bytes", read, total)
	}
}

// What an element can't hold is told with where its row begins: the JSON that is made of a row stands nowhere.
func TestARowThatIsNoElement(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "in.csv", "unit,time\ns,1\ns,soon\n")
	mill, err := leat.New(func(location) speed { return speed{} },
		leat.Broker(file.New(file.At[location](path), file.At[speed](filepath.Join(dir, "out.json")))))
	if err != nil {
		t.Fatal(err)
	}
	want := path + ":3:1 (partition 0, offset 1): field time: "
	if err := mill.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}
