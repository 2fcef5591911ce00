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
	dir := t.TempDir()
	for name, content := range map[string]string{"a.jsonl": a, "b.jsonl": b} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := pipeline.Parse(filepath.Join(dir, "x.yaml"), []byte(fmt.Sprintf(
		"streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n"+
			"join: [{left: a, right: b, on: %q}]\n", on)+strings.Join(more, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	report, err = p.Check(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "out.jsonl")); err == nil {
		t.Error("Check has written the output")
	}
	return report, strings.ReplaceAll(report.String(), dir+string(filepath.Separator), "")
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

no problems found
`,
		},
		"long streams": {
			on: "a.t == b.t", a: series(`{"t":%d}`, 0, 4000, 1), b: series(`{"t":%d}`, 0, 5000, 2),
			want: `stream a  a.jsonl  the first 1000 elements
stream b  b.jsonl  the first 1000 elements

join a with b on a.t == b.t
  keys of a         0 to 999
  keys of b         0 to 1998
  in common         0 to 999
  expected matches  500 of 1000 elements of a

no problems found
`,
		},
		"units": {
			on: "a.t == b.t", a: series(`{"t":%d}`, 1000, 1010, 1), b: series(`{"t":%d}`, 1000000, 1010000, 1000),
			want: `stream a  a.jsonl  all 10 elements
stream b  b.jsonl  all 10 elements

join a with b on a.t == b.t
  keys of a         1000 to 1009
  keys of b         1000000 to 1009000
  in common         none
  expected matches  0 of 10 elements of a
  hint: nothing joins on a.t == b.t in the heads of the streams: the keys of a are 1000 to 1009, those of b are ` +
				`1000000 to 1009000: about 1,000 times as much; are they in different units?

no problems found
`,
		},
		"rounding": {
			on: "a.t == b.t / 2", a: series(`{"t":%d}`, 0, 3, 1), b: series(`{"t":%d}`, 1, 6, 2),
			want: `stream a  a.jsonl  all 3 elements
stream b  b.jsonl  all 3 elements

join a with b on a.t == b.t / 2
  keys of a         0 to 2
  keys of b         0.5 to 2.5
  in common         0.5 to 2
  expected matches  0 of 3 elements of a
  hint: nothing joins on a.t == b.t / 2: the keys lie in the same range, 0.5 to 2, but none are equal: should they be ` +
				`rounded, as by floor(...)?

no problems found
`,
		},
		"problems": {
			on: "a.t == b.t", a: "{\"t\":1}\n{\"t\":3}\n{\"t\":2}\n", b: "{\"t\":1}\n{\"t\":}\n{\"t\":1}\n", more: "window: a.w",
			want: `stream a  a.jsonl  all 3 elements
stream b  b.jsonl  the first 1 element

join a with b on a.t == b.t
  keys of a         1 to 3
  keys of b         1 to 1
  in common         1 to 1
  expected matches  1 of 1 element of a

3 problems found:
  b.jsonl:2:6 (partition 0, offset 1): unexpected character '}' where a value is needed
  a.jsonl:3:1 (partition 0, offset 2): key 2 comes after 3: keys must not decrease along a stream
  a.jsonl:1:1 (partition 0, offset 0): a.w: member a.w is missing
`,
		},
		"empty": {
			on: "a.t == b.t", a: "", b: "{\"t\":1}\n",
			want: `stream a  a.jsonl  all 0 elements
stream b  b.jsonl  all 1 element

join a with b on a.t == b.t
  keys of a         none
  keys of b         1 to 1
  in common         none
  expected matches  0 of 0 elements of a
  hint: nothing joins on a.t == b.t: a stream has no elements

no problems found
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

func TestCheckAsJSON(t *testing.T) {
	report, _ := check(t, "a.t == b.t", `{"t":"x"}`, `{"t":"x"}`)
	report.Streams = nil
	encoded, err := json.Marshal(report)
	want := `{"streams":null,"joins":[{"left":"a","right":"b","on":"a.t == b.t","left_keys":{"from":"x","to":"x"},` +
		`"right_keys":{"from":"x","to":"x"},"common":{"from":"x","to":"x"},"comparable":1,"matched":1}],"problems":[]}`
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
