package pipeline_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

const settable = `streams:
  a: {file: a.jsonl}
  b: {file: "${DIR:-.}/b.jsonl"}
  out: {file: out.jsonl}
master: a
join:
  - {left: a, right: b, on: "a.time == b.time"}
output: out
emit: {n: a.n}
`

// TestSettings: settings change what a file says, and what is wrong with one is told with the setting.
func TestSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.yaml")
	if err := os.WriteFile(path, []byte(settable), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ setting, want string }{
		{"streams.a.file=x.csv", ""},
		{"streams.a.csv={delimiter: \";\"}", ""},
		{"streams.a.csv.delimiter=;", ""},
		{"streams.a.follow=true", ""},
		{"join.0.within={before: 5, after: 0}", ""},
		{"join.0.within.before=5", ""},
		{"join.0.by=a.id == b.id", ""},
		{"name=other", ""},
		{"emit={m: a.m}", ""},
		{"emit.k=a.k + 1", ""},
		{"streams.a.fil=x.csv", `--set streams.a.fil=x.csv: the stream a has no member "fil", did you mean file?`},
		{"streams.a", "--set streams.a: this must be PATH=VALUE, as in streams.orders.file=orders.csv or join.0.within=5"},
		{"join.0.take=latest", `--set join.0.take=latest: take can't be "latest", did you mean last?`},
		{"join.1.take=last", "--set join.1.take=last: join is a list of 1, whose items are counted from 0: it has no 1"},
		{"master.x=1", "--set master.x=1: master is a text, which has no members: set it as a whole, as in master={x: …}"},
		{"emit.k=a.k +", "--set emit.k=a.k +: the expression ends here, but something is missing"},
		{"emit.k=b.k", "--set emit.k=b.k: b is a list: write b[0].k for its first item"},
		{"master=c", `--set master=c: there is no stream "c"`},
		{"streams.a.csv={delimiter: [", "--set streams.a.csv={delimiter: [: {delimiter: [: this is not YAML"},
		{"streams.a.csv={delimiter: *x}", "--set streams.a.csv={delimiter: *x}: {delimiter: *x}: this is an anchor or alias"},
		{"streams.a.follow=yes", "--set streams.a.follow=yes: follow must be true or false, but this is a text"},
	} {
		_, err := pipeline.LoadSet(path, []string{test.setting})
		var wrong *pipeline.Error
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.setting, err)
		case test.want != "" && (!errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), test.want) || wrong.Excerpt() != ""):
			t.Errorf("%s: %v", test.setting, err)
		}
	}
}

// TestEnvironment: variables of the environment stand for themselves in the values of a file, errors point at where the
// file has them, and never show what they hold.
func TestEnvironment(t *testing.T) {
	t.Setenv("KEY", "time")
	t.Setenv("FOLLOW", "true")
	t.Setenv("EMPTY", "")
	t.Setenv("SECRET", `hunter"2`)
	t.Setenv("LINES", "a\nb\x01")
	for _, test := range []struct{ before, after, want string }{
		{`"a.time == b.time"`, `"a.${KEY} == b.${KEY}"`, ""},
		{`"a.time == b.time"`, `"a.${KEY} == c.time"`, `p.yaml:7:42: c.${KEY} names neither a nor b`},
		{`{file: a.jsonl}`, `{file: a.jsonl, follow: "${FOLLOW}"}`, `p.yaml:2:30: follow must be true or false, but this is a text`},
		{"a: {file: a.jsonl}", "a:\n    file: a.jsonl\n    follow: ${FOLLOW}", ""},
		{"a.jsonl", `"${NONE}"`, "p.yaml:2:14: the environment variable NONE is not set: set it, or give a default, as in ${NONE:-x}"},
		{"a.jsonl", `"${EMPTY:-b.jsonl}"`, ""},
		{"a.jsonl", `"${EMPTY}"`, "p.yaml:2:13: the path of the stream a is empty"},
		{"a.jsonl", `"x ${KEY"`, "p.yaml:2:16: ${ has no }"},
		{"a.jsonl", `"${1X}"`, "p.yaml:2:14: ${1X} names no environment variable"},
		{"a.jsonl", `"$${KEY} $5 $$"`, ""},
		{"a.jsonl", "${KEY}", `p.yaml:2:14: this is not YAML: between braces or brackets "{" ends a text`},
		{"a.jsonl", `"${LINES}"`, "p.yaml:2:14: the environment variable LINES has a control character in it"},
		{"output: out", `output: "${SECRET}"`, `p.yaml:8:9: there is no stream "${SECRET}"`},
		{"a: {file", "\"${KEY}\": {file", `p.yaml:2:3: the stream's name "${KEY}" must consist of`},
	} {
		_, err := pipeline.Parse("p.yaml", []byte(strings.Replace(settable, test.before, test.after, 1)))
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.after, err)
		case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)):
			t.Errorf("%s: %v", test.after, err)
		case err != nil && strings.Contains(err.Error(), "hunter"):
			t.Errorf("a secret is told: %v", err)
		}
	}
	p, err := pipeline.Parse("p.yaml", []byte(strings.Replace(settable, "a.jsonl", `"$${KEY}-${KEY}"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if text := p.Plan().String(); !strings.Contains(text, "${KEY}-time") {
		t.Error(text)
	}
}
