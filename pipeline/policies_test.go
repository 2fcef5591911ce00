package pipeline_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/pipeline"
)

// outcome runs a pipeline file's text, and returns what is in out.jsonl, rest.jsonl and bad.jsonl, and how far it came.
func outcome(t *testing.T, text string, files map[string]string) (written map[string]string, p pipeline.Progress, err error) {
	t.Helper()
	dir := folder(t, files)
	parsed, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(text))
	if err != nil {
		return nil, p, err
	}
	options := quiet()
	options.Monitor = &pipeline.Monitor{}
	err = parsed.Run(t.Context(), options)
	written = map[string]string{}
	for _, name := range []string{"out", "rest", "bad"} {
		data, _ := os.ReadFile(filepath.Join(dir, name+".jsonl")) // some aren't written
		written[name] = string(data)
	}
	return written, options.Monitor.Progress(), err
}

const handled = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}, STREAMS}
master: a
join: [{left: a, right: b, on: a.t == b.t, need: NEED}]
output: out
emit: {t: a.t, ratio: "a.x / b[0].x"}
`

func handling(need, streams, more string) string {
	text := strings.NewReplacer("NEED", need, ", STREAMS", streams).Replace(handled)
	return text + more
}

const masters = `{"t":1,"x":1}
{"t":2,"x":2}
{"t":4,"x":4}
{"t":3,"x":3}
no object
{"t":5,"x":5}
{"t":6,"x":6}
`

const children = `{"t":1,"x":1}
{"t":2,"x":0}
{"t":4,"x":2}
{"t":6,"x":3}
`

// Each policy does with disorder, with what can't be decoded, and with what emit can't compute, what it says.
func TestPolicies(t *testing.T) {
	streams, both := ", rest: {file: rest.jsonl}, bad: {file: bad.jsonl}", "\nunmatched: rest\ndead_letter: bad\n"
	written, p, err := outcome(t, handling("one", streams, both+
		"on_disorder: dead_letter\non_undecodable: dead_letter\non_error: dead_letter\n"), map[string]string{
		"a.jsonl": masters, "b.jsonl": children})
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\"t\":1,\"ratio\":1}\n{\"t\":4,\"ratio\":2}\n{\"t\":6,\"ratio\":2}\n"; written["out"] != want {
		t.Errorf("got %s, want %s", written["out"], want)
	}
	var letters []string
	for line := range strings.Lines(written["bad"]) {
		var l leat.Letter
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		letters = append(letters, string(l.Element)+" "+l.Error)
	}
	for i, want := range []string{`{"t":2,"x":2} `, `{"t":3,"x":3} `, `"no object" `} {
		if len(letters) != 3 || !strings.HasPrefix(letters[i], want) {
			t.Fatalf("the letters are %q, want %d to begin with %s", letters, i, want)
		}
	}
	if !strings.Contains(letters[0], "emit ratio: a.x / b[0].x: ") {
		t.Errorf("the letter is %s", letters[0])
	}
	var verdicts []string
	for line := range strings.Lines(written["rest"]) {
		var u leat.Unmatched
		if err := json.Unmarshal([]byte(line), &u); err != nil {
			t.Fatal(err)
		}
		verdicts = append(verdicts, u.Node+" "+string(u.Verdict)+" "+string(u.Element))
	}
	want := []string{`a out_of_order {"t":3,"x":3}`, `a undecodable "no object"`, `a gap {"t":5,"x":5}`}
	if strings.Join(verdicts, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", verdicts, want)
	}
	if a := p.Streams[0]; p.Failed != 1 || a.Skipped != 2 || a.Undecodable != 1 || a.Matched != 4 {
		t.Errorf("the progress is %+v", p)
	}

	skip := "\non_disorder: skip\non_undecodable: skip\non_error: skip\n"
	again, _, err := outcome(t, handling("one", "", skip), map[string]string{"a.jsonl": masters, "b.jsonl": children})
	if err != nil || again["out"] != written["out"] {
		t.Errorf("got %s, %v", again["out"], err)
	}
	for _, test := range []struct{ policies, want string }{
		{"on_disorder: skip\non_undecodable: skip\n", "emit ratio: a.x / b[0].x"},
		{"on_error: skip\non_undecodable: skip\n", "key 3 comes after 4"},
		{"on_error: skip\non_disorder: skip\non_undecodable: fail\n", "a.jsonl:5:1"},
	} {
		_, _, err := outcome(t, handling("one", "", test.policies), map[string]string{"a.jsonl": masters, "b.jsonl": children})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %s", test.policies, err, test.want)
		}
	}
}

// A result is written only where where is true of it, as emit sees it; the rest is counted, and not unmatched.
func TestResultWhere(t *testing.T) {
	files := map[string]string{"a.jsonl": times, "b.jsonl": `{"time":1,"bid":5}` + "\n" + `{"time":3,"bid":7}` + "\n"}
	const form = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}, rest: {file: rest.jsonl}}
master: a
join: [{left: a, right: b, on: a.time == b.time, need: optional, take: last}]
output: out
unmatched: rest
`
	for _, test := range []struct {
		where, want string
		filtered    int64
	}{
		{`where: "b?.bid != null"`, "1 3", 1},
		{`where: "b?.bid > 5"`, "3", 2},
		{`where: "b == null"`, "2", 2},
		{`where: "a.time < 3"` + "\nemit: {time: a.time}", "1 2", 1},
		{`where: "len(a) > 1"` + "\nwindow: floor(a.time / 2)\nemit: {time: \"a[0].time\"}", "2", 1},
	} {
		written, p, err := outcome(t, form+test.where+"\n", files)
		if err != nil {
			t.Errorf("%s: %v", test.where, err)
			continue
		}
		var got []string
		for line := range strings.Lines(written["out"]) {
			var o struct{ Time json.Number }
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatal(err)
			}
			got = append(got, o.Time.String())
		}
		if strings.Join(got, " ") != test.want || p.FilteredResults != test.filtered || written["rest"] != "" {
			t.Errorf("%s: got %q, %d filtered, rest %s", test.where, got, p.FilteredResults, written["rest"])
		}
	}
	_, _, err := outcome(t, form+"where: a.qty > 1\n", files)
	if err == nil || !strings.Contains(err.Error(), "a.jsonl:1:1") ||
		!strings.Contains(err.Error(), "where: a.qty > 1: member a.qty is missing") {
		t.Errorf("the error is %v", err)
	}
	if _, p, err := outcome(t, form+"where: a.qty > 1\non_error: skip\n", files); err != nil || p.Failed != 3 {
		t.Errorf("%+v, %v", p, err)
	}
}

