package parquet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/parquet"
)

// writeTo writes objects to a stream's file.
func writeTo(t testing.TB, stream broker.Stream, values ...string) (err error) {
	t.Helper()
	files := file.New(parquet.Files(), file.Streams(stream))
	job := &broker.Job{Name: "test", Outputs: files.Streams(), Logger: slog.New(slog.DiscardHandler)}
	output, err := files.OpenSink(context.Background(), job)
	if err != nil {
		return err
	}
	defer func() {
		if errClose := output.Close(); err == nil {
			err = errClose
		}
	}()
	var results []broker.Result
	for _, v := range values {
		results = append(results, broker.Result{Value: []byte(v)})
	}
	if err := output.Commit(context.Background(), []broker.Commit{{Results: results}}); err != nil {
		return err
	}
	return output.Commit(context.Background(), []broker.Commit{{End: true}})
}

// written writes objects and reads them again.
func written(t testing.TB, o parquet.Options, values ...string) ([]string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out.parquet")
	stream := objects(path)
	stream.Format = o
	if err := writeTo(t, stream, values...); err != nil {
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
			t.Errorf("%v are left", left)
		}
		return nil, err
	}
	return readFrom(t, objects(path), 0)
}

// TestColumnsOfResults: columns are what the first results have, and numbers keep their digits.
func TestColumnsOfResults(t *testing.T) {
	for _, c := range []struct {
		name    string
		options parquet.Options
		in      []string
		want    []string
		err     string
	}{
		{name: "plain", in: []string{`{"a":1,"b":"x","c":true,"d":0.1}`, `{"b":null,"a":9007199254740993,"d":2}`},
			want: []string{`{"a":1,"b":"x","c":true,"d":0.1}`, `{"a":9007199254740993,"b":null,"c":null,"d":2}`}},
		{name: "decimals", in: []string{`{"a":0.12345678901234567890}`, `{"a":5}`},
			want: []string{`{"a":0.1234567890123456789}`, `{"a":5.0000000000000000000}`}},
		{name: "large numbers", in: []string{`{"a":123456789012345678901234567890}`},
			want: []string{`{"a":123456789012345678901234567890}`}},
		{name: "doubles", in: []string{`{"a":1e300}`, `{"a":-5e-324}`}, want: []string{`{"a":1e+300}`, `{"a":-5e-324}`}},
		{name: "all null", in: []string{`{"a":null}`}, want: []string{`{"a":null}`}},
		{name: "a list", in: []string{`{"a":1}`, `{"a":[1]}`}, err: "row 2: the member a is a list, which can't be in a cell"},
		{name: "two kinds", in: []string{`{"a":1}`, `{"a":"1"}`}, err: "row 2: the member a is text, and in row 1 it is a number"},
		{name: "a late kind", options: parquet.Options{RowGroup: 1}, in: []string{`{"a":1}`, `{"a":1.5}`},
			err: "row 2: the member a: 1.5 is no whole number of 64 bits"},
		{name: "a late member", options: parquet.Options{RowGroup: 1}, in: []string{`{"a":1}`, `{"b":1}`},
			err: "row 2: there is no column for the member b"},
		{name: "given columns", options: parquet.Options{Columns: []parquet.Column{{"t", "timestamp"}, {"d", "date"},
			{"n", "decimal(9,2)"}, {"u", "uuid"}, {"j", "json"}, {"b", "bytes"}, {"x", "double"}, {"s", "text"}}},
			in: []string{`{"t":"2026-11-29T10:00:00.5+01:00","d":"2026-11-29","n":-1.5,"u":"00112233-4455-6677-8899-AABBCCDDEEFF",` +
				`"j":{"a":[1, 2]},"b":"AP8=","x":1,"s":"é"}`, `{}`},
			want: []string{`{"t":"2026-11-29T09:00:00.5Z","d":"2026-11-29","n":-1.50,"u":"00112233-4455-6677-8899-aabbccddeeff",` +
				`"j":{"a":[1, 2]},"b":"AP8=","x":1,"s":"é"}`,
				`{"t":null,"d":null,"n":null,"u":null,"j":null,"b":null,"x":null,"s":null}`}},
		{name: "too many decimals", options: parquet.Options{Columns: []parquet.Column{{"n", "decimal(9,2)"}}},
			in: []string{`{"n":1.234}`}, err: "row 1: the member n: 1.234 has more than the 2 decimals of its column"},
		{name: "lost digits", options: parquet.Options{Columns: []parquet.Column{{"n", "double"}}},
			in: []string{`{"n":9007199254740993}`}, err: "row 1: the member n: a double can't have all digits of 9007199254740993"},
		{name: "no instant", options: parquet.Options{Columns: []parquet.Column{{"n", "timestamp"}}},
			in: []string{`{"n":"noon"}`}, err: `row 1: the member n: "noon" is no instant`},
		{name: "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := written(t, c.options, c.in...)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRoundTrip writes random tables, and reads them from any row.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"int", "text", "bool", "double", "decimal"}), 1, 5).Draw(rt, "kinds")
		var rows []string
		for range rapid.IntRange(0, 40).Draw(rt, "rows") {
			var members []string
			for i, kind := range kinds {
				value := "null"
				if !rapid.Bool().Draw(rt, "null") {
					value = draw(rt, kind)
				}
				members = append(members, fmt.Sprintf("%q:%s", fmt.Sprint("c", i), value))
			}
			rows = append(rows, "{"+strings.Join(members, ",")+"}")
		}
		path := filepath.Join(dir, "t.parquet")
		stream := objects(path)
		o := parquet.Options{RowGroup: rapid.IntRange(1, 50).Draw(rt, "group"),
			Compression: rapid.SampledFrom([]string{"", "snappy", "gzip", "lz4", "none"}).Draw(rt, "compression")}
		for i, kind := range kinds {
			is := map[string]string{"int": "int64", "text": "text", "bool": "bool", "double": "double", "decimal": "decimal(20,3)"}
			o.Columns = append(o.Columns, parquet.Column{Name: fmt.Sprint("c", i), Type: is[kind]})
		}
		stream.Format = o
		if err := writeTo(t, stream, rows...); err != nil {
			rt.Fatal(err)
		}
		from := rapid.IntRange(0, len(rows)).Draw(rt, "from")
		got, err := readFrom(t, objects(path), int64(from))
		if err != nil {
			rt.Fatal(err)
		}
		if want := strings.Join(rows[from:], "\n"); strings.Join(got, "\n") != want {
			rt.Fatalf("got %s, want %s", got, want)
		}
	})
}

