package pipeline_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// The plan of a pipeline file says how far a join reaches, what it takes and needs, and what it retains at most; that
// grows without a bound where a match key has a reach without one.
func TestPlanSaysWhatAJoinRetains(t *testing.T) {
	for _, c := range []struct{ join, how, retained string }{
		{"within: {before: 2.50, after: 0}, take: last, need: optional", "last within 2.50 before, optional",
			"the last element within 2.50 before"},
		{`within: {before: 10ms, after: 0}, by: "a.id == b.id", take: last`, "last within 10ms before, by a.id == b.id",
			"the last element for each value of its match key within 10ms before"},
		{`within: {before: any, after: 0}, by: "a.id == b.id", take: last`, "last within any time before, by a.id == b.id",
			"one element for each value of its match key, for ever"},
		{"within: 0.5", "within 0.5 before and 0.5 after", "all elements within 0.5 before and 0.5 after"},
	} {
		on := "a.time == b.time"
		if strings.Contains(c.join, "ms") {
			on = "date(a.time) == date(b.time)"
		}
		p, err := pipeline.Parse("p.yaml", []byte("streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}\n"+
			"master: a\njoin: [{left: a, right: b, on: \""+on+"\", "+c.join+"}]\noutput: out\n"))
		if err != nil {
			t.Errorf("%s: %v", c.join, err)
			continue
		}
		plan := p.Plan()
		for _, form := range []string{plan.String(), plan.Mermaid(), plan.DOT()} {
			if !strings.Contains(form, ", "+c.how) || !strings.Contains(form, c.retained) {
				t.Errorf("%s: %s", c.join, form)
			}
			if strings.Contains(form, "warning") != strings.Contains(c.retained, "for ever") {
				t.Errorf("%s is told not to be bounded, or isn't: %s", c.join, form)
			}
		}
	}
}
