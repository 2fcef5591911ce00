package pipeline_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/pipeline"
)

// check runs Check on a two-node join of the streams a and b, and returns the report with the directory taken out.
func check(t *testing.T, on, a, b string, more ...string) (report *pipeline.Report, text string) {
	t.Helper()
	p, dir := parseTwo(t, on, a, b, more...)
	report, err := p.Check(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "out.jsonl")); err == nil {
		t.Error("Check has written the output")
	}
	return report, strings.ReplaceAll(report.String(), dir+string(filepath.Separator), "")
}

// parseTwo writes the streams a and b, and returns the pipeline that joins them.
func parseTwo(t *testing.T, on, a, b string, more ...string) (p *pipeline.Pipeline, dir string) {
	t.Helper()
	dir = folder(t, map[string]string{"a.jsonl": a, "b.jsonl": b})
	p, err := pipeline.Parse(filepath.Join(dir, "x.yaml"), []byte(fmt.Sprintf(
		"streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n"+
			"join: [{left: a, right: b, on: %q}]\n", on)+strings.Join(more, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return p, dir
}

func series(format string, from, to, step int) string {
	var text strings.Builder
	for i := from; i < to; i += step {
		fmt.Fprintf(&text, format+"\n", i)
	}
	return text.String()
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct{ on, a, b, more, want string }{
		"a good pipeline": {
			on: "a.t + 10 == b.t", a: series(`{"t":%d}`, 0, 50, 10), b: series(`{"t":%d}`, 0, 50, 10),
			want: `stream a  a.jsonl  all 5 elements
stream b  b.jsonl  all 5 elements

join a with b on a.t + 10 == b.t
  keys of a         10 to 50
  keys of b         0 to 40
  in common         10 to 40
  expected matches  4 of 5 elements of a
  behind its end    1: 50 (line 5) is not in b, which ends at 40 (line 5)

no problems found
`,
		},
		"long streams": {
			on: "a.t == b.t", a: series(`{"t":%d}`, 0, 4000, 1), b: series(`{"t":%d}`, 0, 5000, 2),
			want: `stream a  a.jsonl  the first 1000 elements and the last 1000
stream b  b.jsonl  the first 1000 elements and the last 1000

join a with b on a.t == b.t
  keys of a         0 to 3999
  keys of b         0 to 4998
  in common         0 to 3999
  expected matches  1000 of 2000 elements of a
  in gaps           1000: 1 (line 2) is not in b, which jumps from 0 (line 1) to 2 (line 2)

no problems found
`,
		},
		"units": {
			on: "a.t == b.t", a: series(`{"t":%d}`, 1000, 1010, 1), b: series(`{"t":%d}`, 1000000, 1010000, 1000),
			want: `1 finding:
  a with b: the keys of b are 1,000 times those of a: milliseconds and seconds?
    write  on: "a.t * 1000 == b.t"
    then 10 of 10 elements of a find a match; as it is, 0 of 10

stream a  a.jsonl  all 10 elements
stream b  b.jsonl  all 10 elements

join a with b on a.t == b.t
  keys of a             1000 to 1009
  keys of b             1000000 to 1009000
  in common             none
  expected matches      0 of 10 elements of a
  before its beginning  10: 1000 (line 1) is not in b, which begins at 1000000 (line 1)
`,
		},
		"halves": {
			on: "a.t == b.t / 2", a: series(`{"t":%d}`, 0, 3, 1), b: series(`{"t":%d}`, 1, 6, 2),
			want: `1 finding:
  a with b: the keys of b are those of a and 0.5 more
    write  on: "a.t + 0.5 == b.t / 2"
    then 3 of 3 elements of a find a match; as it is, 0 of 3

stream a  a.jsonl  all 3 elements
stream b  b.jsonl  all 3 elements

join a with b on a.t == b.t / 2
  keys of a             0 to 2
  keys of b             0.5 to 2.5
  in common             0.5 to 2
  expected matches      0 of 3 elements of a
  before its beginning  1: 0 (line 1) is not in b, which begins at 0.5 (line 1)
  in gaps               2: 1 (line 2) is not in b, which jumps from 0.5 (line 1) to 1.5 (line 2)
`,
		},
		"problems": {
			on: "a.t == b.t", a: "{\"t\":1}\n{\"t\":3}\n{\"t\":2}\n", b: "{\"t\":1}\n{\"t\":}\n{\"t\":1}\n", more: "window: a.w",
			want: `3 problems:
  a.jsonl:1:1 (partition 0, offset 0): a.w: member a.w is missing; there is t
  a.jsonl:3:1 (partition 0, offset 2): key 2 comes after 3: keys must not decrease along a stream
  b.jsonl:2:6 (partition 0, offset 1): unexpected character '}' where a value is needed

1 finding:
  a with b: the keys of a, a.t, are out of order: 1 step down among 3, the first from 3 to 2 (line 3); a run stops there: sort the stream

stream a  a.jsonl  all 3 elements
stream b  b.jsonl  the first 1 element

join a with b on a.t == b.t
  keys of a         1 to 3
  keys of b         1 to 1
  in common         1 to 1
  expected matches  1 of 1 element of a
`,
		},
		"empty": {
			on: "a.t == b.t", a: "", b: "{\"t\":1}\n",
			want: `1 finding:
  a with b: a is empty: there is nothing to join

stream a  a.jsonl  no elements
stream b  b.jsonl  all 1 element

join a with b on a.t == b.t
  keys of a         none
  keys of b         1 to 1
  in common         none
  expected matches  0 of 0 elements of a
`,
		},
		"a constant shift": {
			on: "a.t == b.t", a: series(`{"t":%d}`, 0, 700, 7), b: series(`{"t":%d}`, 3, 703, 7),
			want: `1 finding:
  a with b: the keys of b are those of a and 3 more
    write  on: "a.t + 3 == b.t"
    then 100 of 100 elements of a find a match; as it is, 0 of 100

stream a  a.jsonl  all 100 elements
stream b  b.jsonl  all 100 elements

join a with b on a.t == b.t
  keys of a             0 to 693
  keys of b             3 to 696
  in common             3 to 693
  expected matches      0 of 100 elements of a
  before its beginning  1: 0 (line 1) is not in b, which begins at 3 (line 1)
  in gaps               99: 7 (line 2) is not in b, which jumps from 3 (line 1) to 10 (line 2)
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := check(t, c.on, c.a, c.b, c.more)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCheckNamesMistakes tests what a report begins with.
func TestCheckNamesMistakes(t *testing.T) {
	for name, c := range map[string]struct{ on, a, b, want string }{
		"text against number": {
			on: "a.t == b.t", a: series(`{"t":"%d"}`, 10, 20, 1), b: series(`{"t":%d}`, 10, 20, 1),
			want: `1 problem:
  b.jsonl:1:1 (partition 0, offset 0): b.t is a number here, but a.t was text before

1 finding:
  a with b: the keys of a are text, and those of b numbers
    write  on: "int(a.t) == b.t"
    then 10 of 10 elements of a find a match; as it is, 0 of 10
`,
		},
		"times as text": {
			on: "a.t == b.t / 1000", a: series(`{"t":"2026-11-22T15:00:%02dZ"}`, 10, 20, 1),
			b: series(`{"t":17953596%02d000}`, 10, 20, 1),
			want: `1 problem:
  b.jsonl:1:1 (partition 0, offset 0): b.t / 1000 is a number here, but a.t was text before

1 finding:
  a with b: the keys of a are text, and those of b numbers
    write  on: "date(a.t).Unix() == b.t / 1000"
    then 10 of 10 elements of a find a match; as it is, 0 of 10
`,
		},
		"numbers as text": {
			on: "a.t == b.t", a: series(`{"t":"%d"}`, 8, 12, 1), b: series(`{"t":"%d"}`, 8, 12, 1),
			want: `2 problems:
  a.jsonl:3:1 (partition 0, offset 2): key "10" comes after "9": keys must not decrease along a stream
  b.jsonl:3:1 (partition 0, offset 2): key "10" comes after "9": keys must not decrease along a stream

2 findings:
  a with b: the keys of a, a.t, are numbers written as text: they grow as numbers, but as text "9" is above "10" (line 3)
    write  on: "int(a.t) == int(b.t)"
    then the keys grow, and 4 of 4 elements of a find a match
  a with b: the keys of b, b.t, are numbers written as text: they grow as numbers, but as text "9" is above "10" (line 3)
    write  on: "int(a.t) == int(b.t)"
    then the keys grow, and 4 of 4 elements of a find a match
`,
		},
		"capital letters": {
			on: "a.t == b.t", a: series(`{"t":"ROBOT-%d"}`, 1, 5, 1), b: series(`{"t":"robot-%d"}`, 1, 5, 1),
			want: `1 finding:
  a with b: the keys of a and b differ in capital and small letters
    write  on: "lower(a.t) == lower(b.t)"
    then 4 of 4 elements of a find a match; as it is, 0 of 4
`,
		},
		"the other way round": {
			on: "a.t == b.t", a: "{\"t\":3}\n{\"t\":2}\n{\"t\":1}\n", b: series(`{"t":%d}`, 1, 4, 1),
			want: `1 problem:
  a.jsonl:2:1 (partition 0, offset 1): key 2 comes after 3: keys must not decrease along a stream

1 finding:
  a with b: the keys of a, a.t, fall all along, and must grow: sort the stream the other way round
`,
		},
		"minutes against seconds, with a sum": {
			on: "a.t + 10 == b.t", a: series(`{"t":%d}`, 600, 3600, 60), b: series(`{"t":%d}`, 10, 60, 1),
			want: `1 finding:
  a with b: the keys of a are 60 times those of b: seconds and minutes?
    write  on: "floor((a.t + 10) / 60) == b.t"
    then 50 of 50 elements of a find a match; as it is, 0 of 50
`,
		},
		"ranges apart": {
			on: "a.t == b.t", a: series(`{"t":%d}`, 0, 2, 1), b: series(`{"t":%d}`, 100, 900, 50),
			want: `1 finding:
  a with b: nothing can join: the keys of a are 0 to 1, those of b are 100 to 850
`,
		},
		"an early end": {
			on: "a.t == b.t", a: series(`{"t":%d}`, 0, 100, 1), b: series(`{"t":%d}`, 0, 40, 1),
			want: `1 finding:
  a with b: 60 of 100 elements of a find no match: 40 (line 41) is not in b, which ends at 39 (line 40)
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, text := check(t, c.on, c.a, c.b)
			got, _, _ := strings.Cut(text, "\nstream a")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckAsJSON(t *testing.T) {
	report, _ := check(t, "a.t == b.t", `{"t":"x"}`, `{"t":"x"}`)
	report.Streams = nil
	encoded, err := json.Marshal(report)
	want := `{"streams":null,"joins":[{"left":"a","right":"b","on":"a.t == b.t","left_keys":{"from":"x","to":"x"},` +
		`"right_keys":{"from":"x","to":"x"},"common":{"from":"x","to":"x"},"left_per_key":1,"right_per_key":1,` +
		`"comparable":1,"matched":1}],"problems":[],"findings":[]}`
	if err != nil || string(encoded) != want {
		t.Errorf("%s, %v, want %s", encoded, err, want)
	}
}

func TestCheckFindsRepeatedUniqueKeys(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "l.jsonl"), []byte("{\"t\":1}\n{\"t\":1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Parse(filepath.Join(dir, "x.yaml"), []byte("streams: {a: {file: l.jsonl}, b: {file: l.jsonl}, out: "+
		"{file: o.json}}\nmaster: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t, unique: true}]"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Check(t.Context(), quiet())
	if err != nil || len(report.Problems) != 1 ||
		!strings.HasSuffix(report.Problems[0], "key 1 repeats, but the join is declared unique") {
		t.Errorf("report %v, %v", report, err)
	}
}

func TestCheckLeavesStandardInputAlone(t *testing.T) {
	p, err := pipeline.Parse("x.yaml", []byte("streams: {a: {file: '-'}, out: {file: '-'}}\nmaster: a\noutput: out"))
	if err != nil {
		t.Fatal(err)
	}
	options := quiet()
	options.Stdin = strings.NewReader("{}")
	report, err := p.Check(t.Context(), options)
	const want = "stream a  -  not read: it can be read once only\n\nno problems found\n"
	if err != nil || report.String() != want {
		t.Errorf("%v, %v", report, err)
	}
	if rest, err := io.ReadAll(options.Stdin); err != nil || string(rest) != "{}" {
		t.Errorf("left on standard input: %q, %v", rest, err)
	}
}
