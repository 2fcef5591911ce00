package file_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
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

// openSink opens a broker's streams as the outputs of a run.
func openSink(b *file.Broker) (broker.Output, error) {
	return b.OpenSink(context.Background(), &broker.Job{Name: "test", Outputs: b.Streams(),
		Logger: slog.New(slog.DiscardHandler)})
}

// mustOpen is openSink of a file that can be written.
func mustOpen(t *testing.T, paths ...string) broker.Output {
	t.Helper()
	options := []file.Option{zstd.Files()}
	for _, path := range paths {
		options = append(options, file.At[speed](path))
	}
	out, err := openSink(file.New(options...))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// commit commits results, all to the first output.
func commit(out broker.Output, end bool, values ...string) error {
	results := make([]broker.Result, len(values))
	for i, v := range values {
		results[i].Value = []byte(v)
	}
	return out.Commit(context.Background(), []broker.Commit{{Results: results, End: end}})
}

// content returns what a file holds, decompressed.
func content(t testing.TB, path string) string {
	t.Helper()
	opened, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Close() }()
	var r io.Reader = opened
	switch filepath.Ext(path) {
	case ".gz":
		r, err = gzip.NewReader(opened)
	case ".zst":
		r, err = kzstd.NewReader(opened)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// files returns the names in a directory.
func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return strings.Join(names, " ")
}

func TestWrite(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		want   string
	}{
		{"a.json", nil, "[]\n"},
		{"a.json", []string{`{"a":1}`}, "[\n{\"a\":1}\n]\n"},
		{"a.json", []string{`{"a":1}`, `{"a":2}`}, "[\n{\"a\":1},\n{\"a\":2}\n]\n"},
		{"a.json", []string{"\n{\n\"a\":\r\n1}\n"}, "[\n{ \"a\":  1}\n]\n"},
		{"a.jsonl", nil, ""},
		{"a.ndjson", []string{`{"a":1}`, "{\"a\":\n2}"}, "{\"a\":1}\n{\"a\": 2}\n"},
		{"a.json.gz", []string{`{"a":1}`}, "[\n{\"a\":1}\n]\n"},
		{"a.jsonl.gz", nil, ""},
		{"a.json.zst", []string{`{"a":1}`}, "[\n{\"a\":1}\n]\n"},
		{"a.jsonl.zst", []string{`{"a":1}`}, "{\"a\":1}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			out := mustOpen(t, path)
			if err := errors.Join(commit(out, false, c.values...), commit(out, true), out.Close()); err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The guarantee AtEnd: until the session has ended the target is as it was, and stays so if it doesn't end.
func TestNothingBeforeTheEnd(t *testing.T) {
	for _, before := range []string{"", "[]"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.json")
		was := ""
		if before != "" {
			write(t, dir, "a.json", before)
			was = "a.json"
		}
		out := mustOpen(t, path)
		if err := commit(out, false, `{"a":1}`); err != nil {
			t.Fatal(err)
		}
		if before != "" && content(t, path) != before {
			t.Errorf("the target has changed to %q", content(t, path))
		}
		if err := errors.Join(out.Close(), out.Close()); err != nil {
			t.Fatal(err)
		}
		if got := files(t, dir); got != was {
			t.Errorf("there are the files %q, want %q", got, was)
		}
	}
}

// Several outputs appear together, when all of them are complete.
func TestSeveralOutputs(t *testing.T) {
	dir := t.TempDir()
	out := mustOpen(t, filepath.Join(dir, "a.json"), filepath.Join(dir, "b.jsonl"))
	err := out.Commit(context.Background(), []broker.Commit{{End: true, Results: []broker.Result{
		{Stream: 1, Value: []byte(`{"b":1}`)}, {Stream: 0, Value: []byte(`{"a":1}`)}, {Stream: 1, Value: []byte(`{"b":2}`)},
	}}})
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	if got, want := content(t, filepath.Join(dir, "a.json"))+content(t, filepath.Join(dir, "b.jsonl")),
		"[\n{\"a\":1}\n]\n{\"b\":1}\n{\"b\":2}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := files(t, dir); got != "a.json b.jsonl" {
		t.Errorf("there are the files %s", got)
	}
}

// A cancelled commit, or a result that can't be written, leaves nothing.
func TestFailedEnd(t *testing.T) {
	dir := t.TempDir()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	out := mustOpen(t, filepath.Join(dir, "a.json"))
	if err := out.Commit(cancelled, []broker.Commit{{End: true}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	path := filepath.Join(dir, "b.json")
	out = mustOpen(t, path)
	want := "output " + path + `, declared for file_test.speed: result 1 is not a JSON object: "3"`
	if err := commit(out, true, "{}", "3"); err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
	if err := commit(out, true); err == nil {
		t.Error("a commit after a failed one succeeded")
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	if got := files(t, dir); got != "" {
		t.Errorf("there are the files %s", got)
	}
}

// A broker writes anew in each run, and may replace what it reads.
func TestRunAgain(t *testing.T) {
	path := write(t, t.TempDir(), "a.json", `[{"a":0}]`)
	b := file.New(file.At[location](path))
	for run, want := range []string{`{"a":0}`, `{"a":1}`, `{"a":2}`} {
		in, err := openSource(b)
		if err != nil {
			t.Fatal(err)
		}
		out, err := openSink(b)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := values(in, 0); err != nil || strings.Join(got, " ") != want {
			t.Errorf("run %d read %q, %v", run, got, err)
		}
		if err := errors.Join(commit(out, true, `{"a":`+string(rune('1'+run))+`}`), out.Close(), in.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Error(err)
	}
}

func TestTargetKeepsItsPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // which has no others than read-only
	}
	path := write(t, t.TempDir(), "a.json", "[]")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	out := mustOpen(t, path)
	if err := errors.Join(commit(out, true, "{}"), out.Close()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("permissions are %v, %v", info.Mode(), err)
	}
}

// Where the target is a symbolic link, the file that it leads to is replaced, be it there or not.
func TestSymbolicLink(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	link := filepath.Join(dir, "a.json")
	if err := os.Symlink(filepath.Join(other, "b"), link); err != nil {
		if runtime.GOOS == "windows" {
			return // links need a privilege there
		}
		t.Fatal(err)
	}
	for range 2 {
		out := mustOpen(t, link)
		if err := errors.Join(commit(out, true, "{}"), out.Close()); err != nil {
			t.Fatal(err)
		}
		if got := content(t, filepath.Join(other, "b")); got != "[\n{}\n]\n" {
			t.Errorf("got %q", got)
		}
		if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("the link is gone: %v, %v", info, err)
		}
	}
}

// What can be found wrong before writing is answered by OpenSink, and nothing is left behind.
func TestOpenSinkErrors(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write(t, dir, "file", "")
	for _, c := range []struct {
		name string
		b    *file.Broker
		want string
	}{
		{"missing directory", file.New(file.At[speed](in("no/a.json"))),
			"output " + in("no/a.json") + ", declared for file_test.speed: the directory " + in("no") +
				" does not exist, make it first: file does not exist"},
		{"directory", file.New(file.At[speed](dir)),
			"output " + dir + ", declared for file_test.speed: this is a directory, not a file"},
		{"no path", file.New(file.At[speed]("")), "output , declared for file_test.speed: the path is empty"},
		{"twice", file.New(file.At[speed](in("a.json")), file.At[location](in("./b/../a.json"))),
			"output " + in("./b/../a.json") + ", declared for file_test.location: the same file as output " + in("a.json") +
				", declared for file_test.speed; give each output its own"},
		{"standard output twice", file.New(file.At[speed]("-"), file.At[location]("-")),
			"standard output, declared for file_test.location: the same file as standard output, " +
				"declared for file_test.speed; give each output its own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := openSink(c.b)
			if err == nil || err.Error() != c.want {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
			if got := files(t, dir); got != "file" {
				t.Errorf("there are the files %s", got)
			}
		})
	}
}

// An output that would replace a file that is read, under whatever path, is refused at the start, and the file stays.
func TestOutputThatIsRead(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, dir, "in.jsonl", `{"time":1}`)
	in := filepath.Join(dir, "in.jsonl")
	if err := errors.Join(os.Symlink("in.jsonl", "link.jsonl"), os.Link("in.jsonl", "hard.jsonl"),
		os.Mkdir("d", 0o700)); err != nil {
		t.Skip(err) // an operating system that doesn't let everybody make links
	}
	for _, path := range []string{"in.jsonl", in, "d/../in.jsonl", "link.jsonl", "hard.jsonl", "new.jsonl"} {
		read := in
		options := []file.StreamOption{}
		if path == "new.jsonl" {
			read, options = "d/../new.jsonl", append(options, file.Follow()) // which isn't there yet
		}
		// The sink may be another broker than the source.
		source := file.New(file.At[location](read, options...))
		mill, err := leat.New(func(location) speed { return speed{} }, leat.From(source),
			leat.To(file.New(file.At[speed](path))))
		if err != nil {
			t.Fatal(err)
		}
		err = mill.Run(t.Context())
		want := "output " + path + ", declared for file_test.speed: the file is also read, as " + read +
			", and results would replace it: write them to another file"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", path, err, want)
		}
		if got := content(t, in); got != `{"time":1}` {
			t.Errorf("%s: it holds %s", path, got)
		}
	}
	if got := files(t, dir); got != "d hard.jsonl in.jsonl link.jsonl" {
		t.Errorf("there are the files %s", got)
	}
}

// Standard output gets lines, with each commit.
func TestStandardOutput(t *testing.T) {
	var stdout bytes.Buffer
	b := file.New(file.At[speed]("-"), file.Stdout(&stdout))
	out, err := openSink(b)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"{\"a\":1}\n", "{\"a\":1}\n{\"a\":1}\n"} {
		if err := commit(out, i == 1, `{"a":1}`); err != nil || stdout.String() != want {
			t.Errorf("commit %d: %v, wrote %q", i, err, stdout.String())
		}
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
}

// Whoever doesn't read the output any more is named as the reason, and a commit that waits for them ends with its
// context.
func TestNobodyReadsTheOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, stdout := io.Pipe()
		out, err := openSink(file.New(file.At[speed]("-"), file.Stdout(stdout)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = out.Commit(ctx, []broker.Commit{{Results: []broker.Result{{Value: []byte("{}")}}}})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the commit got %v", err)
		}
		if err := errors.Join(out.Close(), reader.Close()); err != nil {
			t.Error(err)
		}
		out, err = openSink(file.New(file.At[speed]("-"), file.Stdout(stdout)))
		if err != nil {
			t.Fatal(err)
		}
		want := "standard output, declared for file_test.speed: its reader has closed it: io: read/write on closed pipe"
		if err := commit(out, false, "{}"); err == nil || err.Error() != want {
			t.Errorf("\n got %v\nwant %s", err, want)
		}
	})
}

