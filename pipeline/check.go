package pipeline

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/leat-go/leat/internal/expression"
)

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
	// File is the path of the file that is read, or Topic the topic; the other is empty.
	File  string `json:"file,omitempty"`
	Topic string `json:"topic,omitempty"`
	// Partitions is how many partitions the topic has; zero for files.
	Partitions int `json:"partitions,omitempty"`
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

// Check reads the first 1,000 elements of each stream, of a topic those of each partition, but not standard input and
// pipes, which can be read once only, and reports what joining them would give. Elements of a topic count up to its current
// end, or an end-of-stream mark.
// Nothing is written, and no group joined. An error says that a stream can't be read at all, or is ctx's.
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
		for _, h := range heads[p.master] {
			report.keys(h, expression.Single(p.window.key), func(_, _ expression.Key) string { return "" })
		}
	}
	return report, nil
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

// join compares the keys of a child's heads with those of its parent's, partition by partition.
func (r *Report) join(child *node, left, right []*head) {
	join := JoinReport{Left: child.parent.name, Right: child.name, On: child.on}
	unread := false
	for i := range min(len(left), len(right)) {
		r.joinPartition(&join, child, left[i], right[i])
		unread = unread || left[i].unread || right[i].unread
	}
	join.Common = join.LeftKeys.common(join.RightKeys)
	if !unread {
		join.Hint = join.hint()
	}
	r.Joins = append(r.Joins, join)
}

func (r *Report) joinPartition(join *JoinReport, child *node, left, right *head) {
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
	join.LeftKeys = join.LeftKeys.widen(rangeOf(leftKeys))
	join.RightKeys = join.RightKeys.widen(rangeOf(rightKeys))
	complete := right.whole && len(rightKeys) == len(right.elements)
	join.count(leftKeys, rightKeys, complete)
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

// widen returns the least range that both lie in.
func (r *KeyRange) widen(other *KeyRange) *KeyRange {
	switch {
	case r == nil:
		return other
	case other == nil:
		return r
	}
	both := &KeyRange{r.From, r.To}
	if expression.Compare(other.From, both.From) < 0 {
		both.From = other.From
	}
	if expression.Compare(other.To, both.To) > 0 {
		both.To = other.To
	}
	return both
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