func draw(t *rapid.T, kind string) string {
	switch kind {
	case "int":
		return fmt.Sprint(rapid.Int64().Draw(t, "int"))
	case "bool":
		return fmt.Sprint(rapid.Bool().Draw(t, "bool"))
	case "double":
		return fmt.Sprint(float64(rapid.IntRange(-1000, 1000).Draw(t, "double")) / 8)
	case "decimal":
		return fmt.Sprintf("%d.%03d", rapid.IntRange(0, 1e9).Draw(t, "whole"), rapid.IntRange(0, 999).Draw(t, "decimals"))
	}
	return fmt.Sprintf("%q", rapid.StringMatching(`[a-zé]{0,12}`).Draw(t, "text"))
}

type order struct {
	ID    int64             `json:"id"`
	Small uint8             `json:"small"`
	At    time.Time         `json:"at"`
	Day   time.Time         `json:"day" parquet:"day,date"`
	Note  *string           `json:"note"`
	Lines []line            `json:"lines"`
	Tags  map[string]string `json:"tags"`
	Where struct {
		X float64 `json:"x"`
	} `json:"where"`
	Raw  []byte `json:"raw"`
	Flag bool   `json:"flag,omitempty"`
	Any  any    `json:"any"`
}

type line struct {
	SKU    string    `json:"sku"`
	Prices []float32 `json:"prices"`
}

