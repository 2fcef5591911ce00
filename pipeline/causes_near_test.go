package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// A nearCase is two streams, a and b, of an as-of join or one that should be one, and what check must say of it.
type nearCase struct {
	a, b []string
	// join is what the join says beside a.t == b.t.
	join    string
	mistake pipeline.Mistake // empty where nothing is wrong
	// texts are in the finding.
	texts []string
	// mends says that what is offered must run, with as many results as it says.
	mends bool
}

func lineOf(t int, more string) string { return fmt.Sprintf(`{"t":%d%s}`, t, more) }

// drawSteps draws n keys with steps from 1 to most.
func drawSteps(r *rand.Rand, n, most int) (keys []int) {
	at := 1000
	for range n {
		at += 1 + r.IntN(most)
		keys = append(keys, at)
	}
	return keys
}

// nearCases draws one case of each kind.
func nearCases(r *rand.Rand) map[string]nearCase {
	robots := func(keys []int, n int) (lines []string) {
		for _, k := range keys {
			lines = append(lines, lineOf(k, fmt.Sprintf(`,"robot":"r%d","x":%d`, r.IntN(n), r.IntN(9))))
		}
		return lines
	}
	plain := func(keys []int) (lines []string) {
		for _, k := range keys {
			lines = append(lines, lineOf(k, ""))
		}
		return lines
	}
	cases := map[string]nearCase{}
	frames, samples := drawSteps(r, 300, 600), drawSteps(r, 3000, 60)
	cases["as-of, healthy"] = nearCase{a: plain(frames), b: plain(samples), join: "within: {before: any, after: 0}\ntake: last"}
	cases["optional, hardly any"] = nearCase{a: plain(samples[:1500]), b: plain(frames[:40]), join: "within: 3\nneed: optional"}
	cases["absent, none"] = nearCase{a: plain(frames), b: nil, join: "within: {before: 0, after: 1}\nneed: absent"}
	cases["by, healthy"] = nearCase{a: robots(frames, 12), b: robots(samples, 12),
		join: "by: a.robot == b.robot\nwithin: {before: 3000, after: 0}\ntake: last"}
	cases["tolerance too small"] = nearCase{a: plain(frames), b: plain(samples), join: "within: {before: 1, after: 0}\ntake: last",
		mistake: pipeline.MistakeGaps, texts: []string{"add    within: {before: ", "none within reach; the nearest in b: "}, mends: true}
	cases["match key is missing"] = nearCase{a: robots(frames, 12), b: robots(samples, 12),
		join: "within: {before: 30000, after: 0}\ntake: last", mistake: pipeline.MistakeMatchKey,
		texts: []string{"12 values of robot share both streams", `by: "a.robot == b.robot"`}, mends: true}
	inTurn := func(keys []int, n int) (lines []string) {
		var turn []int
		for _, k := range keys {
			if len(turn) == 0 {
				turn = r.Perm(n)
			}
			lines = append(lines, lineOf(k, fmt.Sprintf(`,"robot":%d,"x":%d`, turn[0]+1, r.IntN(9))))
			turn = turn[1:]
		}
		return lines
	}
	cases["match key is missing, of numbers"] = nearCase{a: inTurn(frames, 12), b: inTurn(samples, 12),
		join: "within: {before: 30000, after: 0}\ntake: last", mistake: pipeline.MistakeMatchKey,
		texts: []string{"12 values of robot share both streams", `by: "a.robot == b.robot"`}, mends: true}
	graded := func(keys []int) (lines []string) {
		for _, k := range keys {
			lines = append(lines, lineOf(k, fmt.Sprintf(`,"grade":%d`, 1+r.IntN(5))))
		}
		return lines
	}
	cases["numbers that are no match key"] = nearCase{a: graded(frames), b: graded(samples),
		join: "within: {before: 30000, after: 0}\ntake: last"}
	late := plain(samples)
	for i := 10; i+10 < len(late); i += 10 {
		j := i + 1 + r.IntN(5)
		late[i], late[j] = late[j], late[i]
	}
	cases["disorder within a bound"] = nearCase{a: plain(frames), b: late, join: "within: 60\ntake: nearest",
		mistake: pipeline.MistakeOrder, texts: []string{"sort: {by: t, within: ", "leat sort "}}
	everySecond := func() (lines []string) {
		for second := range 100 {
			for robot := range 12 {
				lines = append(lines, lineOf(second, fmt.Sprintf(`,"robot":"r%d","x":%d`, robot, r.IntN(1000))))
			}
		}
		return lines
	}
	cases["equal keys of several"] = nearCase{a: everySecond(), b: everySecond(), mistake: pipeline.MistakeMatchKey,
		texts: []string{`by: "a.robot == b.robot"`}, mends: true}
	clock := make([]int, 0, len(frames))
	for _, k := range frames {
		clock = append(clock, k*100+2700+r.IntN(41)-20)
	}
	hundred := make([]int, 0, len(frames))
	for _, k := range frames {
		hundred = append(hundred, k*100)
	}
	cases["two clocks"] = nearCase{a: plain(hundred), b: plain(clock), mistake: pipeline.MistakeShift,
		texts: []string{"a.t + 2", "within: ", "take: nearest"}, mends: true}
	cases["absent, everything is there"] = nearCase{a: plain(frames), b: plain(frames), join: "need: absent",
		mistake: pipeline.MistakeExcluded}
	return cases
}

