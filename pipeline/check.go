package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/diagnosis"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
)

// A Report is what Check has found at the beginning and at the end of the streams.
type Report struct {
	Streams []StreamReport `json:"streams"`
	Joins   []JoinReport   `json:"joins"`
	// Problems are what would stop a run: what can't be decoded, keys that decrease or can't be computed.
	Problems []string `json:"problems"`
	// Findings are the mistakes behind it, most likely, where little or nothing would join.
	Findings []Finding `json:"findings"`
	// Advice is what would serve a run better though nothing stops it: an index, as the storage knows.
	Advice []string `json:"advice,omitempty"`
	// Example is a key to ask Explain about, that of a master element that finds no match; empty where there is none.
	Example string `json:"example,omitempty"`
}

// StreamReport is about one stream that is read.
type StreamReport struct {
	Name string `json:"name"`
	// File is the path of the file that is read, Topic the topic, or Storage the storage that the stream lies in, and
	// Address what it is there, such as "table orders"; the others are empty.
	File    string `json:"file,omitempty"`
	Topic   string `json:"topic,omitempty"`
	Storage string `json:"storage,omitempty"`
	Address string `json:"address,omitempty"`
	// Partitions is how many partitions the stream has; zero for files.
	Partitions int `json:"partitions,omitempty"`
	// Read counts the elements that were read at the beginning, and Whole says that these are all. Tail counts those that
	// were read at the end; none are where that isn't to be had without reading all, as of compressed files.
	Read  int  `json:"read"`
	Whole bool `json:"whole"`
	Tail  int  `json:"tail,omitempty"`
	// LeftOut counts those of Read and Tail that the stream's where leaves out.
	LeftOut int `json:"left_out,omitempty"`
	// Note says why a stream was not read; empty for the others.
	Note string `json:"note,omitempty"`
	// Repeated says where the first element is that has a member more than once, of which the last counts.
	Repeated string `json:"repeated,omitempty"`
}

// JoinReport is about one join.
type JoinReport struct {
	Left  string `json:"left"`
	Right string `json:"right"`
	On    string `json:"on"`
	// LeftKeys and RightKeys are what keys lie between, and Common where both do; nil where there are none.
	// LeftNulls and RightNulls count the elements whose key is null, so that they match nothing.
	LeftNulls  int       `json:"left_nulls,omitempty"`
	RightNulls int       `json:"right_nulls,omitempty"`
	LeftKeys   *KeyRange `json:"left_keys"`
	RightKeys  *KeyRange `json:"right_keys"`
	Common     *KeyRange `json:"common"`
	// LeftPerKey and RightPerKey are how many elements there are for a key, on average.
	LeftPerKey  float64 `json:"left_per_key"`
	RightPerKey float64 `json:"right_per_key"`
	// How says which of the elements match beside those with equal keys, and what is needed, as in a plan; empty where that
	// is all of them, and one.
	How string `json:"how,omitempty"`
	// Before and After say how far the nearest right elements with the match keys are from left ones, on each side; nil
	// where there are none, or keys have no distances.
	Before *Distances `json:"nearest_before,omitempty"`
	After  *Distances `json:"nearest_after,omitempty"`
	// Comparable counts the left elements that can't find a match in what wasn't read of the right stream, and Matched
	// those of them that find one.
	Comparable int `json:"comparable"`
	Matched    int `json:"matched"`
	// Scattered says that a side is put in order as a whole and is so long that only its beginning was read: more match than
	// Matched, and nothing is known of the others.
	Scattered bool `json:"scattered,omitempty"`
	// used is the share of the right elements that some left one finds.
	used float64
	// Unmatched says why the others don't.
	Unmatched []UnmatchedReport `json:"unmatched,omitempty"`
}

// UnmatchedReport is about the left elements of a join that find no match, for one reason.
type UnmatchedReport struct {
	// Verdict is the reason: Gap, Behind or Ended.
	Verdict Verdict `json:"verdict"`
	Count   int     `json:"count"`
	// Text tells of the first of them.
	Text string `json:"text"`
}

// Distances say how far elements are from the nearest ones on the other side: half of them no farther than the median,
// and so on. They are written as in a pipeline file: 2.5, or 10ms.
type Distances struct {
	Median  string `json:"median"`
	P90     string `json:"p90"`
	P99     string `json:"p99"`
	Largest string `json:"largest"`
}

// newDistances returns the public form; nil of nil.
func newDistances(d *diagnosis.Distances) *Distances {
	if d == nil {
		return nil
	}
	return &Distances{d.Median.String(), d.P90.String(), d.P99.String(), d.Largest.String()}
}

// String returns the distances in a line.
func (d *Distances) String() string {
	return fmt.Sprintf("median %s, 90 %% %s, 99 %% %s, at most %s", d.Median, d.P90, d.P99, d.Largest)
}

// KeyRange is the least and the greatest of some keys.
type KeyRange struct {
	From expression.Key `json:"from"`
	To   expression.Key `json:"to"`
}