// Calls side by side, and fewer commits, change nothing of what comes out.
func TestConcurrencyAndCommit(t *testing.T) {
	many := rows(3000, func(i int) string { return `{"t":` + []string{"1", "4", "6"}[i/1000] + `,"x":2}` })
	files := map[string]string{"a.jsonl": many, "b.jsonl": children}
	written, _, err := outcome(t, handling("one", "", "concurrency: 4\n"), files)
	if err != nil || strings.Count(written["out"], "\n") == 0 {
		t.Fatal(err)
	}
	alone, _, err := outcome(t, handling("one", "", ""), files)
	if err != nil || alone["out"] != written["out"] {
		t.Errorf("%v", err)
	}
	text := strings.Replace(handling("one", "", "commit: {every: 1s, results: 10}\n"), "file: out.jsonl", "file: \"-\"", 1)
	dir := folder(t, files)
	p, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	options := quiet()
	options.Stdout = &out
	if err := p.Run(t.Context(), options); err != nil || out.String() != alone["out"] {
		t.Errorf("%v", err)
	}
}

// Mistakes in what becomes of results and failures are told where they stand, with what would be right.
func TestHandlingMistakes(t *testing.T) {
	bad := ", bad: {file: bad.jsonl}"
	for _, test := range []struct{ streams, text, want string }{
		{"", "where: a.x =", ":7:12: unexpected =, did you mean ==?"},
		{"", "where: c.x > 1", ":7:8: unknown name c"},
		{"", "where: len(a)", "must be true or false"},
		{"", "where: 1 < 2", ":7:8: 1 < 2 is the same for all results: name a stream of theirs"},
		{"", "where: b.x > 1", ":7:"},
		{"", "on_disorder: retry", ":7:14: to try again can't help"},
		{"", "on_error: {retry: 3}", ":7:11: on_error must be fail (as if left out), skip or dead_letter, but this is a mapping"},
		{"", "on_error: skp", `on_error must be fail (as if left out), skip or dead_letter, and is "skp", did you mean skip?`},
		{"", "on_disorder: dead_letter", ":7:14: on_disorder: dead_letter needs a stream to write to: declare one"},
		{bad, "dead_letter: bad", ":7:14: nothing is put aside to bad: add on_disorder"},
		{bad, "", ":2:75: the stream \"bad\" is used nowhere"},
		{bad, "dead_letter: bda\non_error: skip", `:7:14: there is no stream "bda", did you mean bad?`},
		{"", "dead_letter: a\non_error: dead_letter", `:7:14: the stream "a" is read, so it can't be written as dead_letter`},
		{"", "unmatched: out", `:7:12: the stream "out" is the output already: unmatched needs a stream of its own`},
		{bad, "unmatched: bad\ndead_letter: bad\non_error: dead_letter", `the stream "bad" is the unmatched already`},
		{", rest: {file: out.jsonl}", "unmatched: rest", "out.jsonl is written as output already: unmatched needs a place of its own"},
		{", rest: {file: a.jsonl}", "unmatched: rest", "results would replace it"},
		{", rest: {file: rest.csv}", "unmatched: rest", "rows of cells can't have them: write it as .jsonl"},
		{", rest: {file: rest.jsonl, sort: t}", "unmatched: rest", "sort says how a stream is read"},
		{", rest: {topic: rest}", "unmatched: rest\nkafka: {brokers: [localhost:9092]}",
			"rest is a topic, and the output out is a file: both are written in one commit"},
		{"", "concurrency: 0", `:7:14: concurrency must be a whole number above zero, and is "0"`},
		{"", "commit: {every: 1s}", ":7:1: the file out.jsonl appears when the session ends, whatever is committed until then"},
		{"", "commit: {}", "commit must say when there is enough to commit"},
		{"", "commit: {every: soon}", `"soon" is not a duration above zero`},
		{"", "on_eror: skip", `a pipeline file has no member "on_eror", did you mean on_error?`},
	} {
		_, err := run(t, handling("one", test.streams, test.text+"\n"), nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %s", test.text, err, test.want)
		}
	}
	text := strings.Replace(handling("one", "", "on_error: skip\n"), "emit: {t: a.t, ratio: \"a.x / b[0].x\"}\n", "", 1)
	if _, err := run(t, text, nil); err == nil || !strings.Contains(err.Error(), ":6:1: on_error is about what emit and where") {
		t.Errorf("the error is %v", err)
	}
}

// A plan shows what becomes of what isn't a result.
func TestPlanOfPolicies(t *testing.T) {
	p, err := pipeline.Parse("p.yaml", []byte(handling("one", ", rest: {file: rest.jsonl}, bad: {file: bad.jsonl}",
		"where: a.x > 1\nunmatched: rest\ndead_letter: bad\non_disorder: dead_letter\non_error: skip\nconcurrency: 2\n")))
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(strings.Fields(p.Plan().String()), " ")
	for _, want := range []string{"where a.x > 1", "unmatched Object to rest.jsonl", "letters Object to bad.jsonl", "on disorder dead letter",
		"on error skip", "up to 2 calls at a time"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan lacks %s:\n%s", want, p.Plan())
		}
	}
}
