package pipeline_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// TestCauses is the campaign of planted causes: two streams are drawn whose join fails for a reason that is known, or
// is right as it is, and Check must find the reason, offer what mends it, and say what a run then gives. Each kind of
// cause has the share of trials in which that must be so. LEAT_CAUSES=1000 makes that many trials of each kind, and -short makes none.
func TestCauses(t *testing.T) {
	skipLong(t)
	trials := causeTrials()
	only := os.Getenv("LEAT_CAUSE")
	for _, kind := range causes {
		if only != "" && !strings.HasPrefix(kind.name, only) {
			continue
		}
		t.Run(kind.name, func(t *testing.T) {
			var failed []string
			for seed := range trials {
				trial := newTrial(kind, uint64(seed))
				if err := trial.judge(t); err != nil {
					failed = append(failed, fmt.Sprintf("trial %d: %v", seed, err))
				}
			}
			right := trials - len(failed)
			t.Logf("%d of %d right", right, trials)
			if float64(right) < kind.share*float64(trials) {
				t.Errorf("%d of %d trials are right, want %v:\n%s", right, trials, kind.share,
					strings.Join(failed[:min(3, len(failed))], "\n"))
			}
		})
	}
}

// causeTrials returns how many trials are made of each kind.
func causeTrials() int {
	if n, err := strconv.Atoi(os.Getenv("LEAT_CAUSES")); err == nil {
		return n
	}
	return 4
}

// A causeKind is a kind of cause, with what must be said of it.
type causeKind struct {
	name string
	// plant draws the two streams.
	plant func(*trial)
	// mistakes are what may be named; none where nothing is wrong with how the streams are joined.
	mistakes []pipeline.Mistake
	// mends says that an expression must be offered, and that it joins exactly what belongs together.
	mends bool
	// share is in how many of the trials all of this holds, at least.
	share float64
	// anywhere says that keys may lie wherever numbers do: nanoseconds since 1970, both ends of int64 and beyond.
	anywhere bool
}

const most = 0.99

var causes = []causeKind{
	{"healthy", (*trial).healthy, nil, false, 1, true},
	{"sparse subset", (*trial).sparseSubset, nil, false, 1, true},
	{"sparse strangers", (*trial).sparseStrangers, nil, false, 1, true},
	{"healthy texts", (*trial).healthyTexts, nil, false, 1, false},
	{"sparse texts", (*trial).sparseTexts, nil, false, 1, false},
	{"factor exact", (*trial).factor, []pipeline.Mistake{pipeline.MistakeFactor}, true, most, false},
	{"factor cut", (*trial).factorCut, []pipeline.Mistake{pipeline.MistakeFactor}, true, most, false},
	{"shift on a grid", (*trial).shiftGrid, []pipeline.Mistake{pipeline.MistakeShift}, true, most, true},
	{"shift of irregular steps", (*trial).shiftIrregular, []pipeline.Mistake{pipeline.MistakeShift}, true, most, true},
	{"shift on a grid with holes", (*trial).shiftHoled, []pipeline.Mistake{pipeline.MistakeShift}, true, most, true},
	{"rounding to a unit", (*trial).rounding, []pipeline.Mistake{pipeline.MistakeRounding}, true, most, true},
	{"rounding of both", (*trial).roundingBoth, []pipeline.Mistake{pipeline.MistakeRounding}, true, most, true},
	{"decimals cut off", (*trial).decimalsCut, []pipeline.Mistake{pipeline.MistakeRounding}, true, most, true},
	{"near without a unit", (*trial).near, []pipeline.Mistake{pipeline.MistakeRounding}, false, most, true},
	{"text and numbers", (*trial).textNumbers, []pipeline.Mistake{pipeline.MistakeKinds}, true, most, false},
	{"times as text and numbers", (*trial).textTimes, []pipeline.Mistake{pipeline.MistakeKinds}, true, most, false},
	{"numbers as text on both sides", (*trial).digits, []pipeline.Mistake{pipeline.MistakeOrder}, true, most, false},
	{"zero padding", (*trial).padding, []pipeline.Mistake{pipeline.MistakeSpelling, pipeline.MistakeOrder}, true, most, false},
	{"capitals and blanks", (*trial).spelling, []pipeline.Mistake{pipeline.MistakeSpelling}, true, most, false},
	{"instants as text", (*trial).instants, []pipeline.Mistake{pipeline.MistakeSpelling, pipeline.MistakeOrder}, true, most, false},
	{"wrong field", (*trial).field, []pipeline.Mistake{pipeline.MistakeField}, true, most, false},
	{"gaps", (*trial).gaps, []pipeline.Mistake{pipeline.MistakeGaps}, false, most, true},
	{"gap and early end", (*trial).halves, []pipeline.Mistake{pipeline.MistakeGaps, pipeline.MistakeEarlyEnd,
		pipeline.MistakeLateBegin}, false, most, true},
	{"strange grids of one step", (*trial).strangePhase, losses(), false, most, true},
	{"strange grids of two steps", (*trial).strangeSteps, losses(), false, most, true},
	{"early end", (*trial).earlyEnd, []pipeline.Mistake{pipeline.MistakeEarlyEnd}, false, most, true},
	{"late begin", (*trial).lateBegin, []pipeline.Mistake{pipeline.MistakeLateBegin}, false, most, true},
	{"apart", (*trial).apart, []pipeline.Mistake{pipeline.MistakeApart}, false, most, true},
	{"empty", (*trial).empty, []pipeline.Mistake{pipeline.MistakeEmpty}, false, 1, true},
	{"out of order", (*trial).disorder, []pipeline.Mistake{pipeline.MistakeOrder}, false, most, true},
}