// Devices are written straight, not replaced.
func TestDevice(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // NUL is no path of a file system there
	}
	out := mustOpen(t, os.DevNull)
	if err := errors.Join(commit(out, false, "{}"), commit(out, true, "{}"), out.Close()); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&fs.ModeDevice == 0 {
		t.Errorf("%s is now %v, %v", os.DevNull, info.Mode(), err)
	}
}

// killedTarget names the variable that makes the test binary a writer which waits to be killed.
const killedTarget = "LEAT_TEST_KILLED_TARGET"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedTarget); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes results without an end, a line to standard output once there is some on disk.
func writeUntilKilled(path string) {
	out, err := openSink(file.New(file.At[speed](path)))
	for i := 0; err == nil; i++ {
		if i == 10_000 {
			_, err = os.Stdout.WriteString("writing\n")
		} else {
			err = commit(out, false, `{"speed":1}`)
		}
	}
	panic(err)
}

// kill -9 leaves no half file under the target's name (R8), and the next run removes what it leaves under another. A
// temporary file of a run that lives stays.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	writer := exec.Command(os.Args[0])
	writer.Env = append(os.Environ(), killedTarget+"="+path)
	stdout, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, len("writing\n"))); err != nil {
		t.Error(err)
	}
	alive := mustOpen(t, path)
	if got := strings.Fields(files(t, dir)); len(got) != 2 {
		t.Errorf("there are the files %q, want a temporary one of each run", got)
	}
	if err := writer.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := writer.Wait(); err == nil {
		t.Error("the writer was not killed")
	}
	left := strings.Fields(files(t, dir))
	for _, name := range left {
		if !strings.HasPrefix(name, ".a.json.leat-") {
			t.Errorf("the killed run left %s", name)
		}
	}
	next := mustOpen(t, path)
	if runtime.GOOS != "windows" && len(strings.Fields(files(t, dir))) != 2 {
		t.Errorf("there are the files %s, want those of the two living runs only", files(t, dir))
	}
	if err := errors.Join(commit(alive, true, "{}"), commit(next, true), next.Close(), alive.Close()); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "[]\n" {
		t.Errorf("got %q, want what the last run wrote", got)
	}
}

// What is written to standard output or a device is there with each commit, and the guarantee says so.
func TestGuaranteeFor(t *testing.T) {
	b := file.New()
	for _, test := range []struct {
		paths []string
		want  broker.Guarantee
	}{
		{[]string{"a.json"}, broker.AtEnd},
		{[]string{"-"}, broker.AtLeastOnce},
		{[]string{"-", "a.json"}, broker.AtEnd},
		{[]string{"-", os.DevNull}, broker.AtLeastOnce},
		{[]string{t.TempDir()}, broker.AtEnd},
	} {
		var outputs []broker.Stream
		for _, path := range test.paths {
			outputs = append(outputs, broker.Stream{Name: path})
		}
		if got := broker.GuaranteeOf(b, outputs); got != test.want {
			t.Errorf("outputs %q: %v, want %v", test.paths, got, test.want)
		}
	}
}
