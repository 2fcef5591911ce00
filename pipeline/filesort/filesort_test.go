package filesort

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/expression"
)

// write writes elements in the format that a path's name says.
func write(t rapid.TB, path string, elements []string) {
	t.Helper()
	text := strings.Join(elements, "\n") + "\n"
	if strings.Contains(path, ".json.") || strings.HasSuffix(path, ".json") {
		text = "[" + strings.Join(elements, ",\n") + "]"
	}
	var packed bytes.Buffer
	var w io.WriteCloser
	switch filepath.Ext(path) {
	case ".gz":
		w = gzip.NewWriter(&packed)
	case ".zst":
		w, _ = zstd.NewWriter(&packed)
	default:
		packed.WriteString(text)
	}
	if w != nil {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// read returns the elements of a file as they stand in it.
func read(t rapid.TB, path string) []string {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(packed)
	switch filepath.Ext(path) {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var elements []string
	if bytes.HasPrefix(text, []byte("[")) {
		var raw []json.RawMessage
		if err := json.Unmarshal(text, &raw); err != nil {
			t.Fatal(err)
		}
		for _, e := range raw {
			elements = append(elements, string(e))
		}
		return elements
	}
	for line := range strings.Lines(string(text)) {
		elements = append(elements, strings.TrimSuffix(line, "\n"))
	}
	return elements
}

// naive is the order that elements must have, by their member k: stable, and null last.
func naive(elements []string) []string {
	sorted := slices.Clone(elements)
	slices.SortStableFunc(sorted, func(a, b string) int {
		x, y := keyOf(a), keyOf(b)
		switch {
		case isNull(x) && isNull(y):
			return 0
		case isNull(x):
			return 1
		case isNull(y):
			return -1
		}
		return expression.Compare(x, y)
	})
	return sorted
}

// keyOf returns an element's key; the zero Key where it is null.
func keyOf(element string) expression.Key {
	var members struct{ K json.RawMessage }
	if err := json.Unmarshal([]byte(element), &members); err != nil {
		panic(err)
	}
	key, _ := expression.NewKey(expression.ValueOfJSON(members.K))
	return key
}

func isNull(key expression.Key) bool { return key.Kind() == expression.Unknown }

// elements draws elements whose member k is a number, a text or null, each with another space or member beside it.
func elements(t *rapid.T, withNull bool) []string {
	keys := rapid.SampledFrom([]string{
		"1", "1.0", "1e0", "-3", "0.1", "0.10", "9007199254740993", "9007199254740992.5", "1e40", "-1e-40",
		"12345678901234567890123",
	})
	if rapid.Bool().Draw(t, "texts") {
		keys = rapid.SampledFrom([]string{
			`""`, `"a"`, `"a longer text than sixteen"`, `"a longer text than sixteen "`, `"\u0061"`,
		})
	}
	var all []string
	for i := range rapid.IntRange(0, 60).Draw(t, "count") {
		k := keys.Draw(t, "key")
		if withNull && rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			k = "null"
		}
		all = append(all, fmt.Sprintf(`{"k": %s,  "i":%d}`, k, i))
	}
	return all
}

func compile(t rapid.TB, by, within string) *Order {
	t.Helper()
	order, err := Compile(by, within)
	if err != nil {
		t.Fatal(err)
	}
	return order
}

// TestFormats sorts random elements from any format to any other with any amount of memory, and compares with a stable
// sort in memory. What stands in the file stays byte for byte.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	formats := rapid.SampledFrom([]string{
		".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".json.zst", ".jsonl.zst",
	})
	rapid.Check(t, func(t *rapid.T) {
		from := filepath.Join(dir, "in"+formats.Draw(t, "from"))
		to := filepath.Join(dir, "out"+formats.Draw(t, "to"))
		all := elements(t, true)
		write(t, from, all)
		memory := rapid.SampledFrom([]int64{1, 300, 2000, 0}).Draw(t, "memory")
		report, err := compile(t, "k", "").Sort(context.Background(), from, to, Options{Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		want := naive(all)
		if got := read(t, to); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		ordered := slices.Equal(withoutNull(all), withoutNull(want))
		if report.Elements != int64(len(all)) || (report.Disordered == 0) != ordered {
			t.Fatalf("%+v of %q", report, all)
		}
		if memory == 1 && len(all) > 1 != (report.Spilled > 0) {
			t.Fatalf("%+v", report)
		}
	})
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

func withoutNull(elements []string) []string {
	return slices.DeleteFunc(slices.Clone(elements), func(e string) bool { return isNull(keyOf(e)) })
}

// TestLateness sorts elements that are late by a bounded distance, and compares with a stable sort. One that is later
// is an error that names its line and both keys, or is left out (R7, R12).
func TestLateness(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.jsonl")
	rapid.Check(t, func(t *rapid.T) {
		lateness := rapid.IntRange(0, 9).Draw(t, "lateness")
		var all, want []string
		highest, last := 0, 0
		firstLate, late := 0, int64(0)
		for line, key := range rapid.SliceOfN(rapid.IntRange(1, 40), 0, 700).Draw(t, "keys") {
			e := fmt.Sprintf(`{"k":%d,"i":%d}`, key, line)
			all = append(all, e)
			// last is the highest key that is released: of those that came, with one that far above.
			for _, before := range all[:line] {
				if k, _ := keyOf(before).Float(); int(k) <= highest-lateness {
					last = max(last, int(k))
				}
			}
			if key < last {
				if late++; firstLate == 0 {
					firstLate = line + 1
				}
				continue
			}
			highest = max(highest, key)
			want = append(want, e)
		}
		write(t, from, all)
		report, err := compile(t, "k", fmt.Sprint(lateness)).Sort(context.Background(), from, to, Options{SkipDisorder: true})
		if err != nil || report.Skipped != late || report.Elements != int64(len(want)) {
			t.Fatalf("%+v, %v, want %d skipped", report, err, late)
		}
		if got := read(t, to); len(all) > 0 && !slices.Equal(got, naive(want)) {
			t.Fatalf("got %q, want %q", got, naive(want))
		}
		_, err = compile(t, "k", fmt.Sprint(lateness)).Sort(context.Background(), from, to, Options{})
		if (err != nil) != (late > 0) {
			t.Fatalf("%d are late: %v", late, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), fmt.Sprintf("%s:%d:1 ", from, firstLate)) {
			t.Fatalf("%v, want line %d", err, firstLate)
		}
	})
}

// sortText sorts lines from standard input to standard output.
func sortText(order *Order, text string, options Options) (string, Report, error) {
	var out bytes.Buffer
	options.Stdin, options.Stdout = strings.NewReader(text), &out
	report, err := order.Sort(context.Background(), "-", "-", options)
	return out.String(), report, err
}

// TestKeys: kinds of keys, null, and what has no order.
func TestKeys(t *testing.T) {
	for name, c := range map[string]struct{ by, within, in, out, err string }{
		"null is last": {
			by: "k", in: `{"k":2}{"k":null,"i":1}{"k":1}{"k":null,"i":2}`,
			out: `{"k":1}{"k":2}{"k":null,"i":1}{"k":null,"i":2}`,
		},
		"null doesn't wait": {
			by: "k", within: "5", in: `{"k":2}{"k":null}{"k":1}`, out: `{"k":null}{"k":1}{"k":2}`,
		},
		"what is computed of null is null": {by: "k + 1", in: `{"k":null}{"k":1}`, out: `{"k":1}{"k":null}`},
		"quotients":                        {by: "k / 3", in: `{"k":2}{"k":1}`, out: `{"k":1}{"k":2}`},
		"instants": {
			by: "date(k)", within: "1s", in: `{"k":"2026-01-01T10:00:00.9Z"}{"k":"2026-01-01T11:00:00+01:00"}`,
			out: `{"k":"2026-01-01T11:00:00+01:00"}{"k":"2026-01-01T10:00:00.9Z"}`,
		},
		"durations": {by: "duration(k)", within: "1s", in: `{"k":"1m"}{"k":"59s"}`, out: `{"k":"59s"}{"k":"1m"}`},
		"truth":     {by: "k > 1", in: `{"k":2}{"k":1}`, out: `{"k":1}{"k":2}`},
		"nothing":   {by: "k"},
		"a missing member": {
			by: "k", in: `{"k":2}{"l":1}`,
			err: "-:2:1 (partition 0, offset 1): the key can't be computed: k: member k is missing; there is l",
		},
		"a missing member that is provided for": {by: "k ?? 0", in: `{"k":2}{"l":1}`, out: `{"l":1}{"k":2}`},
		"two kinds": {
			by: "k", in: `{"k":2}{"k":"2"}`,
			err: "-:2:1 (partition 0, offset 1): the key can't be computed: k is text here, but was a number before",
		},
		"an object": {
			by: "k", in: `{"k":{}}`,
			err: "-:1:1 (partition 0, offset 0): the key can't be computed: k: it is an object, which has no order",
		},
		"broken JSON": {by: "k", in: `{"k":2}{"k":1,}`, err: "-:2:8 (partition 0, offset 1): "},
		"the first mistake counts": {
			by: "k", in: `{"k":2}{"l":1}{"k":1,}`, err: "-:2:1 (partition 0, offset 1): the key can't be computed",
		},
		"late": {
			by: "k", within: "2", in: `{"k":1}{"k":4.5}{"k":2.5}{"k":0.5}`,
			err: "-:4:1 (partition 0, offset 3): key 0.5 comes after 2.5 was written: it is late by more than the lateness, 2",
		},
		"a lateness of texts": {
			by: "k", within: "2", in: `{"k":"a"}`,
			err: "-:1:1 (partition 0, offset 0): k is text, of which none is a distance above another: sort without a lateness",
		},
		"a number between instants": {
			by: "date(k)", within: "2", in: `{"k":"2026-01-01"}`,
			err: "-:1:1 (partition 0, offset 0): date(k) is a time, and the lateness 2 is a number: it must be a duration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := sortText(compile(t, c.by, c.within), strings.ReplaceAll(c.in, "}{", "}\n{")+"\n", Options{})
			if c.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.err) {
					t.Errorf("got %v, want %s", err, c.err)
				}
				return
			}
			if err != nil || strings.ReplaceAll(got, "\n", "") != c.out {
				t.Errorf("got %s, %v, want %s", got, err, c.out)
			}
		})
	}
}