// A trial is two streams, a and b, and what belongs together in them.
type trial struct {
	*rand.Rand
	kind causeKind
	on   string
	a, b []planted
	// places is how many decimals the ticks have, in which keys are drawn.
	places int
	// far, where it isn't nil, is added to all keys.
	far   *big.Int
	noise bool
}

// A planted element has its key as JSON, and belongs together with those of the other stream that have the same
// identity.
type planted struct {
	key      string
	identity int64
	more     string // members
}

func newTrial(kind causeKind, seed uint64) *trial {
	t := &trial{Rand: rand.New(rand.NewPCG(seed, 12)), kind: kind, on: "a.t == b.t"}
	t.places = []int{0, 0, 0, 1, 2, 3}[t.IntN(6)]
	t.noise = t.IntN(2) == 0
	if kind.anywhere && t.IntN(2) == 0 {
		t.far, _ = new(big.Int).SetString([]string{"1700000000000000000", "1700000000", "9223372036854000000",
			"-9223372036854000000", "-1000000000000000000000000000000"}[t.IntN(5)], 10)
		t.places = []int{0, 0, 3, 9, 12}[t.IntN(5)]
	}
	kind.plant(t)
	if t.IntN(5) == 0 && kind.name != "out of order" {
		t.a, t.b = t.repeat(t.a), t.repeat(t.b)
	}
	return t
}

// lines writes a stream. Every element has an id, and often a number of its own, as elements do.
func (t *trial) lines(elements []planted, name string) []byte {
	var text bytes.Buffer
	for i, e := range elements {
		text.WriteByte('{')
		if e.key != "" {
			fmt.Fprintf(&text, `"t":%s,`, e.key)
		}
		if t.noise {
			fmt.Fprintf(&text, `"n":%d,"size":%d,`, i, (i*7919)%97)
		}
		fmt.Fprintf(&text, `%s"id":"%s%d"}`+"\n", e.more, name, i)
	}
	return text.Bytes()
}

// write writes the streams and returns the pipeline that joins them on a condition.
func (t *trial) write(dir, on string) (*pipeline.Pipeline, error) {
	for name, elements := range map[string][]planted{"a": t.a, "b": t.b} {
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), t.lines(elements, name), 0o600); err != nil {
			return nil, err
		}
	}
	return pipeline.Parse(filepath.Join(dir, "p.yaml"), fmt.Appendf(nil, "streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, "+
		"out: {file: out.jsonl}}\nmaster: a\noutput: out\njoin:\n  - {left: a, right: b, on: %q}\n", on))
}

