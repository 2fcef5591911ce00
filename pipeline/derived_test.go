package pipeline_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	avrolib "github.com/twmb/avro"
)

// schemasOf returns the schemas of a subject, each as what its fields are: a record's names and types, in one line. Who has one
// of them can read what was written with those before it.
func (p *schemaPlant) schemasOf(subject string) (all []string) {
	p.Helper()
	var before *avrolib.Schema
	for version := 1; ; version++ {
		found, ok := p.registry.GetSchema(subject, version)
		if !ok {
			return all
		}
		text := found.Schema.Schema
		schema, err := avrolib.Parse(text)
		p.must(err)
		if before != nil {
			_, err = avrolib.Resolve(before, schema)
			p.must(err)
		}
		before = schema
		var record map[string]any
		p.must(json.Unmarshal([]byte(text), &record))
		all = append(all, strings.Trim(describeType(record), "{}"))
	}
}

// describeType says a type of Avro in one line; ? stands behind one that may be null.
func describeType(of any) string {
	switch t := of.(type) {
	case []any:
		return describeType(t[1]) + "?"
	case map[string]any:
		if t["type"] == "array" {
			return "[" + describeType(t["items"]) + "]"
		}
		if t["logicalType"] != nil {
			return fmt.Sprintf("{%s %s}", t["type"], t["logicalType"])
		}
		var fields []string
		for _, f := range t["fields"].([]any) {
			field := f.(map[string]any)
			fields = append(fields, fmt.Sprintf("%s %s", field["name"], describeType(field["type"])))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return fmt.Sprint(of)
}

// Without a schema the types of results in Avro follow from emit, and where that says nothing from the results: whole numbers
// are long until one isn't. Every digit comes back, and a restart registers no schema again that is there.
func TestDerivedAvroSchemas(t *testing.T) {
	const numbers = `{"n":1,"x":1,"s":"a","o":{"k":1}}
{"n":9007199254740993,"x":2.5,"s":null,"o":{"k":2,"l":["u"]}}
{"n":-3,"x":3,"s":"c","o":null}
`
	p := newSchemaPlant(t)
	p.write("in.jsonl", numbers)
	const emit = "emit: {n: src.n, x: src.x, s: src.s, o: src.o, twice: src.n * 2, half: src.n / 2, len: \"len(src.s ?? '')\", " +
		"big: src.n > 2, t: string(src.n)}"
	out := func(topic string) string {
		return "streams: {src: {file: in.jsonl}, out: {topic: " + topic + ", format: avro}}\nmaster: src\noutput: out\n" +
			emit + withRegistry
	}
	const rest = ", twice long?, half double, len long, big boolean, t string"
	want := []string{
		"n long?, x long?, s string?, o {k long?}?" + rest,
		"n long?, x double?, s string?, o {k long?, l [string?]?}?" + rest,
	}
	p.mustRun("derived", out("derived"))
	if got := p.schemasOf("derived-value"); !cmp.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	const back = "streams: {src: {topic: derived, format: avro}, back: {file: back.jsonl}}\nmaster: src\noutput: back\n"
	p.mustRun("back", back+withRegistry)
	wantBack := `{"n":1,"x":1,"s":"a","o":{"k":1},"twice":2,"half":0.5,"len":1,"big":false,"t":"1"}
{"n":9007199254740993,"x":2.5,"s":null,"o":{"k":2,"l":["u"]},"twice":18014398509481986,"half":4503599627370496,` +
		`"len":0,"big":true,"t":"9007199254740993"}
{"n":-3,"x":3,"s":"c","o":null,"twice":-6,"half":-1.5,"len":1,"big":false,"t":"-3"}
`
	got, err := os.ReadFile(filepath.Join(p.dir, "back.jsonl"))
	p.must(err)
	if string(got) != wantBack {
		t.Errorf("%s\nwant\n%s", got, wantBack)
	}

	// Another run of the same results, and one whose first ones have less: the latest schema serves both.
	before := p.schemasOf("derived-value")
	p.mustRun("again", out("derived"))
	p.write("in.jsonl", "{\"n\":7,\"x\":null,\"s\":null,\"o\":null}\n")
	p.mustRun("less", out("derived"))
	if got := p.schemasOf("derived-value"); !cmp.Equal(got, before) {
		t.Errorf("%d schemas, want %d:\n%s", len(got), len(before), strings.Join(got, "\n"))
	}
}

// What no schema holds is told; so is what would be a schema for each result.
func TestDerivedAvroSchemasThatCannotBe(t *testing.T) {
	p := newSchemaPlant(t)
	var names strings.Builder
	for i := range 60 {
		fmt.Fprintf(&names, "{\"x\":{\"m%d\":1}}\n", i)
	}
	for name, c := range map[string]struct{ in, want string }{
		"kinds":   {"{\"x\":1}\n{\"x\":\"a\"}\n", "x is a text, and was a number before"},
		"rounded": {"{\"x\":1.5}\n{\"x\":9007199254740993}\n", "a double would round the whole number 9007199254740993"},
		"digits": {"{\"x\":900719925474099.31}\n",
			"a double would round 900719925474099.31: give a schema with a decimal, or say by float"},
		"too-large": {"{\"x\":123456789012345678901}\n", "a double would round the whole number 123456789012345678901"},
		"names":     {"{\"x\":{\"a b\":1}}\n", `the member "a b" can't be written`},
		"many":      {names.String(), "the results have led to 50 schemas"},
	} {
		p.write("in.jsonl", c.in)
		err := p.run(name, "streams: {src: {file: in.jsonl}, out: {topic: "+name+", format: avro}}\nmaster: src\noutput: out\n"+
			"emit: {x: src.x}"+withRegistry)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
