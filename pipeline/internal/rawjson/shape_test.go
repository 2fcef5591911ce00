package rawjson_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

var shapePaths = [][]expression.Step{
	member("a"), member("long name"), member("n", "a"), member("n", 0), member("n", -1), member("x"),
}

// found is what Find says of a document, with paths that have seen others or not.
func found(p *rawjson.Paths, document string) string {
	spans := make([]rawjson.Span, p.Len())
	form, err := p.Find([]byte(document), spans)
	if where, ok := errors.AsType[*codec.Error](err); ok {
		return fmt.Sprint("at ", where.Offset, ": ", err)
	}
	values := make([]string, len(spans))
	for i, s := range spans {
		values[i] = document[s.Start:s.End]
	}
	return fmt.Sprintf("%+v %q", form, values)
}

func newPaths() *rawjson.Paths {
	p := &rawjson.Paths{}
	for _, path := range shapePaths {
		p.Add(path)
	}
	return p
}

// What was found in documents before changes nothing of what is found in the next.
func TestDocumentsBeforeChangeNothing(t *testing.T) {
	value := rapid.SampledFrom([]string{
		"1", "-1.5", "0", "01", "1e3", "1.", "-", "12345678901234567890", "null", "true", "false", "nul", `"s"`, `"ö"`, `"\n"`, `"`,
		"\"\t\"", `{"a":1}`, `{"a":1,"a":2}`, `{"a" : "x"}`, "{\"a\":\n1}", "[1,2]", "[]", "[", "[1}", "", " 1", "1 ", "\n1",
	})
	name := rapid.SampledFrom([]string{`"a"`, `"long name"`, `"long name "`, `"n"`, `"x"`, `"y"`, `"\u0061"`, `"`, "a", `"b" `})
	colon := rapid.SampledFrom([]string{":", ":", ":", ": ", " : ", ":  ", ":\t", ""})
	comma := rapid.SampledFrom([]string{",", ",", ",", ", ", ",  ", " ,", ",\n", ""})
	document := rapid.Custom(func(t *rapid.T) string {
		text := rapid.SampledFrom([]string{"{", "{", "{", "{", " {", "{ ", "["}).Draw(t, "begin")
		// As in a stream, most documents have their names in one order.
		for i, n := range rapid.SliceOfN(name, 0, 5).Draw(t, "names") {
			if i > 0 {
				text += comma.Draw(t, "comma")
			}
			text += n + colon.Draw(t, "colon") + value.Draw(t, "value")
		}
		return text + rapid.SampledFrom([]string{"}", "}", "}", "}", "} ", "}\n", "}x", "", "]"}).Draw(t, "end")
	})
	rapid.Check(t, func(t *rapid.T) {
		p := newPaths()
		for _, d := range rapid.SliceOfN(document, 1, 8).Draw(t, "documents") {
			if got, want := found(p, d), found(newPaths(), d); got != want {
				t.Fatalf("%q: %s, want %s", d, got, want)
			}
		}
	})
}

func FuzzShape(f *testing.F) {
	f.Add([]byte(`{"a":1,"n":[1,2]}`), []byte(`{"n":[1,{"a":2}],"x": null}`))
	f.Add([]byte(`{"a":"s","x":true}`), []byte(`{"a":"\u0061","a":1.5e3}`))
	f.Fuzz(func(t *testing.T, before, document []byte) {
		p := newPaths()
		_ = found(p, string(before))
		for range 2 {
			if got, want := found(p, string(document)), found(newPaths(), string(document)); got != want {
				t.Fatalf("%q behind %q: %s, want %s", document, before, got, want)
			}
		}
	})
}

// A path that is added when objects were read already leads to its member, too.
func TestPathsAreAddedBehindDocuments(t *testing.T) {
	p := &rawjson.Paths{}
	p.Add(member("a"))
	document := `{"a":1,"b":2}`
	for range 2 {
		if got, want := found(p, document), `{Spaced:false Repeated:} ["1"]`; got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	p.Add(member("b"))
	if got, want := found(p, document), `{Spaced:false Repeated:} ["1" "2"]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	p := newPaths()
	documents := [][]byte{[]byte(`{"a":1,"y":"text","x":-2.5}`), []byte(`{"a":1,"x":2}`), []byte(`{"y":null,"x":true}`)}
	spans := make([]rawjson.Span, p.Len())
	for _, d := range slices.Concat(documents, documents) {
		if allocations := testing.AllocsPerRun(100, func() {
			if _, err := p.Find(d, spans); err != nil {
				t.Fatal(err)
			}
		}); allocations > 0 {
			t.Errorf("%s: %v allocations", d, allocations)
		}
	}
}