func orders() []order {
	note := "n"
	return []order{
		{ID: 1, Small: 255, At: time.Unix(1, 500).UTC(), Day: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC), Note: &note,
			Lines: []line{{"a", []float32{1.5, 2.25}}, {"b", nil}, {"c", []float32{}}}, Tags: map[string]string{"k": "v", "l": "w"},
			Raw: []byte{0, 255}, Flag: true, Any: map[string]any{"x": 1.0}},
		{ID: -2, At: time.Unix(2, 0).UTC(), Day: time.Unix(0, 0).UTC(), Lines: []line{}, Tags: map[string]string{}},
		{ID: 3, At: time.Unix(2, 0).UTC(), Day: time.Unix(0, 0).UTC()},
	}
}

// TestStructs writes structs with lists, maps and structs, and reads them again.
func TestStructs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.parquet")
	var values []string
	for _, o := range orders() {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, strings.ReplaceAll(string(text), `"1970-01-01T00:00:00Z"`, `"1970-01-01"`))
	}
	values[0] = strings.ReplaceAll(values[0], `"2026-11-29T00:00:00Z"`, `"2026-11-29"`)
	if err := writeTo(t, broker.NewStream[order](path), values...); err != nil {
		t.Fatal(err)
	}
	got, _, err := readElements[order](t, broker.NewStream[order](path))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(orders(), got); diff != "" {
		t.Error(diff)
	}
}

// TestReadByOthers: pyarrow, DuckDB and Polars read what is written, with the types that it has. It needs a Python with
// these, as LEAT_TEST_PYTHON=/path/to/python.
func TestReadByOthers(t *testing.T) {
	python := os.Getenv("LEAT_TEST_PYTHON")
	if python == "" {
		t.Skip("LEAT_TEST_PYTHON is no Python with pyarrow, duckdb and polars")
	}
	dir := t.TempDir()
	plain, nestedPath := filepath.Join(dir, "plain.parquet"), filepath.Join(dir, "nested.parquet")
	stream := objects(plain)
	stream.Format = parquet.Options{RowGroup: 2}
	var rows []string
	for i := range 5 {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"price":%d.25,"name":"n%d","ok":%v}`, i, i, i, i%2 == 0))
	}
	rows = append(rows, `{"id":null,"price":null,"name":null,"ok":null}`)
	if err := writeTo(t, stream, rows...); err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, o := range orders() {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, string(text))
	}
	if err := writeTo(t, broker.NewStream[order](nestedPath), values...); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, filepath.Join("testdata", "check.py"), plain, nestedPath)
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// TestResultsThatWait: until the columns are known, results wait, whatever they have; so do many of them.
func TestResultsThatWait(t *testing.T) {
	var in, want []string
	for i := range 20_000 {
		a, b, c, d := fmt.Sprint(int64(i)*1_000_003-5_000_000), "null", "null", "null"
		if i%3 == 0 {
			b = fmt.Sprintf(`"text %d, é\n"`, i*i%1000)
		}
		if i%5 == 4 {
			c = []string{"0.1", "-0", "999999999999999999", "-999999999999999999", "1e3"}[i/5%5]
		}
		if i >= 15_000 && i%2 == 0 {
			d = "true"
		}
		object := fmt.Sprintf(`{"a":%s`, a)
		if i%2 == 0 && b != "null" || i%2 == 1 {
			object += `,"b":` + b
		}
		if c != "null" {
			object += `,"c":` + c
		}
		if d != "null" {
			object += `,"d":` + d
		}
		in = append(in, object+"}")
		c = map[string]string{"null": "null", "0.1": "0.1", "-0": "0.0", "1e3": "1000.0"}[c]
		if c == "" {
			c = []string{"", "", "999999999999999999.0", "-999999999999999999.0"}[i/5%5]
		}
		want = append(want, fmt.Sprintf(`{"a":%s,"b":%s,"c":%s,"d":%s}`, a, b, c, d))
	}
	got, err := written(t, parquet.Options{}, in...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff[:min(len(diff), 2000)])
	}
	if _, err := written(t, parquet.Options{}, `{"a":1}`, `{"a":1,"a":2}`); err == nil || !strings.Contains(err.Error(),
		"row 2: the member a is there twice") {
		t.Errorf("got %v", err)
	}
}
