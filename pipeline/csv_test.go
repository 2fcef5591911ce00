package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// inFolder writes files into a folder, and returns the pipeline that p.yaml describes.
func inFolder(t *testing.T, files map[string]string) (dir string, p *pipeline.Pipeline, err error) {
	t.Helper()
	dir = folder(t, files)
	p, err = pipeline.Load(filepath.Join(dir, "p.yaml"))
	return dir, p, err
}

// TestCSV joins text files of several dialects, and writes one.
func TestCSV(t *testing.T) {
	dir, p, err := inFolder(t, map[string]string{
		"p.yaml": `
streams:
  deliveries: {file: deliveries.csv, csv: {delimiter: ";", decimal: ",", null: ["", NULL], text: [customer]}}
  depth: {file: depth.log, csv: {delimiter: space, columns: [time, path], comment: "#"}}
  out: {file: out.tsv}
master: deliveries
join:
  - {left: deliveries, right: depth, on: "deliveries.time == depth.time"}
output: out
emit: {time: deliveries.time, customer: deliveries.customer, weight: deliveries.weight, path: "depth[0].path", note: deliveries.note}
`,
		"deliveries.csv": "time;customer;weight;note\r\n1,50;007;1,5;NULL\r\n2;12;20,25;\"heavy\n; bulky\"\r\n3;013;;none\r\n",
		"depth.log":      "# time path\n1.5  a.png\n2 \"b c.png\"\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), pipeline.Options{}); err != nil {
		t.Fatal(err)
	}
	const want = "time\tcustomer\tweight\tpath\tnote\n1.50\t007\t1.5\ta.png\t\n2\t\"12\"\t20.25\tb c.png\t\"heavy\n; bulky\"\n"
	if got, err := os.ReadFile(filepath.Join(dir, "out.tsv")); err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// An output without results has the columns of emit.
func TestCSVWithoutResults(t *testing.T) {
	dir, p, err := inFolder(t, map[string]string{
		"p.yaml": "streams: {a: {file: a.csv}, out: {file: out.csv}}\nmaster: a\noutput: out\nemit: {x: a.x, \"y z\": a.y}\n",
		"a.csv":  "x,y\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), pipeline.Options{}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "out.csv")); err != nil || string(got) != "x,y z\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// An output without emit has the columns of the master's file, if they are known, whatever is left out of its elements.
func TestCSVOfAHeader(t *testing.T) {
	const pass = "streams:\n  a: {file: %s}\n  out: {file: %s}\n%smaster: a\noutput: out\n"
	files := map[string]string{"a.csv": "x,y z\n", "full.tsv": "x\ty z\n1\t2\n", "b.jsonl": "{\"x\":1}\n"}
	dir := folder(t, files)
	convert := func(from, to, more string) string {
		t.Helper()
		p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), fmt.Appendf(nil, pass, from, to, more))
		if err == nil {
			err = p.Run(t.Context(), pipeline.Options{})
		}
		if err != nil {
			t.Fatalf("%s to %s: %v", from, to, err)
		}
		written, err := os.ReadFile(filepath.Join(dir, to))
		if err != nil {
			t.Fatal(err)
		}
		return string(written)
	}
	const (
		absent = "  b: {file: b.jsonl}\njoin: [{left: a, right: b, on: a.x == b.x, need: absent}]\n"
		all    = "  b: {file: b.jsonl}\njoin: [{left: a, right: b, on: a.x == b.x}]\n"
	)
	for _, test := range []struct{ from, to, more, want string }{
		{"a.csv", "out.csv", "", "x,y z\n"},
		{"a.csv", "out.tsv", "", "x\ty z\n"},
		{"full.tsv", "out.csv", "where: a.x > 5\n", "x,y z\n"},
		{"full.tsv", "out.csv", "", "x,y z\n1,2\n"},
		{"full.tsv", "out.csv", absent, "x,y z\n"},
		{"a.csv", "out.csv", all, ""}, // what a result would have that lists matches isn't for cells
		{"a.csv", "out.csv", "window: {count: 2}\n", ""},
		{"b.jsonl", "out.csv", "where: a.x > 5\n", ""},
	} {
		if got := convert(test.from, test.to, test.more); got != test.want {
			t.Errorf("%s to %s: got %q, want %q\n%s", test.from, test.to, got, test.want, test.more)
		}
	}
	for _, through := range []string{"out.csv.gz", "out.csv.zst", "out.parquet"} { // and back
		convert("a.csv", through, "")
		if got := convert(through, "back.csv", ""); got != "x,y z\n" {
			t.Errorf("through %s: got %q", through, got)
		}
	}
}

// What a pipeline file says wrongly of cells is told with its place; what a file has wrongly, with its line and column.
func TestCSVErrors(t *testing.T) {
	for _, c := range []struct{ name, stream, text, want string }{
		{"no mapping", `{file: a.csv, csv: ";"}`, "", "p.yaml:2:25: csv of the stream a must be a mapping"},
		{"an unknown member", `{file: a.csv, csv: {delimitr: ";"}}`, "", "did you mean delimiter?"},
		{"two characters", `{file: a.csv, csv: {delimiter: ", "}}`, "", `delimiter must be one character, such as ";", tab, or space`},
		{"comma twice", `{file: a.csv, csv: {decimal: ","}}`, "", "a comma can't be both between cells and in numbers"},
		{"contradiction", `{file: a.csv, csv: {decimal: ",", delimiter: ","}}`, "", "p.yaml:2:20: csv of the stream a: a comma can't be both"},
		{"a comment that rows begin with", `{file: a.csv, csv: {comment: ","}}`, "", `rows may begin with ",", and would be taken for comments`},
		{"a comment in quotes", `{file: a.csv, csv: {comment: '"'}}`, "", "p.yaml:2:20: csv of the stream a: rows may begin with"},
		{"JSON", `{file: a.jsonl, csv: {decimal: ","}}`, "", "its name says that this is JSON, which has no cells"},
		{"a topic", `{topic: a, csv: {}}`, "", "csv"},
		{"a cell too many", `{file: a.csv}`, "id\n1\n2,x\n", `a.csv:3:3 (partition 0, offset 1): the line has 2 cells, and there are 1 columns`},
		{"a missing column", `{file: a.csv}`, "ID\n1\n", "id"},
	} {
		_, p, err := inFolder(t, map[string]string{
			"p.yaml": "streams:\n  a: " + c.stream + "\n  out: {file: out.jsonl}\nmaster: a\noutput: out\nemit: {id: a.id}\n",
			"a.csv":  c.text, "a.jsonl": c.text,
		})
		if err == nil {
			err = p.Run(t.Context(), pipeline.Options{})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
