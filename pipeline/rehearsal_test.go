package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestCheckRehearsesWhatIsWhole: at the borders of the samples lie windows and matches that go on beyond them.
func TestCheckRehearsesWhatIsWhole(t *testing.T) {
	a := rows(5000, func(i int) string { return fmt.Sprintf(`{"t":%d,"w":%d}`, i, i/7) })
	b := rows(15000-2, func(i int) string { return fmt.Sprintf(`{"t":%d,"y":%d}`, (i+1)/3, i) })
	for name, c := range map[string]struct {
		more string
		want int
	}{
		"windows and matches":        {"window: a.w\nemit: {x: \"a[1].b[1].y\"}", 0},
		"a window that is too short": {"window: a.w\nemit: {x: \"a[7].t\"}", 1},
		"count":                      {"window: {count: 2}\nemit: {x: \"a[1].b[1].y\"}", 0},
		"every":                      {"window: {every: 1h}\nemit: {x: \"a[1].b[1].y\"}", 0},
	} {
		t.Run(name, func(t *testing.T) {
			report, text := check(t, "a.t == b.t", a, b, strings.Split(c.more, "\n")...)
			if len(report.Problems) != c.want {
				t.Error(text)
			}
		})
	}
}

// TestCheckFindsWhatARunFailsOn: emit and the window's key are evaluated on what the samples join to, and what is
// reported is what a run then ends with.
func TestCheckFindsWhatARunFailsOn(t *testing.T) {
	a := rows(30, func(i int) string {
		if i == 20 {
			return fmt.Sprintf(`{"t":%d,"x":"none","w":%d}`, i, i/7)
		}
		return fmt.Sprintf(`{"t":%d,"x":%d,"w":%d}`, i, i-10, i/7)
	})
	b := rows(10, func(i int) string { return fmt.Sprintf(`{"t":%d,"y":%d}`, 2*i+4, i) })
	for name, c := range map[string]struct{ more, want string }{
		"nothing":                    {`emit: {t: a.t, y: "b[0].y"}`, ""},
		"a member that isn't there":  {`emit: {t: a.t, z: "b[0].z"}`, "a.jsonl:5:1 (partition 0, offset 4): emit z: b[0].z: member b[0].z is missing; there is t, y"},
		"a text where a number is":   {`emit: {t: "a.x * 2"}`, `a.jsonl:21:1 (partition 0, offset 20): emit t: a.x * 2: a.x is text, not a number`},
		"a match too far":            {`emit: {y: "b[1].y"}`, "a.jsonl:5:1 (partition 0, offset 4): emit y: "},
		"a division by zero":         {`emit: {y: "1 / a.x"}`, "a.jsonl:11:1 (partition 0, offset 10): emit y: "},
		"an element without a match": {`emit: {y: "1 / (a.t - 5)"}`, ""},
		"in a window":                {"window: a.w\nemit: {y: \"a[3].x\"}", "a.jsonl:1:1 (partition 0, offset 0): emit y: "},
		"in a window of two":         {"window: {count: 2}\nemit: {y: \"a[0].b[0].z\"}", "a.jsonl:5:1 (partition 0, offset 4): emit y: "},
		"the key of a window":        {"window: a.nothing", "a.jsonl:1:1 (partition 0, offset 0): a.nothing: member a.nothing is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			report, text := check(t, "a.t == b.t", a, b, strings.Split(c.more, "\n")...)
			is := func(problem string) bool { return strings.Contains(problem, c.want) }
			if c.want == "" && len(report.Problems) > 0 || c.want != "" && !slices.ContainsFunc(report.Problems, is) {
				t.Errorf("want %q\n%s", c.want, text)
			}
			p, _ := parseTwo(t, "a.t == b.t", a, b, c.more)
			err := p.Run(t.Context(), quiet())
			if (err == nil) != (c.want == "") {
				t.Errorf("a run ends with %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), report.Problems[0][strings.LastIndex(report.Problems[0], "): ")+3:]) {
				t.Errorf("a run ends with %v, and check says %q", err, report.Problems)
			}
		})
	}
}
