package pipeline_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

const late = `{"time":1,"x":1}
{"time":4,"x":4}
{"time":2,"x":2}
{"time":null,"x":0}
{"time":7.5,"x":7}
{"time":3,"x":3}
`

// R12: files out of order are joined as if they were in order.
func TestSort(t *testing.T) {
	const form = `
streams: {a: {file: a.jsonl, SORT}, out: {file: out.jsonl}}
master: a
output: out
emit: {x: a.x}
`
	for _, test := range []struct{ sort, want string }{
		{"sort: time", "1 2 3 4 7 0"},
		{"sort: {by: time + 1}", "1 2 3 4 7 0"},
		{"sort: {by: time, within: 5}", "1 2 3 4 0 7"},
		{"sort: {by: \"time == nil ? nil : date('2026-11-29T00:00:00Z') + duration(string(time) + 's')\", within: 5s}",
			"1 2 3 4 0 7"},
		{"sort: {by: time, within: 3.5}", "sort key 3 comes after 4"},
	} {
		got, err := run(t, strings.Replace(form, "SORT", test.sort, 1), map[string]string{"a.jsonl": late})
		if err != nil {
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "a.jsonl:6:1") {
				t.Errorf("%s: %v", test.sort, err)
			}
			continue
		}
		if got = strings.Join(strings.Fields(strings.NewReplacer(`{"x":`, "", "}", "").Replace(got)), " "); got != test.want {
			t.Errorf("%s: got %s, want %s", test.sort, got, test.want)
		}
	}
}

// Mistakes in how a stream is sorted are told where they stand.
func TestSortMistakes(t *testing.T) {
	const form = "streams: {a: {STREAM},\n out: {file: out.jsonl}}\nmaster: a\noutput: out\n"
	for _, test := range []struct{ stream, want string }{
		{"file: a.jsonl, sort: {within: 5}", ":1:36: sort needs by"},
		{"file: a.jsonl, sort: {by: time, until: 5}", ":1:47: sort has no member \"until\""},
		{"file: a.jsonl, sort: tiem(", ":1:"},
		{"file: a.jsonl, sort: {by: time, within: soon}", "pipeline.yaml:1:55: within: \"soon\" is neither a number nor a duration"},
		{"file: a.jsonl, sort: {by: time, within: -1}", ":1:55: within: -1 is below zero"},
		{"file: a.jsonl, sort: {by: date(time), within: 5}", ":1:61: date(time) is a time, and the lateness 5 is a number"},
		{"file: a.jsonl, sort: {by: string(time), within: 5}", "of which none is a distance"},
		{"file: a.jsonl, follow: true, data_timeout: 1s, sort: time", ":1:68: the stream a has no end by itself"},
	} {
		_, err := run(t, strings.Replace(form, "STREAM", test.stream, 1), nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %s", test.stream, err, test.want)
		}
	}
}

// check judges a stream that is sorted as a run sees it: what comes late is what is out of order.
func TestCheckSorted(t *testing.T) {
	const form = `
streams: {a: {file: a.jsonl, SORT}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.time == b.time}]
output: out
`
	disordered := rows(50, func(i int) string { return fmt.Sprintf(`{"time":%d}`, i^3) })
	ordered := rows(50, func(i int) string { return fmt.Sprintf(`{"time":%d}`, i) })
	for _, test := range []struct {
		sort string
		ok   bool
	}{{"sort: time", true}, {"sort: {by: time, within: 3}", true}, {"sort: {by: time, within: 1}", false}, {"max_element: 9MB", false}} {
		dir := folder(t, map[string]string{"a.jsonl": disordered, "b.jsonl": ordered})
		p, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(strings.Replace(form, "SORT", test.sort, 1)))
		if err != nil {
			t.Fatal(err)
		}
		report, err := p.Check(t.Context(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		if ok := len(report.Problems) == 0; ok != test.ok {
			t.Errorf("%s: the problems are %q", test.sort, report.Problems)
		}
	}
}
