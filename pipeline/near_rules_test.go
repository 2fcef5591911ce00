package pipeline_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/pipeline"
)

// TestRulesOfNearKeys holds the rules of what a join may say in a pipeline file together with those of Go: the same is
// refused, in the words of the file.
func TestRulesOfNearKeys(t *testing.T) {
	takes := map[string]engine.Take{"": engine.TakeAll, ", take: first": engine.TakeFirst, ", take: last": engine.TakeLast,
		", take: nearest": engine.TakeNearest}
	needs := map[string]engine.Need{"": engine.NeedOne, ", need: optional": engine.NeedNone, ", need: absent": engine.NeedAbsent}
	match := map[string][]keys.MatchKey{"": nil, ", by: a.k == b.k": {{}}}
	bounds := map[string]any{"0": 0, "5": 5, "any": keys.Any}
	refused := 0
	check := func(text string, o keys.Options) {
		_, err := pipeline.Parse("p.yaml", []byte("streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}\n"+
			"master: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t"+text+"}]\n"))
		inGo := o.Check()
		if (err == nil) != (inGo == nil) {
			t.Errorf("%s: the file gives %v, and Go %v", text, err, inGo)
		}
		if err != nil {
			refused++
			if strings.Contains(err.Error(), "leat.") {
				t.Errorf("%s: who writes no Go reads %v", text, err)
			}
		}
	}
	for take, o := range takes {
		for need, n := range needs {
			for by, m := range match {
				check(take+need+by, keys.Options{Take: o, Need: n, By: m, IsNamed: true})
				for before, low := range bounds {
					for after, high := range bounds {
						within := fmt.Sprintf(", within: {before: %s, after: %s}", before, after)
						check(take+need+by+within, keys.Options{Take: o, Need: n, By: m, IsNamed: true,
							Within: &keys.Within{Before: low, After: high}})
					}
				}
			}
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}
