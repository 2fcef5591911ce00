package pipeline_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

const feed = `{"kind":"quote","time":1,"bid":10}
{"kind":"trade","time":9,"qty":1}
{"kind":"quote","time":2,"bid":11}
{"kind":null,"time":0,"bid":0}
{"kind":"quote","time":3,"bid":null}
`

const times = `{"time":1}
{"time":2}
{"time":3}
`

// Elements of which where isn't true are as if they weren't there: their keys may fall, and they match nothing. Null is
// not true.
func TestWhere(t *testing.T) {
	const form = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl, where: "WHERE"}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.time == b.time, need: optional}]
output: out
emit: {n: len(b)}
`
	for _, test := range []struct{ where, want string }{
		{"kind == 'quote'", "1 1 1"},
		{"kind == 'quote' and bid > 10", "0 1 0"},
		{"kind == 'quote' and (bid ?? 0) < 11", "1 0 1"},
		{"kind == 'nothing'", "0 0 0"},
		{"qty == 1", `b.jsonl:1:1 (partition 0, offset 0): where: qty == 1: member qty is missing`},
		{"(qty ?? 0) == 0 and kind != nil", "1 1 1"},
		{"kidn == 'quote'", `where: kidn == 'quote': member kidn is missing; there is kind`},
		{"b.kind == 'quote'", `member b.kind is missing; there is bid, kind, time: here a member goes by its own name, kind`},
		{"bid", `b.jsonl:1:1 (partition 0, offset 0): where: bid: it is a number, and must be true or false`},
	} {
		got, err := run(t, strings.Replace(form, "WHERE", test.where, 1), map[string]string{"a.jsonl": times, "b.jsonl": feed})
		if err != nil {
			got = err.Error()
		}
		plain := strings.Join(strings.Fields(strings.NewReplacer(`{"n":`, "", "}", "").Replace(got)), " ")
		if err == nil && plain != test.want || err != nil && !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.where, got, test.want)
		}
	}
}

// Mistakes in where are told where they stand.
func TestWhereMistakes(t *testing.T) {
	const form = "streams: {a: {STREAM},\n out: {OUT}}\nmaster: a\noutput: out\n"
	for _, test := range []struct{ stream, out, want string }{
		{"file: a.jsonl, where: kind =", "", "pipeline.yaml:1:42: "},
		{"file: a.jsonl, where: len(kind)", "", ":1:37: len(kind) is a number, and must be true or false"},
		{"file: a.jsonl, where: string(kind)", "", ":1:37: string(kind) is text, and must be true or false"},
		{"file: a.jsonl, where: 1 < 2", "", ":1:37: 1 < 2 is the same for all elements: name a member of theirs"},
		{"file: a.jsonl, where: \"\"", "", ":1:37: where of the stream a is empty"},
		{"file: a.jsonl, where: {kind: quote}", "", ":1:37: where must be a text, but this is a mapping"},
		{"file: a.jsonl, wehre: x", "", `:1:30: the stream a has no member "wehre", did you mean where?`},
		{"file: a.jsonl", "file: out.jsonl, where: kind == 'quote'", ":2:25: where says how a stream is read"},
	} {
		out := test.out
		if out == "" {
			out = "file: out.jsonl"
		}
		_, err := run(t, strings.NewReplacer("STREAM", test.stream, "OUT", out).Replace(form), nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %s", test.stream, err, test.want)
		}
	}
}

// What where leaves out is counted, and a plan shows the condition.
func TestWhereIsCounted(t *testing.T) {
	const text = `
streams: {a: {file: a.jsonl, where: "kind == 'quote'"}, out: {file: out.jsonl}}
master: a
output: out
`
	dir := folder(t, map[string]string{"a.jsonl": feed})
	p, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	monitor := &pipeline.Monitor{}
	err = p.Run(t.Context(), pipeline.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Monitor: monitor})
	if err != nil {
		t.Fatal(err)
	}
	if a := monitor.Progress().Streams[0]; a.Filtered != 2 || a.Read != 3 || a.Matched != 3 {
		t.Errorf("the progress is %+v", a)
	}
	if plan := p.Plan().String(); !strings.Contains(plan, "a.jsonl where kind == 'quote'") {
		t.Errorf("the plan is\n%s", plan)
	}
}

// TestCheckWhere: check says what where lets through, tries it on the samples, and finds misspelt members.
func TestCheckWhere(t *testing.T) {
	const form = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl, where: "WHERE"}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.time == b.time}]
output: out
`
	many := rows(5000, func(i int) string {
		return `{"kind":"` + []string{"quote", "trade"}[i%2] + `","time":` + []string{"1", "0"}[i%2] + "}"
	})
	for _, test := range []struct{ where, b, want string }{
		{"kind == 'quote'", feed, "all 5 elements; where lets 3 of them through"},
		{"kind == 'quote'", feed, "no problems found"},
		{"kind == 'quote'", many, "the first 1000 elements and the last 1000; where lets 1000 of them through"},
		{"kind == 'Quote'", many, "where of b lets none of the first 1000 elements and of the last 1000 through: kind == 'Quote'"},
		{"kind == 'Quote'", feed, "a with b: where leaves out all elements of b: there is nothing to join"},
		{"kidn == 'quote'", feed, "b.jsonl:1:1 (partition 0, offset 0): where: kidn == 'quote': member kidn is missing; there is kind"},
	} {
		dir := folder(t, map[string]string{"a.jsonl": times, "b.jsonl": test.b})
		p, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(strings.Replace(form, "WHERE", test.where, 1)))
		if err != nil {
			t.Fatal(err)
		}
		report, err := p.Check(t.Context(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		if got := report.String(); !strings.Contains(got, test.want) {
			t.Errorf("%s: the report is\n%s\nand lacks %s", test.where, got, test.want)
		}
	}
}

// TestLookupsPassOver: explain and capture see what where lets through.
func TestLookupsPassOver(t *testing.T) {
	const text = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl, where: "kind == 'quote'"}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.time == b.time}]
output: out
`
	dir := folder(t, map[string]string{"a.jsonl": times + `{"time":9}` + "\n", "b.jsonl": feed})
	p, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for key, handedOver := range map[string]int{"2": 1, "9": 0} {
		e, err := p.Explain(t.Context(), quiet(), pipeline.About{Key: key})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Partitions[0].HandedOver; got != handedOver {
			t.Errorf("%s: handed over %d, want %d: %q", key, got, handedOver, e.Partitions[0].Sentences)
		}
	}
	_, err = p.Explain(t.Context(), quiet(), pipeline.About{Stream: "b", Element: []byte(`{"kind":"trade","time":9}`)})
	if err == nil || !strings.Contains(err.Error(), "the element is left out of b, whose where isn't true of it") {
		t.Errorf("the error is %v", err)
	}
	into := filepath.Join(dir, "captured")
	captured, err := p.Capture(t.Context(), "1", "9", into)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(captured.Slices[0].Streams[1].File)
	if err != nil || strings.Contains(string(saved), "trade") {
		t.Errorf("captured %s, %v", saved, err)
	}
	again, err := os.ReadFile(captured.Slices[0].File)
	if err != nil || !strings.Contains(string(again), `b: {file: b.jsonl, where: "kind == 'quote'"}`) {
		t.Errorf("captured %s, %v", again, err)
	}
}
