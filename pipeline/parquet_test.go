package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// TestParquet writes a Parquet file, and joins it with another one.
func TestParquet(t *testing.T) {
	var trades strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&trades, "{\"time\":%d,\"price\":%d.25,\"name\":\"n%d\"}\n", i, i, i%3)
	}
	dir, p, err := inFolder(t, map[string]string{
		"p.yaml": `
streams:
  trades: {file: trades.jsonl}
  out: {file: out.parquet, parquet: {row_group: 1000, compression: snappy, columns: {time: int64, price: "decimal(10,2)", name: text}}}
master: trades
output: out
`,
		"q.yaml": `
streams:
  left: {file: out.parquet}
  right: {file: out.parquet}
  joined: {file: joined.jsonl}
master: left
join:
  - {left: left, right: right, on: "left.time + 4000 == right.time"}
output: joined
emit: {time: left.time, price: "right[0].price - left.price", name: "right[0].name"}
`,
		"trades.jsonl": trades.String(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), pipeline.Options{}); err != nil {
		t.Fatal(err)
	}
	q, err := pipeline.Load(filepath.Join(dir, "q.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := q.Check(t.Context(), pipeline.Options{})
	if err != nil || len(report.Problems) > 0 {
		t.Fatal(report, err)
	}
	if err := q.Run(t.Context(), pipeline.Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "joined.jsonl"))
	lines := strings.Split(string(got), "\n")
	if err != nil || len(lines) != 1001 || lines[0] != `{"time":0,"price":4000,"name":"n1"}` {
		t.Errorf("got %d lines, the first %s, %v", len(lines), lines[0], err)
	}
}

// TestParquetMistakes: what a file says of Parquet is checked before anything runs.
func TestParquetMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"{file: out.parquet, parquet: {columns: {a: number}}}": `the type "number" is none of bool, int64`,
		"{file: out.parquet, parquet: {row_group: 0}}":         "row_group is how many rows",
		"{file: out.parquet, parquet: {compression: lzma}}":    `the compression "lzma" is none of zstd`,
		"{file: out.csv, parquet: {compression: zstd}}":        "the name of this one ends otherwise",
		"{file: out.parquet, csv: {delimiter: \";\"}}":         "this is Parquet, which has no cells",
	} {
		_, p, err := inFolder(t, map[string]string{"a.jsonl": "{\"a\":1}\n",
			"p.yaml": "streams:\n  a: {file: a.jsonl}\n  out: " + text + "\nmaster: a\noutput: out\n"})
		if err == nil {
			err = p.Run(t.Context(), pipeline.Options{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
