package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const places = `[{"time":0,"x":1,"name":"日本","l":[1, {"a":2}]}, {"time":10,"x":1.50,"name":null}, {"time":5,"x":4,"name":"a\nb"}]`

const placesTable = `places.json: all 3 elements

  time       x  name  l
number  number  text  list
──────  ──────  ────  ───────────
     0       1  日本  [1,{"a":2}]
    10    1.50  null
     5       4  a\nb

time  number  0 to 10                         not in order: it decreases at line 1, column 83
x     number  1 to 4                          in order
name  text    "a\nb" to "日本"  1 null        not in order: it decreases at line 1, column 83
l     list                      missing in 2
`

// TestShow shows files of elements and streams of pipeline files.
func TestShow(t *testing.T) {
	all := files()
	all["places.json"] = places
	all["semi.csv"] = "a;b\n1;\"x y\"\n"
	for name, c := range map[string]call{
		"as a table":     {[]string{"show", "places.json", "--format", "table"}, "", 0, placesTable, "", ""},
		"standard input": {[]string{"show", "-", "--format", "table", "-n3"}, places, 0, strings.Replace(placesTable, "places.json: all", "-: the first", 1), "", ""},
		"elsewhere than on a terminal": {
			[]string{"show", "places.json", "-n", "1"}, "", 0, `{"time":0,"x":1,"name":"日本","l":[1, {"a":2}]}` + "\n", "", "",
		},
		"as CSV":         {[]string{"show", "locations.json", "--format=csv", "--limit=2"}, "", 0, "time,x\n0,1\n10,1.5\n", "", ""},
		"with a dialect": {[]string{"show", "semi.csv", "--delimiter", ";"}, "", 0, `{"a":1,"b":"x y"}` + "\n", "", ""},
		"as it seems": {[]string{"show", "semi.csv"}, "", 0, `{"a":1,"b":"x y"}` + "\n",
			"leat: semi.csv seems to need --delimiter ';', or csv: {delimiter: \";\"} in a pipeline file\n", ""},
		"with another":       {[]string{"show", "semi.csv", "--delimiter", "xx"}, "", 2, "", "leat: --delimiter: delimiter must be one character, such as \";\", tab, or space for any run of blanks, and is \"xx\"\n", ""},
		"the master":         {[]string{"show", "speed.yaml", "-n1"}, "", 0, `{"time":0,"x":1}` + "\n", "", ""},
		"another stream":     {[]string{"show", "speed.yaml", "-n1", "--stream=next"}, "", 0, `{"time":0,"x":1}` + "\n", "", ""},
		"no such stream":     {[]string{"show", "speed.yaml", "--stream=nxt"}, "", 2, "", "leat: there is no stream \"nxt\", did you mean next?\n", ""},
		"a setting":          {[]string{"show", "speed.yaml", "-n1", "--set", "streams.prev.file=places.json"}, "", 0, `{"time":0,"x":1,"name":"日本","l":[1, {"a":2}]}` + "\n", "", ""},
		"a wrong setting":    {[]string{"show", "speed.yaml", "--set", "mastr=next"}, "", 2, "", "leat: --set mastr=next: a pipeline file has no member \"mastr\", did you mean master?\n", ""},
		"no such file":       {[]string{"show", "plaices.json"}, "", 1, "", "input plaices.json: file does not exist; there is places.json, is it meant?\n", ""},
		"nothing":            {[]string{"show", "places.json", "-n0"}, "", 2, "", "leat: --limit 0: it must be above zero\n", ""},
		"a stream of a file": {[]string{"show", "places.json", "--stream=x"}, "", 2, "", "leat: --stream and --set are for a pipeline file, and places.json is a file of elements\n", ""},
		"damage": {
			[]string{"show", "-"}, "{\"a\":1}\n{\"a\":x}\n", 1, "{\"a\":1}\n",
			"leat: -:2:6 (partition 0, offset 1): unexpected character 'x' where a value is needed\n", "",
		},
		"a dry run": {
			[]string{"run", "speed.yaml", "--dry-run"}, "", 0, results, "leat: nothing was written\n" + table, "",
		},
		"a dry run with a limit": {
			[]string{"run", "speed.yaml", "--dry-run", "--limit=1", "--format=table", "-q"}, "", 0,
			"from   dx\n────  ───\n   0  0.5\n", "", "",
		},
		"a table of results": {
			[]string{"run", "stdout.yaml", "-q", "--format=table"}, "", 0, "from   dx\n────  ───\n   0  0.5\n  10  2.5\n", "", "",
		},
		"a table of what goes elsewhere": {
			[]string{"run", "speed.yaml", "--format=table"}, "", 2, "", "leat: --format is for results on standard output, but " +
				"speed.yaml writes them elsewhere: show them by leat show speed.yaml --stream NAME, or by --dry-run\n", "",
		},
		"a conversion": {[]string{"convert", "locations.json", "-"}, "", 0,
			"{\"time\":0,\"x\":1}\n{\"time\":10,\"x\":1.5}\n{\"time\":20,\"x\":4}\n", "3 elements, in T\n", ""},
		"a conversion to CSV": {[]string{"convert", "locations.json", "-", "-q", "--to-delimiter", ";", "--to-decimal", ","}, "", 0,
			"time;x\n0;1\n10;1,5\n20;4\n", "", ""},
		"a conversion to itself": {[]string{"convert", "locations.json", "./locations.json"}, "", 2, "",
			"leat: the file locations.json is read as \"input\", and results would replace it: write them to another file\n", ""},
	} {
		t.Run(name, func(t *testing.T) { newWorkplace(t, all).check(c) })
	}
}

