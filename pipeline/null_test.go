package pipeline_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// nullFiles have null keys on both sides, one of them behind a null header.
var nullFiles = map[string]string{
	"a.jsonl": `{"h":{"k":1}}
{"h":null}
{"h":{"k":2}}
{"h":{"k":null}}
{"h":{"k":4}}`,
	"b.jsonl": `{"k":null}
{"k":2}
{"k":null}
{"k":4}`,
}

const nullJoin = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.h.k + 1 == b.k + 1}]
output: out
`

// R7a: null keys match nothing and are out of no order, for a run, check and explain.
func TestR7aNull(t *testing.T) {
	out, err := run(t, nullJoin, nullFiles)
	if want := `{"h":{"k":2},"b":[{"k":2}]}` + "\n" + `{"h":{"k":4},"b":[{"k":4}]}` + "\n"; err != nil || out != want {
		t.Errorf("got %s, %v", out, err)
	}
	p, _ := parseTwo(t, "a.h.k + 1 == b.k + 1", nullFiles["a.jsonl"], nullFiles["b.jsonl"])
	report, err := p.Check(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if text := report.String(); len(report.Problems) > 0 || report.Joins[0].LeftNulls != 2 || report.Joins[0].Matched != 2 ||
		!strings.Contains(text, "; 2 elements have no key (null)") {
		t.Errorf("%s", text)
	}
	for want, about := range map[string]pipeline.About{
		"So the element of a is handed over.": {Key: "4"},
		"a has no 3":                          {Key: "3"},
		"a asks for 3 of b":                   {Stream: "b", Key: "2"},
	} {
		answer, err := p.Explain(t.Context(), quiet(), about)
		if err != nil || !strings.Contains(answer.String(), want) {
			t.Errorf("%s%s: %v, %v", about.Stream, about.Key, answer, err)
		}
	}
	answer, err := p.Explain(t.Context(), quiet(), pipeline.About{Element: []byte(`{"h":null}`)})
	if err != nil || answer.Partitions[0].Cause == nil || answer.Partitions[0].Cause.Verdict != pipeline.Null {
		t.Errorf("%+v, %v", answer, err)
	}
}

// A member that isn't there is a mistake, and no null.
func TestR7aMissing(t *testing.T) {
	_, err := run(t, nullJoin, map[string]string{"a.jsonl": `{"h":{}}`, "b.jsonl": `{"k":1}`})
	if err == nil || !strings.Contains(err.Error(), "member a.h.k is missing") {
		t.Errorf("got %v", err)
	}
	optional := strings.Replace(nullJoin, "a.h.k + 1", "a.h?.k", 1)
	if _, err := run(t, optional, map[string]string{"a.jsonl": `{"h":{}}`, "b.jsonl": `{"k":1}`}); err != nil {
		t.Errorf("got %v", err)
	}
}
