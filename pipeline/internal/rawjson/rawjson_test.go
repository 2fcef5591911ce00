package rawjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

func member(names ...any) []expression.Step {
	var path []expression.Step
	for _, name := range names {
		switch name := name.(type) {
		case string:
			path = append(path, expression.Step{Name: name})
		case int:
			path = append(path, expression.Step{IsIndex: true, Index: name})
		}
	}
	return path
}

func TestPick(t *testing.T) {
	paths := [][]expression.Step{
		member("a"), member("a", "b"), member("l", 1), member("l", -1), member("l", -2, "x"), member("ö\n"),
	}
	for document, want := range map[string][]string{
		`{}`:                            {"", "", "", "", "", ""},
		` {"a": 1 , "l":[]} `:           {"1", "", "", "", "", ""},
		`{"a":{"b":1.50}}`:              {`{"b":1.50}`, "1.50", "", "", "", ""},
		`{"a":{"b":1},"a":{"c":2}}`:     {`{"c":2}`, "", "", "", "", ""},
		`{"l":[1,{"x":[2]},"]}"]}`:      {"", "", `{"x":[2]}`, `"]}"`, "[2]", ""},
		`{"l":[{"x":0}]}`:               {"", "", "", `{"x":0}`, "", ""},
		`{"\u00f6\n":"\"\\"}`:           {"", "", "", "", "", `"\"\\"`},
		`{"A":1,"a ":2,"x":{"a":true}}`: {"", "", "", "", "", ""},
	} {
		var p rawjson.Paths
		for i, path := range paths {
			if slot := p.Add(path); slot != i || p.Add(path) != slot {
				t.Fatalf("path %v has slot %d", path, slot)
			}
		}
		spans := make([]rawjson.Span, p.Len())
		if _, err := p.Find([]byte(document), spans); err != nil {
			t.Errorf("%s: %v", document, err)
			continue
		}
		var got []string
		for _, s := range spans {
			got = append(got, document[s.Start:s.End])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", document, diff)
		}
	}
}

func TestPickErrors(t *testing.T) {
	for document, want := range map[string]struct {
		offset int
		text   string
	}{
		`[1]`:                  {0, "a JSON object is needed here"},
		``:                     {0, "a JSON object is needed here"},
		`{"a":1} x`:            {8, "unexpected character 'x' after the object"},
		`{"a":1`:               {6, "unexpected end where a comma or } is needed"},
		`{"a" 1}`:              {5, "unexpected character '1' where a colon is needed"},
		`{a:1}`:                {1, "unexpected character 'a' where a member's name in quotes is needed"},
		`{"a":1,}`:             {7, "unexpected character '}' where a member's name in quotes is needed"},
		`{"a":[1,]}`:           {8, "unexpected character ']' where a value is needed"},
		`{"a":01}`:             {6, "unexpected character '1' where a comma or } is needed"},
		`{"a":1.}`:             {7, "unexpected character '}' in a number"},
		`{"a":tru}`:            {8, "unexpected character '}' in the word true"},
		`{"a":"\q"}`:           {7, "unexpected character 'q' in an escape sequence"},
		`{"a":"` + "\n" + `"}`: {6, `unexpected character '\n' in a text`},
		`{"a":"b`:              {7, "the text has no end"},
		`{"a":NaN}`:            {5, "unexpected character 'N' where a value is needed"},
	} {
		_, err := new(rawjson.Paths).Find([]byte(document), nil)
		var where *codec.Error
		if !errors.As(err, &where) || where.Offset != want.offset || err.Error() != want.text {
			t.Errorf("%s: error %v at %+v, want %v", document, err, where, want)
		}
	}
}

// FuzzPick compares with encoding/json what is valid and what the members are.
func FuzzPick(f *testing.F) {
	for _, document := range []string{
		`{}`, `{"a":1}`, `{"a":[1,2.5e-3,{"b":"x\u00e9\\"}],"b":null}`, `{"a":tru}`, ` {"a" : -0 } `, `{"a":1,"a":"2"}`,
		`{"\u0061":12345678901234567890}`, `[]`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}",
	} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		var p rawjson.Paths
		slot := p.Add(member("a"))
		spans := make([]rawjson.Span, p.Len())
		_, err := p.Find(document, spans)
		var want map[string]json.RawMessage
		if wantErr := json.Unmarshal(document, &want); wantErr != nil || want == nil {
			if err == nil {
				t.Fatalf("%q is taken, but: %v", document, wantErr)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", document, err)
		}
		got := document[spans[slot].Start:spans[slot].End]
		if !bytes.Equal(got, want["a"]) {
			t.Fatalf("%q: a is %q, want %q", document, got, want["a"])
		}
		if len(got) > 0 {
			sameValue(t, got)
		}
	})
}

