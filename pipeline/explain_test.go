package pipeline_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/pipeline"
)

// TestExplain holds what a user reads who asks why there is no output. The cases are in testdata/explain.txt: the
// streams' files, each begun by its name, and what is asked, with the answer.
func TestExplain(t *testing.T) {
	cases, err := os.ReadFile(filepath.Join("testdata", "explain.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split(strings.ReplaceAll(string(cases), "\r\n", "\n"), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(c, "\n")
		t.Run(name, func(t *testing.T) {
			setup, questions, ok := strings.Cut(rest, "\n>>> ")
			if !ok {
				t.Fatal("there is no >>>")
			}
			dir := t.TempDir()
			files := strings.Split("\n"+setup, "\n--- ")[1:]
			for _, file := range files {
				path, content, _ := strings.Cut(file, "\n")
				if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p, err := pipeline.Load(filepath.Join(dir, "p.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, question := range strings.Split(questions, "\n>>> ") {
				asked, want, _ := strings.Cut(question, "\n")
				got := ""
				explanation, err := p.Explain(t.Context(), quiet(), about(asked))
				if err != nil {
					got = "error: " + err.Error() + "\n"
				} else {
					got = explanation.String()
				}
				got = strings.ReplaceAll(got, dir+string(filepath.Separator), "")
				if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); diff != "" {
					t.Errorf("%s: %s\ngot\n%s", asked, diff, got)
				}
			}
		})
	}
}

// about reads what is asked: a key, the element of a stream, or either with the stream's name before it, "b: 3".
func about(asked string) (about pipeline.About) {
	if stream, rest, ok := strings.Cut(asked, ": "); ok {
		about.Stream, asked = stream, rest
	}
	if strings.HasPrefix(asked, "{") {
		about.Element = []byte(asked)
	} else {
		about.Key = asked
	}
	return about
}

func TestExplainAsJSON(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.jsonl": "{\"t\":1}\n{\"t\":3}\n", "b.jsonl": "{\"t\":1}\n{\"t\":4}\n{\"t\":4}\n",
	})
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte("streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, "+
		"out: {file: o.jsonl}}\nmaster: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t}]"))
	if err != nil {
		t.Fatal(err)
	}
	explanation, err := p.Explain(t.Context(), quiet(), pipeline.About{Key: "3"})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(explanation)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"stream":"a","by":"a.t","key":3,"partitions":[{"partition":0,"lookups":[` +
		`{"stream":"a","key":3,"count":1,"complete":0,` +
		`"first":{"key":3,"offset":1,"line":2,"column":1,"element":{"t":3}},` +
		`"last":{"key":3,"offset":1,"line":2,"column":1,"element":{"t":3}},` +
		`"below":{"key":1,"offset":0,"line":1,"column":1,"element":{"t":1}}},` +
		`{"stream":"b","key":3,"count":0,"complete":0,` +
		`"below":{"key":1,"offset":0,"line":1,"column":1,"element":{"t":1}},` +
		`"above":{"key":4,"offset":1,"line":2,"column":1,"element":{"t":4}},"verdict":"gap"}],` +
		`"sentences":["a has the key 3 (a.t) once, at line 2 of a.jsonl.","Its left key for b is 3.",` +
		`"b has no 3: it jumps from 1 (line 1) to 4 (line 2): a gap.",` +
		`"So the element of a is not handed over, for want of 3 in b."],"masters":1,"handed_over":0,"joined":0,` +
		`"cause":{"stream":"b","verdict":"gap","key":3,"text":"b has no 3: it jumps from 1 (line 1) to 4 (line 2): a gap"}}],` +
		`"findings":[]}`
	got := strings.ReplaceAll(string(encoded), dir+string(filepath.Separator), "")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\ngot\n%s", diff, got)
	}
}

func TestExplainNeedsStreamsThatCanBeReadAgain(t *testing.T) {
	p, err := pipeline.Parse("x.yaml", []byte("streams: {a: {file: '-'}, b: {file: b.json}, out: {file: o.json}}\nmaster: a\n"+
		"output: out\njoin: [{left: a, right: b, on: a.t == b.t}]"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Explain(t.Context(), quiet(), pipeline.About{Key: "1"})
	var wrong *pipeline.Error
	if !errors.As(err, &wrong) || !strings.Contains(wrong.Message, "can be read once only") {
		t.Errorf("error %v", err)
	}
}
