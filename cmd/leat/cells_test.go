package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCellFlags: what csv of a stream says in a pipeline file, the commands about one file take as flags.
func TestCellFlags(t *testing.T) {
	const (
		semi   = "id;at;price\n2;b;1,50\n10;a;\n1;c;2\n"
		sorted = "id;at;price\n1;c;2\n2;b;1,50\n10;a;\n"
		log    = "# a comment\n3  x  007\n1 y  12\n2\tNA\n"
	)
	all := map[string]string{"semi.csv": semi, "app.log": log, "plain.csv": "t,u\n2,x\n1,\n", "a.jsonl": "{}\n", "none.csv": "1700000000,x\n1700000001,y\n", "long.csv": "a,b\n1,2,3\n3\n"}
	byLog := strings.Fields("--delimiter space --columns n,name,code --comment # --null NA --ragged --text code")
	for name, c := range map[string]call{
		"sorted to a file": {[]string{"sort", "semi.csv", "-q", "--by", "id", "--delimiter", ";", "--decimal=,", "-o", "out.csv"}, "", 0,
			"", "", sorted},
		"sorted to itself":                 {[]string{"sort", "semi.csv", "-q", "--by", "id", "--delimiter", ";", "-o", "semi.csv"}, "", 0, "", "", ""},
		"sorted to standard output":        {[]string{"sort", "semi.csv", "-q", "--by", "id", "--delimiter=;", "--decimal", ","}, "", 0, sorted, "", ""},
		"sorted from standard input":       {[]string{"sort", "-", "-q", "--by", "id", "--delimiter=;"}, semi, 0, sorted, "", ""},
		"sorted, and of another name":      {[]string{"sort", "semi.csv", "-q", "--by", "id", "--delimiter=;", "--decimal=,", "-o", "out.jsonl"}, "", 0, "", "", ""},
		"sorted by what the name says":     {[]string{"sort", "plain.csv", "-q", "--by", "t"}, "", 0, "t,u\n1,\n2,x\n", "", ""},
		"sorted from blanks":               {append([]string{"sort", "app.log", "-q", "--by", "n"}, byLog...), "", 0, "n name code\n1 y \"12\"\n2 NA NA\n3 x 007\n", "", ""},
		"shown":                            {append([]string{"show", "app.log", "-n2"}, byLog...), "", 0, `{"n":3,"name":"x","code":"007"}` + "\n" + `{"n":1,"name":"y","code":"12"}` + "\n", "", ""},
		"converted":                        {append([]string{"convert", "app.log", "-", "-q", "--to-delimiter", "tab", "--to-columns", "code,n,name", "--to-null", "-"}, byLog...), "", 0, "code\tn\tname\n007\t3\tx\n\"12\"\t1\ty\n-\t2\t-\n", "", ""},
		"long rows":                        {[]string{"convert", "long.csv", "-", "-q", "--ragged"}, "", 0, "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":null}\n", "leat: warning: long.csv: 1 line has more cells than there are columns, and those behind the last column were passed over\n", ""},
		"values in the place of names":     {[]string{"convert", "none.csv", "-", "-q"}, "", 0, "{\"1700000000\":1700000001,\"x\":\"y\"}\n", "leat: warning: the first line of none.csv was taken for the names of its columns, and seems to have values: say --columns 'column0,column1', with the right names\n", ""},
		"a hint":                           {[]string{"sort", "semi.csv", "-q", "--by", "id"}, "", 1, "", "semi.csv:1:1 (partition 0, offset 0): the first line has one column, \"id;at;price\": is its delimiter \";\"? Where it isn't, say by csv which it is, or put the name into quotes; semi.csv seems to need --delimiter ';' --decimal ','\n", ""},
		"cells of JSON":                    {[]string{"sort", "a.jsonl", "--by", "t", "--delimiter", ";"}, "", 1, "", "input a.jsonl: its name says that this is JSON, which has no cells: leave out how they lie in it, or name it .csv\n", ""},
		"a wrong decimal sign":             {[]string{"sort", "semi.csv", "--by", "t", "--decimal", "x"}, "", 2, "", "leat: --decimal: a number's decimal sign is a point or a comma, not 'x'\n", ""},
		"two that contradict each other":   {[]string{"show", "semi.csv", "--delimiter", ",", "--decimal", ","}, "", 2, "", "leat: --delimiter --decimal: a comma can't be both between cells and in numbers: files with decimal commas have a ; between cells\n", ""},
		"of a pipeline file":               {[]string{"show", "p.yaml", "--delimiter", ";"}, "", 2, "", "leat: --delimiter ';' is for a file of elements: a pipeline file says csv at the stream, or --set 'streams.NAME.csv={delimiter: \";\"}'\n", ""},
		"a wrong one of what is written":   {[]string{"convert", "a.jsonl", "b.csv", "--to-delimiter", "xx"}, "", 2, "", "leat: --to-delimiter: delimiter must be one character, such as \";\", tab, or space for any run of blanks, and is \"xx\"\n", ""},
		"one of what is written as JSON":   {[]string{"convert", "a.jsonl", "b.jsonl", "--to-delimiter", ";"}, "", 1, "", "output b.jsonl: its name says that this is JSON, which has no cells: leave out how they lie in it, or name it .csv\n", ""},
		"one that nothing is said without": {[]string{"sort", "semi.csv", "--by", "id", "--delimiter", ""}, "", 2, "", "leat: --delimiter: delimiter must be one character, such as \";\", tab, or space for any run of blanks, and is \"\"\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t, all)
			w.check(c)
			if c.written != "" {
				if diff := cmp.Diff(c.written, w.read("out.csv")); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// TestNothingToShow: of a stream without elements, what there is of it is said, in a pipe as on a terminal; and its columns stay
// where it is sorted or converted.
func TestNothingToShow(t *testing.T) {
	brokers := kafka(t)
	w := newWorkplace(t, map[string]string{
		"head.csv": "id,placed at\n", "list.json": "[]", "lines.jsonl": "", "part-1.csv": "a,b\n", "part-2.csv": "b,a\n", "rows.csv": "id,n\n1,2\n",
		"none.yaml": "streams:\n  a: {file: rows.csv}\n  out: {file: none.parquet, parquet: {columns: {id: int64, n: int64}}}\n" +
			"master: a\noutput: out\nwhere: a.id > 1\n",
		"topic.yaml": "kafka: {brokers: [" + brokers + "]}\nstreams: {a: {topic: empty}, out: {file: '-'}}\nmaster: a\noutput: out\n",
	})
	w.good("run", "-q", "none.yaml")
	w.write("s.avsc", `{"type":"record","name":"R","fields":[{"name":"id","type":"long"},{"name":"n","type":"long"}]}`)
	w.good("run", "-q", "none.yaml", "--set", `streams.out={file: none.avro, avro: {schema: s.avsc}}`)
	w.good("topic", "load", "--partitions", "2", w.empty(), "empty", "--brokers", brokers)
	for _, test := range []struct{ arguments, want, columns string }{
		{"head.csv", "head.csv: no elements; columns: id, placed at", "id,placed at\n"},
		{"- --columns a,b", "-: no elements; columns: a, b", "a,b\n"},
		{"part-*.csv", "part-*.csv: no elements; columns: a, b", "a,b\n"},
		{"none.parquet", "none.parquet: no elements; columns: id, n", "id,n\n"},
		{"none.avro", "none.avro: no elements; columns: id, n", "id,n\n"},
		{"list.json", "list.json: no elements", ""},
		{"lines.jsonl", "lines.jsonl: no elements", ""},
		{"topic.yaml", "empty: no elements in 2 partitions", ""},
	} {
		arguments := append([]string{"show"}, strings.Fields(test.arguments)...)
		w.check(call{arguments: arguments, stderr: "leat: " + test.want + "\n"})
		w.check(call{arguments: append(arguments, "--format", "table"), stdout: test.want + "\n"})
		w.check(call{arguments: append(arguments, "--format", "csv"), stdout: test.columns, stderr: "leat: " + test.want + "\n"})
	}
	w.check(call{arguments: []string{"sort", "head.csv", "--by", "id", "-q"}, stdout: "id,placed at\n"})
	w.check(call{arguments: []string{"sort", "head.csv", "--by", "id", "-q", "-o", "head.csv"}})
	if got := w.read("head.csv"); got != "id,placed at\n" {
		t.Errorf("sorted in its place it is %q", got)
	}
}

// TestDemoOfCells: a demonstration on Kafka loads text files as the pipeline file says that their cells lie.
func TestDemoOfCells(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"a.csv": "id;x\n1;2,5\n2;3\n",
		"p.yaml": "streams:\n  a: {file: a.csv, csv: {delimiter: ';', decimal: ','}}\n  b: {file: a.csv, csv: {delimiter: ';'}}\n" +
			"  out: {file: out.csv}\nmaster: a\njoin: [{left: a, right: b, on: a.id == b.id}]\noutput: out\nemit: {x: a.x, text: 'b[0].x'}\n",
	})
	w.check(call{arguments: []string{"run", "-q", "--demo-kafka", "p.yaml"}, stdout: `{"x":2.5,"text":"2,5"}` + "\n" + `{"x":3,"text":3}` + "\n"})
}

// TestMembersOfAnyName: where members go by their own names, those whose names are none in expressions go by $env.
func TestMembersOfAnyName(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"a.csv": "unit price,in,Größe\n2,x,1\n1,x,2\n3,y,3\n",
		"p.yaml": "streams:\n  a: {file: a.csv, sort: '$env[\"unit price\"]', where: '$env[\"in\"] == \"x\" and Größe > 0'}\n" +
			"  out: {file: '-'}\nmaster: a\noutput: out\nemit: {p: 'a[\"unit price\"]'}\n",
	})
	w.check(call{arguments: []string{"run", "-q", "p.yaml"}, stdout: "{\"p\":1}\n{\"p\":2}\n"})
	w.check(call{arguments: []string{"sort", "-q", "a.csv", `--by=-$env["unit price"]`}, stdout: "unit price,in,Größe\n3,y,3\n2,x,1\n1,x,2\n"})
	w.check(call{arguments: []string{"sort", "-q", "a.csv", "--by", `$env["unit prize"]`}, status: 1,
		stderr: "a.csv:2:1 (partition 0, offset 0): the key can't be computed: $env[\"unit prize\"]: member unit prize is missing; there is unit price\n"})
}
