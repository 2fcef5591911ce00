package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
)

// headSize is how many elements of each stream Check reads.
const headSize = 1000

// A Report is what Check has found in the heads of the streams.
type Report struct {
	Streams []StreamReport `json:"streams"`
	Joins   []JoinReport   `json:"joins"`
	// Problems are what would stop a run, or skip elements: what can't be decoded, keys that decrease or can't be computed.
	Problems []string `json:"problems"`
}

// StreamReport is about one stream that is read.
type StreamReport struct {
	Name string `json:"name"`
	File string `json:"file"`
	// Read counts the elements that were read, and Whole says that these are all.
	Read  int  `json:"read"`
	Whole bool `json:"whole"`
	// Note says why a stream was not read; empty for the others.
	Note string `json:"note,omitempty"`
}

// JoinReport is about one join.
type JoinReport struct {
	Left  string `json:"left"`
	Right string `json:"right"`
	On    string `json:"on"`
	// LeftKeys and RightKeys are what keys lie between, and Common where both do; nil where there are none.
	LeftKeys  *KeyRange `json:"left_keys"`
	RightKeys *KeyRange `json:"right_keys"`
	Common    *KeyRange `json:"common"`
	// Comparable counts the left elements that can't find a match behind the head of the right stream, and Matched those
	// of them that find one.
	Comparable int `json:"comparable"`
	Matched    int `json:"matched"`
	// Hint says what may be wrong where nothing matches.
	Hint string `json:"hint,omitempty"`
}

// KeyRange is the least and the greatest of some keys.
type KeyRange struct {
	From expression.Key `json:"from"`
	To   expression.Key `json:"to"`
}

// String returns "from to to".
func (r *KeyRange) String() string {
	if r == nil {
		return "none"
	}
	return fmt.Sprintf("%v to %v", r.From, r.To)
}

// Hints returns the hints of all joins.
func (r *Report) Hints() []string {
	var hints []string
	for _, join := range r.Joins {
		if join.Hint != "" {
			hints = append(hints, join.Hint)
		}
	}
	return hints
}

// head is the head of a stream.
type head struct {
	elements  []any
	positions []broker.Position
	whole     bool
	// unread says that the stream wasn't read, so that nothing follows from its elements.
	unread bool
}

// Check reads the first 1,000 elements of each stream, but not standard input and pipes, which can be read once only, and
// reports what joining them would give.
// Nothing is written. An error says that a stream can't be read at all, or is ctx's.
func (p *Pipeline) Check(ctx context.Context, options Options) (*Report, error) {
	report := &Report{Streams: []StreamReport{}, Joins: []JoinReport{}, Problems: []string{}}
	heads, err := p.readHeads(ctx, options, report)
	if err != nil {
		return nil, err
	}
	for _, n := range p.master.all() {
		for _, child := range n.children {
			report.join(child, heads[n], heads[child])
		}
	}
	if p.window != nil && p.window.key != nil {
		report.keys(heads[p.master], expression.Single(p.window.key), func(_, _ expression.Key) string { return "" })
	}
	return report, nil
}

func (p *Pipeline) readHeads(ctx context.Context, options Options, report *Report) (_ map[*node]*head, err error) {
	spec := p.spec(options)
	job := &broker.Job{Name: spec.Name, Logger: spec.Logger}
	heads := map[*node]*head{}
	var read []*node
	for _, n := range p.master.all() {
		heads[n] = &head{unread: true}
		if !readOnce(n.path) {
			read = append(read, n)
			job.Inputs = append(job.Inputs, stream(n.path, n.name, n.codec))
		}
	}
	input, err := spec.Source.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	for i, n := range read {
		reader, err := input.Reader(ctx, i, 0, 0)
		if err != nil {
			return nil, err
		}
		heads[n], err = report.readHead(ctx, reader, job.Inputs[i])
		if err = errors.Join(err, reader.Close()); err != nil {
			return nil, err
		}
	}
	for _, n := range p.master.all() {
		s := StreamReport{Name: n.name, File: n.path, Read: len(heads[n].elements), Whole: heads[n].whole}
		if heads[n].unread {
			s.Note = "not read: it can be read once only"
		}
		report.Streams = append(report.Streams, s)
	}
	return heads, nil
}