// TestCompile: what is wrong with an order is told before anything is read.
func TestCompile(t *testing.T) {
	for _, c := range [][3]string{
		{"", "", "by: "},
		{"time +", "", "by: "},
		{"[1]", "", "by: [1] is a list or object, which has no order"},
		{"1 + 1", "", "by: 1 + 1 is the same for all elements: name the member that they are in the order of, such as time"},
		{"k", "five", `within: "five" is neither a number nor a duration such as 10ms or 1d`},
		{"k", "-1", "within: -1 is below zero: it is how far elements come late at most"},
		{"k", "-1s", "within: -1s is below zero: it is how far elements come late at most"},
	} {
		if _, err := Compile(c[0], c[1]); err == nil || !strings.HasPrefix(err.Error(), c[2]) {
			t.Errorf("%q: got %v, want %s", c[:2], err, c[2])
		}
	}
}

// TestSkip: what is left out is logged and counted, and broken JSON is an error all the same (R7).
func TestSkip(t *testing.T) {
	var log bytes.Buffer
	options := Options{SkipDisorder: true, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	got, report, err := sortText(compile(t, "k", ""), "{\"k\":2}\n{\"l\":1}\n{\"k\":\"x\"}\n{\"k\":1}\n", options)
	if err != nil || got != "{\"k\":1}\n{\"k\":2}\n" || report.Skipped != 2 || report.Elements != 2 {
		t.Errorf("%s, %+v, %v", got, report, err)
	}
	if lines := strings.Split(log.String(), "\n"); len(lines) != 3 ||
		!strings.Contains(lines[0], `msg="element skipped" file=- at="line 2" error="the key can't be computed: k: `) {
		t.Errorf("the log says %s", log.String())
	}
	if _, _, err := sortText(compile(t, "k", ""), "{\"k\":2}\n{", options); err == nil {
		t.Error("broken JSON is no error")
	}
}

// TestInPlace: the output may be the input; after an error it is what it was.
func TestInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	for text, want := range map[string]string{
		`[{"k":2},{"k":1}]`:          "[\n{\"k\":1},\n{\"k\":2}\n]\n",
		`[{"k":2},{"k":"1"}]`:        `[{"k":2},{"k":"1"}]`,
		"[\n{\"k\":\n2}, {\"k\":1}]": "[\n{\"k\":1},\n{\"k\": 2}\n]\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := compile(t, "k", "").Sort(context.Background(), path, path, Options{})
		if report.Warning != "" {
			t.Errorf("%s: the warning is %q", text, report.Warning)
		}
		if got, errRead := os.ReadFile(path); string(got) != want || errRead != nil {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("%v are left, %v", left, err)
	}
}

// TestNoRoomToWait: elements that wait may take so much memory, and no more.
func TestNoRoomToWait(t *testing.T) {
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, "{\"k\":%d}\n", i)
	}
	_, _, err := sortText(compile(t, "k", "1000"), text.String(), Options{Memory: 5000})
	if err == nil || !strings.Contains(err.Error(), "-: the elements that come within 1000 of each other, 30, take "+
		"more than 5000 bytes of memory: allow more, or sort the file as a whole") {
		t.Error(err)
	}
	if _, _, err := sortText(compile(t, "k", "10"), text.String(), Options{Memory: 5000}); err != nil {
		t.Error(err)
	}
}