// TestCausesNear plants what goes wrong with joins of near keys, and joins that are right: check names the cause, and
// what it offers joins as many as it says. LEAT_CAUSES=1000 makes that many trials of each.
func TestCausesNear(t *testing.T) {
	for seed := range causeTrials() {
		for name, c := range nearCases(rand.New(rand.NewPCG(uint64(seed), 3))) {
			dir := t.TempDir()
			report := c.check(t, dir)
			text := report.String()
			if len(report.Findings) == 0 && c.mistake == "" {
				continue
			}
			if len(report.Findings) != 1 || report.Findings[0].Mistake != c.mistake {
				t.Errorf("%s, %d: want the one mistake %q\n%s", name, seed, c.mistake, text)
				continue
			}
			f := report.Findings[0]
			for _, want := range c.texts {
				if !strings.Contains(f.String(), want) {
					t.Errorf("%s, %d: no %q in\n%s", name, seed, want, f)
				}
			}
			if c.mends {
				c.mended(t, dir, f)
			}
			os.RemoveAll(dir)
		}
	}
}

func (c *nearCase) write(t *testing.T, dir, on, join string) *pipeline.Pipeline {
	t.Helper()
	for name, lines := range map[string][]string{"a.jsonl": c.a, "b.jsonl": c.b} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte("streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, "+
		"out: {file: out.jsonl}}\nmaster: a\noutput: out\njoin:\n  - left: a\n    right: b\n    on: "+on+"\n    "+
		strings.ReplaceAll(join, "\n", "\n    ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (c *nearCase) check(t *testing.T, dir string) *pipeline.Report {
	t.Helper()
	report, err := c.write(t, dir, "a.t == b.t", c.join).Check(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// mended runs the pipeline with what a finding offers, in place of what it replaces.
func (c *nearCase) mended(t *testing.T, dir string, f pipeline.Finding) {
	t.Helper()
	on, join := "a.t == b.t", f.Add
	if f.Fix != "" {
		on = f.Fix
	}
	for line := range strings.Lines(c.join) {
		if name, _, _ := strings.Cut(line, ":"); !strings.Contains("\n"+f.Add, "\n"+name+":") {
			join += "\n" + strings.TrimSuffix(line, "\n")
		}
	}
	if err := c.write(t, dir, on, join).Run(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	results := strings.Count(string(written), "\n")
	if len(c.a) <= 2000 && len(c.b) <= 2000 && !strings.Contains(f.Evidence, fmt.Sprintf(" %d of ", results)) {
		t.Errorf("a run gives %d results, and check says %q", results, f.Evidence)
	}
	if 10*results < 8*len(c.a) {
		t.Errorf("a run with what is offered gives %d results of %d:\n%s", results, len(c.a), f)
	}
}