// readOnce reports whether a path is standard input, a pipe or a device.
func readOnce(path string) bool {
	if path == standard {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// readHead reads the head of one stream, up to the first element that can't be read or decoded.
func (r *Report) readHead(ctx context.Context, reader broker.Reader, stream broker.Stream) (*head, error) {
	h := &head{}
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return nil, err
	}
	for len(h.elements) < headSize {
		records, err := reader.Read(ctx)
		switch {
		case errors.Is(err, io.EOF):
			h.whole = true
			return h, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			r.Problems = append(r.Problems, err.Error())
			return h, nil
		}
		for i := range records[:min(len(records), headSize-len(h.elements))] {
			element := &object{}
			if err := decode(records[i].Value, element); err != nil {
				r.Problems = append(r.Problems, records[i].DecodeError(stream.Name, 0, err).Error())
				return h, nil
			}
			h.elements = append(h.elements, element)
			h.positions = append(h.positions, records[i].At(stream.Name, 0))
		}
	}
	return h, nil
}

// keys computes the keys of a head's elements. The first that can't be computed or is wrong behind the one before is a
// problem; the keys before it are returned.
func (r *Report) keys(
	h *head, key func(any) (expression.Key, error), wrong func(last, next expression.Key) string,
) (keys []expression.Key) {
	for i, element := range h.elements {
		next, err := key(element)
		problem := ""
		if err != nil {
			problem = err.Error()
		} else if len(keys) > 0 {
			problem = wrong(keys[len(keys)-1], next)
		}
		if problem != "" {
			r.Problems = append(r.Problems, fmt.Sprintf("%v: %s", h.positions[i], problem))
			return keys
		}
		keys = append(keys, next)
	}
	return keys
}

// join compares the keys of a child's head with those of its parent's.
func (r *Report) join(child *node, left, right *head) {
	disorder := func(unique bool) func(last, next expression.Key) string {
		return func(last, next expression.Key) string {
			switch order := expression.Compare(last, next); {
			case order > 0:
				return fmt.Sprintf("key %v comes after %v: keys must not decrease along a stream", next, last)
			case order == 0 && unique:
				return fmt.Sprintf("key %v repeats, but the join is declared unique", next)
			}
			return ""
		}
	}
	leftKey, rightKey := expression.PairOf(child.left, child.right)
	leftKeys := r.keys(left, leftKey, disorder(false))
	rightKeys := r.keys(right, rightKey, disorder(child.join.unique))
	join := JoinReport{Left: child.parent.name, Right: child.name, On: child.on}
	join.LeftKeys, join.RightKeys = rangeOf(leftKeys), rangeOf(rightKeys)
	join.Common = join.LeftKeys.common(join.RightKeys)
	complete := right.whole && len(rightKeys) == len(right.elements)
	join.count(leftKeys, rightKeys, complete)
	if !left.unread && !right.unread {
		join.Hint = join.hint()
	}
	r.Joins = append(r.Joins, join)
}

// count counts matches. Keys are in order.
func (j *JoinReport) count(left, right []expression.Key, complete bool) {
	for _, key := range left {
		place, found := slices.BinarySearchFunc(right, key, expression.Compare)
		if complete || place < len(right) {
			j.Comparable++
		}
		if found {
			j.Matched++
		}
	}
}

// hint says what is wrong, most likely, where nothing matches.
func (j *JoinReport) hint() string {
	switch {
	case j.Matched > 0:
		return ""
	case j.LeftKeys == nil || j.RightKeys == nil:
		return fmt.Sprintf("nothing joins on %s: a stream has no elements", j.On)
	case j.Common != nil:
		return fmt.Sprintf("nothing joins on %s: the keys lie in the same range, %v, but none are equal: should they be "+
			"rounded, as by floor(...)?", j.On, j.Common)
	}
	hint := fmt.Sprintf("nothing joins on %s in the heads of the streams: the keys of %s are %v, those of %s are %v", j.On,
		j.Left, j.LeftKeys, j.Right, j.RightKeys)
	if scale := scaleOf(j.LeftKeys.To, j.RightKeys.To); scale != "" {
		hint += fmt.Sprintf(": about %s times as much; are they in different units?", scale)
	}
	return hint
}

// scaleOf returns the power of a thousand that lies between two keys, or nothing.
func scaleOf(a, b expression.Key) string {
	x, ok := a.Float()
	y, okToo := b.Float()
	if !ok || !okToo || x <= 0 || y <= 0 {
		return ""
	}
	decades := math.Abs(math.Log10(x / y))
	for thousands, scale := range map[int]string{1: "1,000", 2: "1,000,000", 3: "1,000,000,000"} {
		if math.Abs(decades-3*float64(thousands)) < 0.5 {
			return scale
		}
	}
	return ""
}

func rangeOf(keys []expression.Key) *KeyRange {
	if len(keys) == 0 {
		return nil
	}
	return &KeyRange{keys[0], keys[len(keys)-1]}
}

// common returns what lies in both ranges, or nil.
func (r *KeyRange) common(other *KeyRange) *KeyRange {
	if r == nil || other == nil {
		return nil
	}
	both := &KeyRange{r.From, r.To}
	if expression.Compare(other.From, both.From) > 0 {
		both.From = other.From
	}
	if expression.Compare(other.To, both.To) < 0 {
		both.To = other.To
	}
	if expression.Compare(both.From, both.To) > 0 {
		return nil
	}
	return both
}
