package avro_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/avro"
)

// objects returns the stream of a file, whose elements are JSON objects.
func objects(path string, o avro.Options) broker.Stream {
	stream := broker.NewStream[struct{}](path)
	stream.Type, stream.Format = nil, o
	return stream
}

func job(in, out []broker.Stream) *broker.Job {
	return &broker.Job{Inputs: in, Outputs: out, Logger: slog.New(slog.DiscardHandler)}
}

// read returns the elements of a stream from one on.
func read(t testing.TB, stream broker.Stream, from int64) (lines []string, err error) {
	t.Helper()
	b := file.New(file.Streams(stream), avro.Files())
	in, err := b.OpenSource(t.Context(), job(b.Streams(), nil))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r, err := in.Reader(t.Context(), 0, 0, from)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		records, err := r.Read(t.Context())
		for i := range records {
			if want := from + int64(len(lines)); records[i].Offset != want {
				t.Fatalf("offset %d comes in place of %d", records[i].Offset, want)
			}
			lines = append(lines, string(records[i].Value))
		}
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}

// write writes a file of objects.
func write(t testing.TB, stream broker.Stream, values ...string) error {
	t.Helper()
	b := file.New(file.Streams(stream), avro.Files())
	out, err := b.OpenSink(t.Context(), job(nil, b.Streams()))
	if err != nil {
		return err
	}
	commit := broker.Commit{End: true}
	for _, value := range values {
		commit.Results = append(commit.Results, broker.Result{Value: []byte(value)})
	}
	return errors.Join(out.Commit(t.Context(), []broker.Commit{commit}), out.Close())
}

// golden returns the element with a number in the files of testdata.
func golden(i int) string {
	price, inner, tags := "null", "null", strings.TrimSuffix(strings.Repeat(`"t",`, i%3), ",")
	if i%3 > 0 {
		text, _ := json.Marshal(float64(i) / 4)
		price = string(text)
	}
	if i%2 > 0 {
		inner = fmt.Sprintf(`{"k":%d}`, i)
	}
	return fmt.Sprintf(`{"n":%d,"big":%d,"price":%s,"name":"näme %d","paid":%t,"at":"2026-11-29T10:00:00.%06dZ","day":"2026-11-29",`+
		`"total":%d.%02d,"id":"00000000-0000-0000-0000-%012x","side":"%s","tags":[%s],"more":{"m":%d},"inner":%s}`,
		i, 9007199254740993+i, price, i, i%2 == 0, i, i/100, i%100, i, []string{"BUY", "SELL"}[i%2], tags, i, inner)
}

// Files that fastavro has written are read right, from any element on, however their blocks are packed.
func TestGoldenFiles(t *testing.T) {
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		for _, from := range []int{0, 1, 511, 1199, 1200} {
			lines, err := read(t, objects(filepath.Join("testdata", codec+".avro"), avro.Options{}), int64(from))
			if err != nil || len(lines) != 1200-from {
				t.Fatalf("%s from %d: %d elements, %v", codec, from, len(lines), err)
			}
			for i, line := range lines {
				want := golden(from + i)
				if json.Valid([]byte(line)) && sameTimes(line) != sameTimes(want) {
					t.Fatalf("%s: element %d is\n%s, and not\n%s", codec, from+i, line, want)
				}
			}
		}
	}
	if lines, err := read(t, objects("testdata/empty.avro", avro.Options{}), 0); err != nil || len(lines) > 0 {
		t.Errorf("an empty file: %q, %v", lines, err)
	}
}

// sameTimes leaves out zeros at the ends of seconds' decimals.
func sameTimes(line string) string {
	head, tail, ok := strings.Cut(line, "10:00:00")
	digits, rest, _ := strings.Cut(tail, "Z")
	if !ok {
		return line
	}
	return head + "10:00:00" + strings.TrimRight(strings.TrimRight(digits, "0"), ".") + "Z" + rest
}

// What is written comes back as it was, with the schema that follows from the results or with one that is given; and
// fastavro reads the same, where there is a Python.
func TestRoundTrip(t *testing.T) {
	var values []string
	for i := range 3000 {
		values = append(values, fmt.Sprintf(`{"n":%d,"x":%d.5,"text":"ä%d","ok":%t,"list":[%d,null],"in":{"k":%d,"deep":{"a":"b"}}}`,
			i, i, i, i%2 == 0, i, i))
	}
	for _, codec := range []string{"", "null", "deflate", "snappy", "zstandard"} {
		path := filepath.Join(t.TempDir(), "a.avro")
		stream := objects(path, avro.Options{Codec: codec})
		if err := write(t, stream, values...); err != nil {
			t.Fatal(err)
		}
		lines, err := read(t, stream, 0)
		if err != nil || strings.Join(lines, "\n") != strings.Join(values, "\n") {
			t.Fatalf("%s: %d elements came back, %v; the first is %.200q", codec, len(lines), err, lines)
		}
		python := os.Getenv("LEAT_TEST_PYTHON")
		if python == "" {
			continue
		}
		script := "import json, sys, fastavro\nfor r in fastavro.reader(open(sys.argv[1], 'rb')): " +
			"print(json.dumps(r, ensure_ascii=False, separators=(',', ':')))"
		output, err := exec.Command(python, "-c", script, path).CombinedOutput()
		if err != nil || strings.TrimSpace(string(output)) != strings.Join(values, "\n") {
			t.Errorf("%s: fastavro reads %.300s, %v", codec, output, err)
		}
	}
}