// judge returns what is wrong with what Check says of the trial.
func (t *trial) judge(test *testing.T) error {
	dir := test.TempDir()
	defer os.RemoveAll(dir)
	p, err := t.write(dir, t.on)
	if err != nil {
		return err
	}
	report, err := p.Check(test.Context(), quiet())
	if err != nil {
		return err
	}
	if err := t.named(report); err != nil {
		return fmt.Errorf("%w\n%s", err, report)
	}
	for _, finding := range report.Findings {
		if finding.Fix == "" {
			continue
		}
		if err := t.mended(test, dir, finding); err != nil {
			return fmt.Errorf("%w\n%s", err, report)
		}
	}
	return nil
}

// named returns an error unless the cause is named, and nothing else.
func (t *trial) named(report *pipeline.Report) error {
	if len(t.kind.mistakes) == 0 {
		for _, f := range report.Findings {
			if f.Fix != "" || !slices.Contains([]pipeline.Mistake{pipeline.MistakeGaps, pipeline.MistakeEarlyEnd,
				pipeline.MistakeLateBegin, pipeline.MistakeApart}, f.Mistake) {
				return fmt.Errorf("a false alarm: %s", f.Mistake)
			}
		}
		return nil
	}
	named, mends := false, false
	for _, f := range report.Findings {
		named = named || slices.Contains(t.kind.mistakes, f.Mistake)
		mends = mends || f.Fix != ""
	}
	switch {
	case !named:
		return fmt.Errorf("none of %v is named", t.kind.mistakes)
	case t.kind.mends && !mends:
		return fmt.Errorf("nothing that mends it is offered")
	}
	return nil
}

// mended runs the pipeline with what a finding offers, and returns an error unless exactly those are joined that belong
// together, and as many as the finding says.
func (t *trial) mended(test *testing.T, dir string, finding pipeline.Finding) error {
	p, err := t.write(dir, finding.Fix)
	if err != nil {
		return err
	}
	if err := p.Run(test.Context(), quiet()); err != nil {
		return fmt.Errorf("a run with %q: %w", finding.Fix, err)
	}
	written, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		return err
	}
	masters, pairs := 0, 0
	var got []string
	for line := range bytes.Lines(written) {
		var joined struct {
			ID string `json:"id"`
			B  []struct {
				ID string `json:"id"`
			} `json:"b"`
		}
		if err := json.Unmarshal(line, &joined); err != nil {
			return err
		}
		masters++
		pairs += len(joined.B)
		for _, b := range joined.B {
			got = append(got, joined.ID+b.ID)
		}
	}
	if len(t.a) <= 2000 && len(t.b) <= 2000 {
		if claim := fmt.Sprintf(" %d of ", masters); !strings.Contains(finding.Evidence, claim) {
			return fmt.Errorf("a run with %q gives %d results, but it says %q", finding.Fix, masters, finding.Evidence)
		}
	}
	want := t.pairs()
	common := 0
	for _, pair := range got {
		if _, found := slices.BinarySearch(want, pair); found {
			common++
		}
	}
	if float64(pairs) > 1.1*float64(len(want)) || float64(common) < 0.97*float64(len(want)) {
		return fmt.Errorf("a run with %q gives %d pairs, %d of %d of them right", finding.Fix, pairs, common, len(want))
	}
	return nil
}

// pairs returns what belongs together, in order.
func (t *trial) pairs() (pairs []string) {
	at := map[int64][]int{}
	for i, b := range t.b {
		at[b.identity] = append(at[b.identity], i)
	}
	for i, a := range t.a {
		for _, j := range at[a.identity] {
			pairs = append(pairs, fmt.Sprintf("a%db%d", i, j))
		}
	}
	slices.Sort(pairs)
	return pairs
}