// TestConvert: digits and order stay through every format, there and back.
func TestConvert(t *testing.T) {
	const lines = `{"id":9007199254740993,"x":1.50,"name":"a;b, \"c\"","none":null}` + "\n" +
		`{"id":2,"x":-0.10,"name":"007","none":null}` + "\n" + `{"id":1,"x":1e400,"name":"日本","none":true}` + "\n"
	w := newWorkplace(t, map[string]string{"a.jsonl": lines})
	from := "a.jsonl"
	for _, to := range []string{"b.csv", "c.json", "d.tsv.gz", "e.ndjson.zst", "g.jsonl"} {
		if status, _, stderr := w.call("", "convert", from, to); status != 0 {
			t.Fatalf("%s to %s: %s", from, to, stderr)
		}
		from = to
	}
	if diff := cmp.Diff(lines, w.read("g.jsonl")); diff != "" {
		t.Error(diff)
	}
}

// TestLimit: a limit ends the session, whose rest the next run would pass over, so that it is refused where positions
// are kept; a dry run may have one there, too.
func TestLimit(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"in.jsonl": "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n",
		"p.yaml": "sqlite: {file: out.db}\nstreams:\n  a: {file: in.jsonl}\n  out: {sqlite: {table: out, conflict: n, columns: {n: INTEGER}}}\n" +
			"master: a\noutput: out\n",
		"f.yaml": "streams:\n  a: {file: in.jsonl}\n  out: {file: out.jsonl}\nmaster: a\noutput: out\n",
	})
	w.check(call{[]string{"run", "--limit=2", "p.yaml"}, "", 2, "", "leat: --limit ends the session, and p.yaml keeps positions, " +
		"so that its next run would pass over the rest of it: add --dry-run\n", ""})
	w.check(call{[]string{"run", "-q", "--limit=2", "--dry-run", "p.yaml"}, "", 0, "{\"n\":1}\n{\"n\":2}\n", "", ""})
	w.check(call{[]string{"run", "-q", "p.yaml"}, "", 0, "", "", ""})
	w.check(call{[]string{"show", "p.yaml", "--stream=out", "-n2"}, "", 0, "{\"n\":1}\n{\"n\":2}\n", "", ""})
	w.check(call{[]string{"run", "-q", "--limit=3", "f.yaml"}, "", 0, "", "", ""})
	if got := w.read("out.jsonl"); got != "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n" {
		t.Error(got)
	}
}

// TestNarrow: a table fits a terminal's width: wide columns are cut, and the last ones left out.
func TestNarrow(t *testing.T) {
	g := &grid{}
	g.add([]byte(`{"id":12345,"text":"a long text that goes on","日本語":"日本語日本語日本語","more":"abcdefghijkl","last":1}`))
	for width, want := range map[int]string{
		0: "   id  text                      日本語              more          last\n" +
			"─────  ────────────────────────  ──────────────────  ────────────  ────\n" +
			"12345  a long text that goes on  日本語日本語日本語  abcdefghijkl     1\n",
		50: "   id  text         日本語       more         last\n" +
			"─────  ───────────  ───────────  ───────────  ────\n" +
			"12345  a long tex…  日本語日本…  abcdefghij…     1\n",
		28: "   id  text       日本語\n─────  ─────────  ─────────\n12345  a long t…  日本語日…\n" +
			"… and 2 columns there is no room for: make the terminal wider, or see all by --format json\n",
	} {
		var out bytes.Buffer
		if err := g.print(&out, nil, width); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("width %d: %s", width, diff)
		}
	}
}

// TestShowOfOutputs: what was written is shown by the pipeline file that says how, whatever it says of writing.
func TestShowOfOutputs(t *testing.T) {
	brokers := kafka(t)
	w := newWorkplace(t, map[string]string{
		"in.jsonl": "{\"id\":1,\"at\":\"2026-11-30T00:00:00Z\",\"n\":1.50}\n", "none.json": "[]",
		"s.avsc": `{"type":"record","name":"R","fields":[{"name":"id","type":"long"}]}`, "any.json": "{}",
	})
	w.good("topic", "load", "--end", "in.jsonl", "in", "--brokers", brokers)
	w.good("topic", "load", "--end", "none.json", "none", "--brokers", brokers)
	for i, test := range []struct{ in, out, want string }{
		{"{file: in.jsonl}", `{file: out.parquet, parquet: {compression: gzip, columns: {id: int64}}}`, `{"id":1}`},
		{"{file: in.jsonl}", `{file: out.avro, avro: {codec: deflate, schema: s.avsc}}`, `{"id":1}`},
		{"{file: in.jsonl}", `{file: out.csv, csv: {delimiter: ";", columns: [x, id], null: NA}}`, `{"x":null,"id":1}`},
		{"{file: in.jsonl}", `{file: out.json.gz}`, `{"id":1}`},
		{"{topic: in}", `{topic: out, key: id, headers: pass, time: "date('2026-11-30')"}`, `{"id":1}`},
		{"{topic: in}", `{topic: out2, format: avro, schema: s.avsc, key: {by: "{id: id}", format: avro, schema: s.avsc}}`, `{"id":1}`},
	} {
		name := fmt.Sprintf("p%d.yaml", i)
		text := "streams:\n  a: " + test.in + "\n  out: " + test.out + "\n" +
			"master: a\noutput: out\nemit: {id: a.id}\n"
		if strings.Contains(test.in, "topic") {
			text = "kafka: {brokers: [" + brokers + "]}\n" + text
		}
		w.write(name, text)
		w.good("run", "-q", name)
		w.check(call{arguments: []string{"show", name, "--stream", "out"}, stdout: test.want + "\n"})
	}
}
