package pipeline_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// idle at a stream is in the plan, and mistakes about it are told where they stand.
func TestIdle(t *testing.T) {
	const form = `
streams:
  a: {file: a.jsonl A}
  b: {file: b.jsonl B}
  out: {file: out.jsonl}
master: a
join: [{left: a, right: b, on: a.time == b.time, need: optional MORE}]
output: out
`
	for _, test := range []struct{ a, b, more, want string }{
		{"", ", idle: 10s", "", "idle after 10s"},
		{"", ", sort: {by: time, within: 2}, idle: 10s", "", "idle after 10s"},
		{"", ", idle: 0s", "", ":4:28: \"0s\" is not a duration above zero"},
		{"", ", idle: soon", "", ":4:28: \"soon\" is not a duration above zero"},
		{", idle: 10s", "", "", ":3:28: the master a can't be idle"},
		{"", ", sort: time, idle: 10s", "", ":4:40: the stream b is sorted as a whole"},
		{"", ", idle: 10s", ", take: first, within: {before: 0, after: any}", ":4:28: the reach of the join with b has no end above"},
	} {
		file := strings.NewReplacer(" A}", test.a+"}", " B}", test.b+"}", " MORE", test.more).Replace(form)
		got := ""
		if p, err := pipeline.Parse("pipeline.yaml", []byte(file)); err != nil {
			got = err.Error()
		} else {
			got = p.Plan().String()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s%s%s: got %s, want %s", test.a, test.b, test.more, got, test.want)
		}
	}
}