// sameValue reads a value, writes it and compares what that means.
func sameValue(t *testing.T, raw []byte) {
	encoded, err := expression.ValueOfJSON(raw).AppendJSON(nil)
	if err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	if want, got := generic(t, raw), generic(t, encoded); !cmp.Equal(want, got) {
		t.Fatalf("%q became %q", raw, encoded)
	}
	if tidy := expression.Tidy(nil, raw); !cmp.Equal(generic(t, raw), generic(t, tidy)) {
		t.Fatalf("%q became %q", raw, tidy)
	}
}

// generic decodes a value with the digits of its numbers.
func generic(t *testing.T, raw []byte) (x any) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&x); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	return x
}

func TestRepeatedMembers(t *testing.T) {
	many := strings.Builder{}
	for i := range 300 {
		fmt.Fprintf(&many, `"member_%d":%d,`, i, i)
	}
	for document, want := range map[string][2]string{
		`{"k":1,"k":2}`:                       {"k", `{"k":2}`},
		`{"k": 1, "x": [ 1e2 ], "\u006b": 2}`: {"k", `{"x":[1e2],"\u006b":2}`},
		`{"a":[{"k":1,"b":{},"k":2},{}]}`:     {"k", `{"a":[{"b":{},"k":2},{}]}`},
		`{"k":{"k":1},"l":{"k":2}}`:           {"", `{"k":{"k":1},"l":{"k":2}}`},
		`{"":1,"":{"":2,"a":3,"":4}}`:         {"", `{"":{"a":3,"":4}}`},
		`{` + many.String() + `"member_7":1}`: {"member_7", ""},
		`{` + many.String() + `"member_x":1}`: {"", ""},
	} {
		if got := rawjson.Repeated([]byte(document)); got != want[0] {
			t.Errorf("%.60s: %q is repeated, want %q", document, got, want[0])
		}
		if tidy := string(expression.Tidy(nil, []byte(document))); want[1] != "" && tidy != want[1] {
			t.Errorf("%.60s: tidied to %s, want %s", document, tidy, want[1])
		}
	}
}

func TestForm(t *testing.T) {
	for document, want := range map[string]rawjson.Form{
		`{"a": 1}`: {}, ` {"a":1}`: {Spaced: true}, `{"a":1} `: {Spaced: true}, "{\n}": {Spaced: true}, `{"a":"\n"}`: {},
		`{"a":1,"a":1}`: {Repeated: "a"}, "{\"a\":1,\n\"a\":1}": {Spaced: true, Repeated: "a"},
	} {
		if got, err := new(rawjson.Paths).Find([]byte(document), nil); err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", document, got, err, want)
		}
	}
}

func BenchmarkPick(b *testing.B) {
	for name, c := range map[string]struct {
		document string
		paths    [][]expression.Step
	}{
		"three": {`{"time":1700000000123,"x":1.25,"y":-3.5}`, [][]expression.Step{member("time")}},
		"line item": {`{"l_orderkey":1,"l_partkey":155190,"l_suppkey":7706,"l_linenumber":1,"l_quantity":17,"l_extendedprice":21168.23,` +
			`"l_discount":0.04,"l_tax":0.02,"l_returnflag":"N","l_linestatus":"O","l_shipdate":"1996-03-13","l_commitdate":"1996-02-12",` +
			`"l_receiptdate":"1996-03-22","l_shipinstruct":"DELIVER IN PERSON","l_shipmode":"TRUCK","l_comment":"egular courts above the"}`,
			[][]expression.Step{member("l_orderkey"), member("l_extendedprice")}},
		"nested": {`{"id":7,"at":{"lat":1.5,"lon":2.5},"tags":["a","b","c"],"items":[{"n":1,"p":2.5},{"n":2,"p":3.5}]}`,
			[][]expression.Step{member("id"), member("at", "lat"), member("items", 0, "p")}},
	} {
		b.Run(name, func(b *testing.B) {
			var p rawjson.Paths
			for _, path := range c.paths {
				p.Add(path)
			}
			data, spans := []byte(c.document), make([]rawjson.Span, p.Len())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Find(data, spans); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