// TestNoTemporaryFolder: where there is no room for a temporary file, the error says what to do, and nothing is
// written.
func TestNoTemporaryFolder(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	got, _, err := sortText(compile(t, "k", ""), "{\"k\":2}\n{\"k\":1}\n", Options{Memory: 1})
	if got != "" || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "sort: the temporary file in ") {
		t.Errorf("%s, %v", got, err)
	}
}

// TestLiveInput: with a lateness, what is released comes out while its input goes on, and a context that ends stops the
// sort.
func TestLiveInput(t *testing.T) {
	stdin, feed := io.Pipe()
	results, stdout := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		_, err := compile(t, "k", "2").Sort(ctx, "-", "-", Options{Stdin: stdin, Stdout: stdout})
		ended <- err
	}()
	if _, err := io.WriteString(feed, "{\"k\":2}\n{\"k\":1}\n{\"k\":3}\n"); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("{\"k\":1}\n"))
	if _, err := io.ReadFull(results, line); err != nil || string(line) != "{\"k\":1}\n" {
		t.Errorf("%s, %v", line, err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	_ = feed.Close()
}

// TestAhead sorts files whose elements are nearly in order, with little memory, and compares with a stable sort: they are written
// as they come, and again where some come later than others that were written. The output may be the input.
func TestAhead(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		end := rapid.SampledFrom([]string{".json", ".jsonl", ".csv", ".jsonl.gz"}).Draw(t, "end")
		from, to := filepath.Join(dir, "in"+end), filepath.Join(dir, "out"+end)
		if rapid.IntRange(0, 3).Draw(t, "in place") == 0 {
			to = from
		}
		late := rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "late ones")
		var all []string
		for i := range rapid.IntRange(0, 400).Draw(t, "elements") {
			k := 3*i + rapid.IntRange(0, 20).Draw(t, "late")
			if late > 0 && i%100 == 99 {
				k /= 7
				late--
			}
			all = append(all, fmt.Sprintf(`{"k":%d,"i":%d,"s":"a \"b\""}`, k, i))
		}
		want := naive(all)
		if end == ".csv" {
			rows := strings.NewReplacer(`{"k":`, "", `"i":`, "", `"s":"a \"b\""}`, `"a ""b"""`)
			header := []string{"k,i,s"}
			for i := range all {
				all[i], want[i] = rows.Replace(all[i]), rows.Replace(want[i])
			}
			all, want = append(header, all...), append(header, want...)
		}
		write(t, from, all)
		memory := rapid.SampledFrom([]int64{2000, 8000, 30_000, 0}).Draw(t, "memory")
		report, err := compile(t, "k", "").Sort(context.Background(), from, to, Options{Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, to); !slices.Equal(got, want) {
			t.Fatalf("%+v: got %q, want %q", report, got, want)
		}
	})
	for _, folder := range []string{os.Getenv("TMPDIR"), dir} {
		left, err := os.ReadDir(folder)
		left = slices.DeleteFunc(left, func(e os.DirEntry) bool { return !strings.Contains(e.Name(), "leat-") })
		if err != nil || len(left) > 0 {
			t.Errorf("%v are left, %v", left, err)
		}
	}
}

// TestNearlyOrderedIsWrittenOnce: however large a file is and however little memory there is, nothing of it is spilled, and the
// disk takes it meanwhile.
func TestNearlyOrderedIsWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.jsonl")
	long := strings.Repeat("x", 4000)
	var all []string
	for i := range 9000 {
		all = append(all, fmt.Sprintf(`{"k":%d,"s":"%s"}`, 10*i+i*7%60, long))
	}
	write(t, from, all)
	report, err := compile(t, "k", "").Sort(context.Background(), from, to, Options{Memory: 4 << 20})
	if err != nil || report.Spilled != 0 || report.Disordered == 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	if !slices.Equal(read(t, to), naive(all)) {
		t.Error("the file isn't in order")
	}
}
