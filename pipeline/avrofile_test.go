package pipeline_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

const tradesAsJSON = `{"at":"2026-11-29T10:00:00.000001Z","n":1,"price":2.50,"note":null}
{"at":"2026-11-29T10:00:01Z","n":9007199254740993,"price":3,"note":"a"}
`

// runIn runs a pipeline file in a directory.
func runIn(t *testing.T, dir, text string) error {
	t.Helper()
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text))
	if err != nil {
		return err
	}
	return p.Run(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
}

func writeIn(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// How an Avro file is written is what avro says: what packs its blocks, and its schema; without that, what emit says of types,
// and what the results hold.
func TestAvroFileOptions(t *testing.T) {
	const emit = "emit: {at: date(all.at), n: all.n, half: all.n / 2, price: all.price, note: all.note}\n"
	const derived = `{at {long timestamp-micros}?, n long?, half double?, price double?, note string?}`
	for name, c := range map[string]struct{ avro, emit, codec, schema, want string }{
		"nothing": {"", emit, "deflate", derived, ""},
		"null":    {", avro: {codec: null}", emit, "null", derived, ""},
		"snappy":  {", avro: {codec: snappy}", emit, "snappy", derived, ""},
		"zstd":    {", avro: {codec: zstandard}", emit, "zstandard", derived, ""},
		"no emit": {"", "", "deflate", "{at string?, n long?, price double?, note string?}", ""},
		"schema": {", avro: {codec: snappy, schema: s.avsc}", "", "snappy",
			`{n long, at {long timestamp-micros}, price {bytes decimal}, note string?}`, ""},
		"no schema": {", avro: {schema: none.avsc}", "", "", "", "p.yaml:3:40: the schema can't be read: "},
		"no record": {", avro: {schema: int.avsc}", "", "", "", "p.yaml:3:40: int.avsc: its schema is that of int, and elements are records"},
		"no field":  {", avro: {schema: s.avsc}", "emit: {n: all.n, m: 1}\n", "", "", `the record Trade has no field "m"`},
	} {
		dir := t.TempDir()
		writeIn(t, dir, "in.jsonl", tradesAsJSON)
		writeIn(t, dir, "int.avsc", `"int"`)
		writeIn(t, dir, "s.avsc", `{"type":"record","name":"Trade","fields":[{"name":"n","type":"long"},`+
			`{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},`+
			`{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}},{"name":"note","type":["null","string"]}]}`)
		err := runIn(t, dir, "streams:\n  all: {file: in.jsonl}\n  out: {file: out.avro"+c.avro+"}\nmaster: all\noutput: out\n"+c.emit)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, "out.avro"))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := bytes.Cut(data, []byte("avro.schema"))
		var schema any
		if err := json.NewDecoder(bytes.NewReader(after[bytes.IndexByte(after, '{'):])).Decode(&schema); err != nil {
			t.Fatal(err)
		}
		if got := describeType(schema); got != c.schema || !bytes.Contains(data[:min(2000, len(data))], []byte(c.codec)) {
			t.Errorf("%s: %s, want %s packed by %s", name, got, c.schema, c.codec)
		}
		if err := runIn(t, dir, "streams: {all: {file: out.avro}, out: {file: back.jsonl}}\nmaster: all\noutput: out\n"+
			"emit: {at: all.at, n: all.n, price: all.price, note: all.note}\n"); err != nil {
			t.Error(err)
		}
		back, err := os.ReadFile(filepath.Join(dir, "back.jsonl"))
		want := strings.Replace(tradesAsJSON, "2.50", "2.5", 1)
		if name == "schema" {
			want = strings.Replace(tradesAsJSON, "price\":3", "price\":3.00", 1)
		}
		if err != nil || string(back) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, back, want)
		}
	}
}

// check finds that the schema isn't there before a run does.
func TestCheckFindsNoAvroSchema(t *testing.T) {
	dir := t.TempDir()
	writeIn(t, dir, "in.jsonl", tradesAsJSON)
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte("streams:\n  all: {file: in.jsonl}\n"+
		"  out: {file: out.avro, avro: {schema: none.avsc}}\nmaster: all\noutput: out\n"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "p.yaml:3:40: the schema can't be read"
	if _, err := p.Check(t.Context(), pipeline.Options{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
