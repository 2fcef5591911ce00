package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// A planting is a random join tree all of whose elements match, until something is planted in it.
type planting struct {
	*rand.Rand
	names  []string
	parent []int
	shift  []int64 // what the left key adds to the parent's member
	// keys are what the elements' children and, but for the spoilt node, parents find them by.
	keys [][]int64
	// spoilt is the node that a cause is planted in, and up what a parent finds its elements by.
	spoilt int
	up     func(key int64) int64
}

// newPlanting draws a tree of two to four nodes. Every element of a parent has one to three matches at each child, at
// keys
func newPlanting(seed uint64) *planting {
	p := &planting{Rand: rand.New(rand.NewPCG(seed, 7)), up: func(key int64) int64 { return key }}
	base := []int64{0, 1, 5000, 1_700_000_000}[p.IntN(4)]
	length := 40 + p.IntN(160)
	if p.IntN(10) == 0 {
		length = 2500 + p.IntN(1000) // more than what is sampled
	}
	for i := range 2 + p.IntN(3) {
		p.names = append(p.names, string(rune('a'+i)))
		p.parent = append(p.parent, i-1)
		p.shift = append(p.shift, p.Int64N(3)*10)
		if i == 0 {
			p.keys = append(p.keys, p.draw(base, length))
			continue
		}
		p.parent[i] = p.IntN(i)
		var keys []int64
		for _, key := range p.keys[p.parent[i]] {
			for range 1 + p.IntN(3)*p.IntN(2) {
				keys = append(keys, key+p.shift[i])
			}
		}
		p.keys = append(p.keys, keys)
	}
	p.spoilt = 1 + p.IntN(len(p.names)-1)
	return p
}

// draw draws different keys that grow. Their steps are long, so that chance makes few of them meet.
func (p *planting) draw(base int64, n int) (keys []int64) {
	for range n {
		base += 1 + p.Int64N(400)
		keys = append(keys, base)
	}
	return keys
}

func (p *planting) expression(node int) string {
	left := fmt.Sprintf("%s.down", p.names[p.parent[node]])
	if p.shift[node] > 0 {
		left += fmt.Sprintf(" + %d", p.shift[node])
	}
	return left + " == " + p.names[node] + ".up"
}

// write writes the streams, and the pipeline file with a join written otherwise if on isn't empty.
func (p *planting) write(t *testing.T, dir, on string) *pipeline.Pipeline {
	t.Helper()
	text := "streams:\n  out: {file: out.jsonl}\n"
	joins := "join:\n"
	for i, name := range p.names {
		text += fmt.Sprintf("  %s: {file: %s.jsonl}\n", name, name)
		var lines strings.Builder
		for n, key := range p.keys[i] {
			up := key
			if i == p.spoilt {
				up = p.up(key)
			}
			fmt.Fprintf(&lines, `{"up":%d,"down":%d,"n":%d}`+"\n", up, key, n)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			continue
		}
		condition := p.expression(i)
		if i == p.spoilt && on != "" {
			condition = on
		}
		joins += fmt.Sprintf("  - {left: %s, right: %s, on: %q}\n", p.names[p.parent[i]], name, condition)
	}
	parsed, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text+"master: a\noutput: out\n"+joins))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// masterOf returns the master's key whose chain leads to a key of a node.
func (p *planting) masterOf(node int, key int64) int64 {
	for ; node > 0; node = p.parent[node] {
		key -= p.shift[node]
	}
	return key
}

// without takes the elements with some keys out of the spoilt stream.
func (p *planting) without(from, to int64) {
	p.keys[p.spoilt] = slices.DeleteFunc(p.keys[p.spoilt], func(key int64) bool { return key >= from && key <= to })
}

// someKey draws a key of the spoilt stream, neither from its very beginning nor from its very end, and from what is
// sampled of it and of its parent.
func (p *planting) someKey() int64 {
	keys := slices.Compact(slices.Clone(p.keys[p.spoilt]))
	at := len(keys)/4 + p.IntN(len(keys)/2)
	if len(keys) > 1000 {
		at = 20 + p.IntN(180)
	}
	return keys[at]
}

