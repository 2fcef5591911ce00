package sample

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A rehearsal joins the same part of all streams' samples, their beginnings or their ends, and calls the pipeline's
// function as a run does. What may go on beyond the samples is left out: it shows what fails, and not that nothing
// does.
type rehearsal struct {
	mill  *mill.Mill
	parts map[*mill.Node]excerpt
	// keys holds, for each child, the right keys of its part, in order, and groups the same by match keys.
	keys      map[*mill.Node][]Keyed
	groups    map[*mill.Node]map[string][]Keyed
	relations map[*mill.Node]*mill.Relation
	// joined holds what was joined of each node, and states what is known of it.
	joined map[*mill.Node][]engine.Element
	states map[*mill.Node][]completeness
	// keep takes the results; nil where nobody wants them.
	keep func(result any, where string)
}

// A Result is one that a run would write, encoded, and where its master lies.
type Result struct {
	Value []byte
	Where string
}

// most is how many results of each part are kept: those that a storage refuses are mostly refused by their types.
const most = 100

// An excerpt is a part of a partition that is rehearsed; cutBegin and cutEnd say that more lies before and behind it.
type excerpt struct {
	*Part
	cutBegin, cutEnd bool
}

// rehearseParts evaluates emit, and the window's key, on what the samples join to, and returns the first thing that a
// run would fail on; empty where there is none.
func rehearseParts(
	ctx context.Context, m *mill.Mill, parts map[*mill.Node]excerpt, keep func(result any, where string),
) (problem string) {
	r := &rehearsal{m, parts, map[*mill.Node][]Keyed{}, map[*mill.Node]map[string][]Keyed{},
		map[*mill.Node]*mill.Relation{}, map[*mill.Node][]engine.Element{}, map[*mill.Node][]completeness{}, keep}
	for _, n := range m.Master.All() {
		r.joined[n] = make([]engine.Element, len(parts[n].Elements))
		r.states[n] = make([]completeness, len(parts[n].Elements))
		if n.Parent != nil {
			r.relations[n] = n.Relation().Clone()
			r.keys[n], _ = parts[n].Keys(r.relations[n].Right)
			element := func(k Keyed) any { return parts[n].Elements[k.Index] }
			r.groups[n] = mill.ByMatchKey(r.relations[n], r.keys[n], element)
		}
	}
	windows, problem := r.windows()
	if problem != "" || !m.CanFail() && keep == nil {
		return problem
	}
	function := m.NewFunction()
	for _, window := range windows {
		call := &engine.Call{}
		for _, i := range window {
			if master, state := r.join(m.Master, i); state == isComplete {
				call.Masters = append(call.Masters, *master)
			}
		}
		if len(call.Masters) == 0 || ctx.Err() != nil {
			continue
		}
		where := parts[m.Master].Where(window[0])
		emit := func(output int, result any) error {
			if keep != nil && output == 0 {
				keep(result, where)
			}
			return nil
		}
		if err := function.Call(ctx, call, emit); err != nil {
			return fmt.Sprintf("%s: %v", where, err)
		}
	}
	return ""
}

// windows returns the masters of each call, by their numbers in their part; where a window is by the clock all are one.
func (r *rehearsal) windows() (windows [][]int, problem string) {
	w := r.mill.Window
	masters := r.parts[r.mill.Master]
	changed := func(any) (bool, error) { return true, nil }
	switch {
	case w == nil:
	case w.Key != nil:
		changed = w.NewKey()
	case w.Every > 0:
		changed = func(any) (bool, error) { return false, nil }
	default:
		changed = func(any) (bool, error) { return len(windows[len(windows)-1]) == w.Count, nil }
	}
	windows = append(windows, nil)
	for i, element := range masters.Elements {
		if w != nil && w.Count > 0 {
			if _, state := r.join(r.mill.Master, i); state != isComplete {
				continue // such windows are of complete masters
			}
		}
		next, err := changed(element)
		if err != nil {
			return nil, fmt.Sprintf("%s: %v", masters.Where(i), err)
		}
		last := len(windows) - 1
		if next && len(windows[last]) > 0 {
			windows = append(windows, nil)
			last++
		}
		windows[last] = append(windows[last], i)
	}
	if w != nil && masters.cutBegin {
		windows = windows[1:]
	}
	if w != nil && (masters.cutEnd || masters.cutBegin && w.Count > 0) {
		windows = windows[:max(0, len(windows)-1)]
	}
	return windows, ""
}

// Rehearse returns what a run would fail on, at the beginning or at the end of each partition, and some of the results, where
// the output's storage can say what it would refuse.
func Rehearse(ctx context.Context, m *mill.Mill, all *Samples) (problems []string, results []Result) {
	var keep func(result any, where string)
	encode, err := mill.ResultEncoder()
	left := 0
	if err == nil && m.RehearsesOutput() {
		keep = func(result any, where string) {
			if value, err := encode(nil, result); err == nil && left > 0 {
				left--
				results = append(results, Result{value, where})
			}
		}
	}
	for partition := range all.Of[m.Master] {
		heads, tails := map[*mill.Node]excerpt{}, map[*mill.Node]excerpt{}
		for _, n := range m.Master.All() {
			if partition >= len(all.Of[n]) || all.Of[n][partition].Unread {
				return problems, results
			}
			s := all.Of[n][partition]
			heads[n], tails[n] = excerpt{&s.Head, false, !s.Whole}, excerpt{&s.Tail, true, false}
			if s.Whole {
				tails[n] = heads[n]
			}
		}
		left = most
		problem := rehearseParts(ctx, m, heads, keep)
		if problem == "" {
			left = most
			problem = rehearseParts(ctx, m, tails, keep)
		}
		if problem != "" {
			problems = append(problems, problem)
		}
	}
	return problems, results
}
