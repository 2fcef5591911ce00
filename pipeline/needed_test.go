package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/pipeline"
)

// Of a Parquet file the columns are read that expressions name, and the results are those of the same rows in JSON, where all
// is read.
func TestOnlyNeededColumnsAreRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "leat-needed")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
		rows := func(n int) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, `{"t":%d,"a":%d.5,"b":"b%d","c":null,"d":%d}`+"\n", i, i, i%3, i%4)
			}
			return b.String()
		}
		n, m := rapid.IntRange(1, 20).Draw(t, "masters"), rapid.IntRange(1, 20).Draw(t, "others")
		for name, text := range map[string]string{"m.jsonl": rows(n), "o.jsonl": rows(m)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			to := strings.Replace(name, ".jsonl", ".parquet", 1)
			if err := runOf(dir, "streams: {all: {file: "+name+"}, out: {file: "+to+"}}\nmaster: all\noutput: out\n"); err != nil {
				t.Fatal(err)
			}
		}
		text := "streams:\n  m: {file: m.FORMAT" + pick("where", "", ", where: d > 0", ", where: b != 'b1'") +
			"}\n  o: {file: o.FORMAT" +
			pick("sort", "", ", sort: d", ", sort: {by: t, within: 3}") +
			"}\n  out: {file: FORMAT.jsonl}\nmaster: m\noutput: out\njoin:\n" +
			"  - {left: m, right: o, on: " + pick("on", "m.t == o.t", "m.t == o.t * 2") + pick("by", "", `, by: "m.b == o.b"`) +
			pick("take", "", ", need: optional", ", within: {before: 2, after: 0}, take: last", ", within: 3") +
			"}\non_disorder: skip\n" +
			pick("window", "", `window: "floor(m.t / 3)"`+"\n") + pick("results", "", `where: "len(toJSON(m)) > 5"`+"\n") +
			pick("emit", "", "emit: {x: 1}\n", "emit: {t: m.t}\n", "emit: {o: o}\n", "emit: {m: m, n: string(o)}\n",
				"emit: {c: m.c, a: \"o?.a\"}\n", "emit: {a: \"map(o, #.a)\"}\n", "emit: {k: \"len(o)\", d: m.d}\n",
				"emit: {f: \"filter(o, .d > 1)\"}\n", "emit: {z: m.z}\n",
				"emit: {z: m?.zz}\n", "emit: {a: \"map(m, #.a)\", o: \"m[0].o\"}\n")
		results := map[string]string{}
		for _, format := range []string{"jsonl", "parquet"} {
			err := runOf(dir, strings.ReplaceAll(text, "FORMAT", format))
			out, _ := os.ReadFile(filepath.Join(dir, format+".jsonl"))
			results[format] = string(out)
			if err != nil {
				// Lines and rows are called differently.
				what := err.Error()
				if i := strings.Index(what, "function p: "); i >= 0 {
					what = what[i:]
				}
				results[format] = "error: " + what
			}
		}
		if results["jsonl"] != results["parquet"] {
			t.Fatalf("%s\nfrom JSON\n%s\nfrom Parquet\n%s", text, results["jsonl"], results["parquet"])
		}
	})
}

// A column that nothing names isn't read: it may be damaged.
func TestColumnsThatNothingNames(t *testing.T) {
	dir := t.TempDir()
	var rows strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&rows, `{"t":%d,"note":"unread note %d"}`+"\n", i, i)
	}
	writeIn(t, dir, "in.jsonl", rows.String())
	const made = "streams: {all: {file: in.jsonl}, out: {file: in.parquet, parquet: {compression: none}}}\n" +
		"master: all\noutput: out\n"
	if err := runIn(t, dir, made); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "in.parquet")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.ReplaceAll(whole, []byte("unread note"), []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	if bytes.Equal(damaged, whole) {
		t.Fatal("there is nothing to damage")
	}
	writeIn(t, dir, "in.parquet", string(damaged))
	const read = "streams: {all: {file: in.parquet}, out: {file: out.jsonl}}\nmaster: all\noutput: out\n"
	if err := runIn(t, dir, read+"emit: {t: all.t}\n"); err != nil {
		t.Errorf("a column that isn't needed is read: %v", err)
	}
	if err := runIn(t, dir, read); err == nil {
		t.Error("a column that is written isn't read")
	}
	// All is read where a member is missing, so that what is said of it can name those that are there.
	if err := runIn(t, dir, read+"emit: {n: all.notes}\n"); err == nil || !strings.Contains(err.Error(), "column note") {
		t.Errorf("%v", err)
	}
}

// runOf runs a pipeline file in a directory.
func runOf(dir, text string) error {
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text))
	if err != nil {
		return err
	}
	return p.Run(context.Background(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
}