// plant plants a cause, and returns the master's key to ask about.
func (p *planting) plant(cause string) (ask int64) {
	keys := p.keys[p.spoilt]
	ask = p.masterOf(p.spoilt, p.someKey())
	switch cause {
	case "gap", "missing child":
		missing := p.someKey()
		p.without(missing, missing+p.Int64N(2000)*int64(p.IntN(2)))
		return p.masterOf(p.spoilt, missing)
	case "shift":
		by := 1 + p.Int64N(5000)
		if p.IntN(2) == 0 {
			by = -by
		}
		p.up = func(key int64) int64 { return key + by }
	case "factor":
		factor := []int64{1000, 60, 1_000_000, 3600, 44100}[p.IntN(5)]
		p.up = func(key int64) int64 { return key * factor }
	case "disorder":
		// One element moves to an earlier place, where it is far above its neighbours.
		late := p.someKey()
		i := slices.Index(keys, late)
		from := max(0, i-5-p.IntN(10))
		for i < len(keys)-1 && keys[i+1] == late {
			i++
		}
		moved := keys[i]
		copy(keys[from+1:], keys[from:i])
		keys[from] = moved
		return p.masterOf(p.spoilt, keys[from+1])
	case "early end":
		last := p.someKey()
		p.without(last, 1<<62)
	}
	return ask
}

// TestPlantedCauses plants a cause in each of 200 random joins and asks Check and Explain for it: both must name it, in
// the stream that it is in; and where a join is written wrongly, the expression that they give must mend it.
func TestPlantedCauses(t *testing.T) {
	causes := []string{"gap", "shift", "factor", "disorder", "early end", "missing child"}
	seeds := uint64(200)
	if testing.Short() {
		seeds = 18
	}
	for seed := range seeds {
		cause := causes[seed%uint64(len(causes))]
		t.Run(fmt.Sprintf("%d %s", seed, cause), func(t *testing.T) {
			p := newPlanting(seed)
			for cause == "missing child" && p.parent[p.spoilt] == 0 {
				// The cause must lie two joins below the master.
				p = newPlanting(p.Uint64())
			}
			intact := p.keys[p.spoilt]
			p.keys[p.spoilt] = slices.Clone(intact)
			ask := p.plant(cause)
			if cause == "early end" {
				last := p.keys[p.spoilt][len(p.keys[p.spoilt])-1]
				at, _ := slices.BinarySearch(intact, last+1)
				ask = p.masterOf(p.spoilt, intact[at+p.IntN(len(intact)-at)])
			}
			dir := t.TempDir()
			parsed := p.write(t, dir, "")
			report, err := parsed.Check(t.Context(), quiet())
			if err != nil {
				t.Fatal(err)
			}
			explanation, err := parsed.Explain(t.Context(), quiet(), pipeline.About{Key: fmt.Sprint(ask)})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.named(cause, report, explanation); err != nil {
				t.Fatalf("in %s: %v\n\nkey %d\n%s\n%s", p.names[p.spoilt], err, ask, explanation, report)
			}
			if cause == "shift" || cause == "factor" {
				mended, err := p.write(t, dir, report.Findings[0].Fix).Check(t.Context(), quiet())
				if err != nil || len(mended.Findings) > 0 {
					t.Errorf("%s\nand when it is mended, %v\n%s", report, err, mended)
				}
			}
		})
	}
}

// named returns an error unless both name the cause.
func (p *planting) named(cause string, report *pipeline.Report, explanation *pipeline.Explanation) error {
	spoilt := p.names[p.spoilt]
	verdict := map[string]pipeline.Verdict{
		"gap": pipeline.Gap, "missing child": pipeline.Gap, "early end": pipeline.Ended, "disorder": pipeline.OutOfOrder,
	}[cause]
	mistake := map[string]pipeline.Mistake{
		"shift": pipeline.MistakeShift, "factor": pipeline.MistakeFactor, "disorder": pipeline.MistakeOrder,
	}[cause]
	top := explanation.Partitions[0]
	if top.Masters == 0 || top.HandedOver > 0 || top.Cause == nil || top.Cause.Stream != spoilt ||
		verdict != "" && top.Cause.Verdict != verdict {
		return fmt.Errorf("explain names %+v", top.Cause)
	}
	if mistake == "" {
		for _, join := range report.Joins {
			if join.Right == spoilt && slices.ContainsFunc(join.Unmatched, func(u pipeline.UnmatchedReport) bool {
				return u.Verdict == verdict
			}) {
				return nil
			}
		}
		return fmt.Errorf("check doesn't name %v", verdict)
	}
	is := func(f pipeline.Finding) bool { return f.Mistake == mistake && (f.Right == spoilt || f.Left == spoilt) }
	if !slices.ContainsFunc(report.Findings, is) || !slices.ContainsFunc(explanation.Findings, is) {
		return fmt.Errorf("they don't name %v", mistake)
	}
	return nil
}