// What a schema can't hold is told, and no file appears.
func TestWhatCantBeWritten(t *testing.T) {
	for want, values := range map[string][]string{
		"row 2: a is a text, and was a number before": {`{"a":1}`, `{"a":"x"}`},
		`the member "a-b" can't be written`:           {`{"a-b":1}`},
		"row 1001":                                    append(strings.Split(strings.Repeat(`{"a":1} `, 1000), " ")[:1000], `{"a":1.5}`),
	} {
		path := filepath.Join(t.TempDir(), "a.avro")
		if err := write(t, objects(path, avro.Options{}), values...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
			t.Errorf("%s is left", left[0].Name())
		}
	}
	for want, o := range map[string]avro.Options{
		`its blocks are packed by "lzo"`: {Codec: "lzo"},
		"its schema can't be read":       {Schema: `{"type":"recorder"}`},
		"and elements are records":       {Schema: `"long"`},
		"the type of at: ":               {Types: map[string]string{"at": "instant"}},
		"leave out Types":                {Schema: `"long"`, Types: map[string]string{"at": `"long"`}},
	} {
		if err := write(t, objects(filepath.Join(t.TempDir(), "a.avro"), o)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A type that is given is that of its member, whatever the results hold; the others lose no digits.
func TestTypes(t *testing.T) {
	o := avro.Options{Types: map[string]string{"n": `"double"`, "at": `{"type":"long","logicalType":"timestamp-millis"}`}}
	path := filepath.Join(t.TempDir(), "a.avro")
	const long = `0.12345678901234567890`
	if err := write(t, objects(path, o), `{"at":"2026-11-29T10:00:00Z","n":1,"m":1}`, `{"at":null,"n":`+long+`,"m":2}`); err != nil {
		t.Fatal(err)
	}
	lines, err := read(t, objects(path, avro.Options{}), 0)
	if want := []string{`{"at":"2026-11-29T10:00:00Z","n":1,"m":1}`, `{"at":null,"n":0.12345678901234568,"m":2}`}; err != nil ||
		strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, %v, want %q", lines, err, want)
	}
	err = write(t, objects(filepath.Join(t.TempDir(), "b.avro"), avro.Options{}), `{"m":`+long+`}`)
	if err == nil || !strings.Contains(err.Error(), "a double would round "+long) {
		t.Errorf("digits are lost: %v", err)
	}
}

// A file that is cut off or damaged is an error that says where, or has the elements that it had; it never ends the process.
func TestDamage(t *testing.T) {
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		whole, err := os.ReadFile(filepath.Join("testdata", codec+".avro"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.avro")
		for i := 0; i < len(whole); i += 1 + len(whole)/150 {
			if err := os.WriteFile(path, whole[:i], 0o600); err != nil {
				t.Fatal(err)
			}
			lines, err := read(t, objects(path, avro.Options{}), 0)
			if err == nil && len(lines) == 1200 {
				t.Errorf("%s cut at byte %d: all is well", codec, i)
			}
			damaged := append([]byte(nil), whole...)
			damaged[i] ^= 0x55
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			_, _ = read(t, objects(path, avro.Options{}), 0)
		}
	}
}

// TestConformance runs the suite of package brokertest.
func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{OneSession: true, New: storage})
}

func storage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	dir := t.TempDir()
	options := []file.Option{avro.Files()}
	path := func(name string, i int) string { return filepath.Join(dir, fmt.Sprint(name, i, ".avro")) }
	for i, stream := range setup.Inputs {
		var values []string
		for _, e := range stream[0][0].Elements {
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, string(text))
		}
		if err := write(t, objects(path("input", i), avro.Options{}), values...); err != nil {
			t.Fatal(err)
		}
		options = append(options, file.At[brokertest.Element](path("input", i)))
	}
	for i := range setup.Outputs {
		options = append(options, file.At[brokertest.Element](path("output", i)))
	}
	b := file.New(options...)
	return brokertest.Storage{Source: b, Sink: b, Visible: func(output, _ int) brokertest.Partition {
		if _, err := os.Stat(path("output", output)); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		session := brokertest.Session{Ended: true}
		lines, err := read(t, objects(path("output", output), avro.Options{}), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			var e brokertest.Element
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			session.Elements = append(session.Elements, e)
		}
		return brokertest.Partition{session}
	}}
}