// String returns "from to to".
func (r *KeyRange) String() string { return (*diagnosis.Range)(r).String() }

// Check reads the first and the last 1,000 elements of each stream, of a topic those of each partition, but not
// standard input, pipes and changes of tables, which can be read once only, and reports what joining them would give,
// and which mistake makes it little. What they join to is given to emit, whose errors are reported, and some of what that gives
// is tried on the columns of an output in a database, in a temporary table. Elements of a topic
// count up to its current end; the first ones up to an end-of-stream mark. Nothing is written, and no group joined. An
// error says that a stream can't be read at all, or is ctx's.
func (p *Pipeline) Check(ctx context.Context, options Options) (*Report, error) {
	m, err := p.ownMill()
	if err != nil {
		return nil, err
	}
	samples, err := sample.Read(ctx, m, options.ofMill(), cmp.Or(options.mostSorted, sample.MostSorted))
	if err != nil {
		return nil, err
	}
	report := &Report{Streams: []StreamReport{}, Joins: []JoinReport{}, Problems: []string{}, Findings: []Finding{}}
	for _, n := range m.Master.All() {
		report.Streams = append(report.Streams, streamReport(n, samples.Of[n]))
		for _, child := range n.Children {
			j := diagnosis.Of(child, samples.Of[n], samples.Of[child])
			report.add(child, j)
			if n == m.Master && j.Missing != nil && report.Example == "" {
				report.Example = exampleOf(n, j.Missing)
			}
		}
	}
	ofOutput, err := checkOutput(ctx, m)
	if err != nil {
		return nil, err
	}
	report.Problems = append(report.Problems, samples.Problems...)
	ofFunction, results := sample.Rehearse(ctx, m, samples)
	report.Problems = append(report.Problems, ofFunction...)
	refused, warned := rehearseOutput(ctx, m, results, samples, options.ofMill())
	report.Problems = append(report.Problems, refused...)
	report.Advice = append(append(report.Advice, samples.Advice...), warned...)
	slices.Sort(report.Advice)
	report.Advice = slices.Compact(report.Advice)
	report.Problems = append(report.Problems, ofOutput...)
	slices.Sort(report.Problems)
	report.Problems = slices.Compact(report.Problems) // a stream may be read by several nodes
	return report, nil
}

// add adds what is known of the join of a child to its parent.
func (r *Report) add(child *mill.Node, j *diagnosis.Result) {
	join := JoinReport{
		Left: child.Parent.Name, Right: child.Name, On: child.On,
		LeftNulls: j.Left.Nulls, RightNulls: j.Right.Nulls,
		LeftKeys: (*KeyRange)(j.Left.Keys), RightKeys: (*KeyRange)(j.Right.Keys), Common: (*KeyRange)(j.Common),
		LeftPerKey: j.Left.PerKey(), RightPerKey: j.Right.PerKey(),
		Comparable: j.Comparable, Matched: j.Matched, Scattered: j.Scattered, used: j.Used,
		How: child.How(), Before: newDistances(j.Before), After: newDistances(j.After),
	}
	for _, u := range j.Unmatched {
		join.Unmatched = append(join.Unmatched, UnmatchedReport{u.Verdict, u.Count, u.Text})
	}
	r.Joins = append(r.Joins, join)
	for _, f := range j.Findings {
		r.Findings = append(r.Findings, Finding{
			Mistake: Mistake(f.Mistake), Left: join.Left, Right: join.Right, On: join.On,
			Text: f.Text, Fix: f.Fix, Add: f.Add, Stream: f.Stream, Command: f.Command, Evidence: f.Evidence,
		})
	}
	r.Problems = append(r.Problems, j.Problems...)
}

func streamReport(n *mill.Node, samples []*sample.Sample) StreamReport {
	r := StreamReport{Name: n.Name, Whole: true}
	for _, s := range samples {
		r.Read += len(s.Head.Elements) + s.Head.LeftOut
		r.Tail += len(s.Tail.Elements) + s.Tail.LeftOut
		r.LeftOut += s.Head.LeftOut + s.Tail.LeftOut
		r.Whole = r.Whole && s.Whole
		r.Repeated = cmp.Or(r.Repeated, s.Head.Repetition(), s.Tail.Repetition())
		if s.Unread {
			r.Note = "not read: it can be read once only"
		}
	}
	if n.Stream.Topic {
		r.Topic, r.Partitions = n.Stream.Name, len(samples)
	} else if r.File, r.Storage, r.Address = addressOf(n); r.Storage != "" {
		r.Partitions = len(samples)
	}
	return r
}

// exampleOf returns the key by which Explain knows an element; empty where it has none.
func exampleOf(n *mill.Node, element any) string {
	_, name, err := n.SoleMember(n.Children[0].Left)
	if err != nil {
		return ""
	}
	if name == nil {
		name = n.Children[0].Left
	}
	key, err := name.Key(element)
	if err != nil {
		return ""
	}
	if text, ok := key.Text(); ok {
		return text
	}
	return key.String()
}
