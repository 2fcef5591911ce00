package mill

import (
	"encoding/json"
	"fmt"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// A Written stream is one that is written: the results, what is not handed over, or what a policy puts aside.
type Written struct {
	// Name is what the pipeline file calls it, and Member the member that says so: output, unmatched or dead_letter.
	Name   description.Text
	Member string
	Stream Stream
}

// written returns the streams that are written, the results first.
func (n *streamNames) written(d *description.Description, nodes map[string]*Node) (all []Written, err error) {
	by := map[string]string{}
	for _, w := range []Written{
		{Name: d.Output, Member: "output"}, {Name: d.Unmatched, Member: "unmatched"}, {Name: d.DeadLetter, Member: "dead_letter"},
	} {
		name := w.Name.Value
		if name == "" && w.Member != "output" {
			continue
		}
		if w.Stream, err = n.stream(w.Name); err != nil {
			return nil, err
		}
		switch {
		case nodes[name] != nil && w.Member == "output":
			return nil, w.Name.Errorf("the stream %q is read, so it can't be the output as well: "+
				"declare a stream of another name for the output", name)
		case nodes[name] != nil:
			return nil, w.Name.Errorf("the stream %q is read, so it can't be written as %s: declare a stream of another name",
				name, w.Member)
		case by[name] != "":
			return nil, w.Name.Errorf("the stream %q is the %s already: %s needs a stream of its own", name, by[name], w.Member)
		}
		by[name] = w.Member
		all = append(all, w)
	}
	return all, nil
}

// checkWritten refuses streams that can't be written beside the results.
func checkWritten(written []Written) error {
	output := written[0].Stream
	for i, w := range written[1:] {
		at := w.Stream
		switch {
		case at.where() != output.where():
			return at.Text.Errorf("%s is %s, and the output %s is %s: both are written in one commit, so that they must lie in "+
				"one storage", w.Name.Value, at.what(), written[0].Name.Value, output.what())
		case at.IsFile() && file.HasCells(stream(at, "", object.Codec{}, nil)):
			return at.Text.Errorf("%s holds elements as they were read, which aren't plain, so that rows of cells can't have "+
				"them: write it as .jsonl or .json", w.Name.Value)
		case at.IsFile() && file.IsTable(stream(at, "", object.Codec{}, nil)):
			return at.Text.Errorf("%s holds elements as they were read, of any kind, so that columns of one type can't have "+
				"them: write it as .jsonl or .json", w.Name.Value)
		}
		for _, other := range written[:i+1] {
			if at.Name == other.Stream.Name || at.IsFile() && sameFile(at.Name, other.Stream.Name) {
				return at.Text.Errorf("%s is written as %s already: %s needs a place of its own", at.Text.Value,
					other.Member, w.Member)
			}
		}
	}
	return nil
}

// checkHandling refuses policies without a stream that they need, and a stream that no policy needs.
func checkHandling(d *description.Description) error {
	letters := d.DeadLetter
	isNeeded := false
	for _, p := range []description.Policy{d.OnDisorder, d.OnUndecodable, d.OnError} {
		if p.Kind != engine.DeadLetter {
			continue
		}
		isNeeded = true
		if letters.Value == "" {
			return p.Text.Errorf("%s: dead_letter needs a stream to write to: declare one, as in bad: {file: bad.jsonl}, "+
				"and name it by dead_letter: bad", p.Name.Value)
		}
	}
	if letters.Value != "" && !isNeeded {
		return letters.Errorf("nothing is put aside to %s: add on_disorder, on_undecodable or on_error: dead_letter, "+
			"or take it out", letters.Value)
	}
	return nil
}

// checkOnError refuses a policy for what can't fail.
func checkOnError(d *description.Description) error {
	if p := d.OnError; p.Name.Value != "" && len(d.Emit) == 0 && d.Where == nil {
		return p.Name.Errorf("on_error is about what emit and where can't compute, and the file has neither: take it out; " +
			"what is wrong with a key goes by on_disorder, and what can't be read by on_undecodable")
	}
	return nil
}

// checkCommit refuses commits at an interval where nothing shows before the session ends.
func checkCommit(d *description.Description, written []Written) error {
	c := d.Commit
	for _, w := range written {
		if c != nil && w.Stream.appearsAtEnd() {
			return c.Name.Errorf("the file %s appears when the session ends, whatever is committed until then: take commit out",
				w.Stream.Text.Value)
		}
	}
	return nil
}

// appearsAtEnd reports whether the stream is a file that appears when the session ends.
func (s Stream) appearsAtEnd() bool {
	return s.IsFile() && file.New().GuaranteeFor([]broker.Stream{{Name: s.Name}}) == broker.AtEnd
}

// Handling returns what the pipeline file says of what becomes of results and failures. It isn't changed.
func (m *Mill) Handling() *description.Handling { return m.handling }

// setHandling sets what becomes of results, of what is not handed over and of what fails, and the outputs with that.
func (m *Mill) setHandling(spec *engine.Spec, at Layout) {
	h := m.handling
	spec.OnDisorder, spec.OnDecode, spec.OnError = policyOf(h.OnDisorder), policyOf(h.OnUndecodable), policyOf(h.OnError)
	spec.Concurrency = h.Concurrency
	if m.where != nil {
		spec.Where = m.where.String()
	}
	if h.Commit != nil {
		spec.Pace = broker.Pace{Interval: h.Commit.Every, Results: h.Commit.Results}
	}
	spec.Outputs = []broker.Stream{m.output(at)}
	for i, w := range m.Others {
		output := len(spec.Outputs)
		spec.Outputs = append(spec.Outputs, stream(at.Others[i], "", object.Codec{}, nil))
		switch w.Member {
		case "unmatched":
			spec.UnmatchedOutput = output
			spec.Unmatched = func(u *observe.Unmatched) any { return objectOf(leat.NewUnmatched(u)) }
		case "dead_letter":
			spec.LetterOutput = output
			spec.Letter = func(f engine.Failure) any { return objectOf(leat.NewLetter(f.Position, f.Value, f.Err)) }
		}
	}
}

func policyOf(p description.Policy) engine.Policy { return engine.Policy{Kind: p.Kind} }

// objectOf returns a value as an element.
func objectOf(value any) *object.Object {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Errorf("a report can't be encoded: %w", err)) // keys are numbers, texts and times
	}
	return &object.Object{Raw: raw}
}
