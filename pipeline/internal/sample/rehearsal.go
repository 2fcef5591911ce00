package sample

import (
	"context"
	"fmt"
	"slices"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A rehearsal joins the same part of all streams' samples, their beginnings or their ends, and calls the pipeline's
// function as a run does. What may go on beyond the samples is left out: it shows what fails, and not that nothing
// does.
type rehearsal struct {
	mill  *mill.Mill
	parts map[*mill.Node]excerpt
	// keys holds, for each child, the right keys of its part, in order.
	keys map[*mill.Node][]Keyed
	left map[*mill.Node]*expression.Program
	// joined holds what was joined of each node; nil where an element isn't complete.
	joined map[*mill.Node][]*engine.Element
}

// An excerpt is a part of a partition that is rehearsed; cutBegin and cutEnd say that more lies before and behind it.
type excerpt struct {
	*Part
	cutBegin, cutEnd bool
}

// rehearseParts evaluates emit, and the window's key, on what the samples join to, and returns the first thing that a
// run would fail on; empty where there is none.
func rehearseParts(ctx context.Context, m *mill.Mill, parts map[*mill.Node]excerpt) (problem string) {
	r := &rehearsal{m, parts, map[*mill.Node][]Keyed{}, map[*mill.Node]*expression.Program{},
		map[*mill.Node][]*engine.Element{}}
	for _, n := range m.Master.All() {
		if r.joined[n] = make([]*engine.Element, len(parts[n].Elements)); n.Parent != nil {
			r.keys[n], _ = parts[n].Keys(n.Right.Clone())
			r.left[n] = n.Left.Clone()
		}
	}
	windows, problem := r.windows()
	if problem != "" || m.Emit == nil {
		return problem
	}
	function := m.NewFunction()
	for _, window := range windows {
		call := &engine.Call{}
		for _, i := range window {
			if master := r.join(m.Master, i); master != nil {
				call.Masters = append(call.Masters, *master)
			}
		}
		if len(call.Masters) == 0 || ctx.Err() != nil {
			continue
		}
		if err := function.Call(ctx, call, func(int, any) error { return nil }); err != nil {
			return fmt.Sprintf("%s: %v", parts[m.Master].Where(window[0]), err)
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
		if w != nil && w.Count > 0 && r.join(r.mill.Master, i) == nil {
			continue // such windows are of complete masters
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

// join returns an element with its matches down the tree; nil where one is missing (R2).
func (r *rehearsal) join(n *mill.Node, i int) *engine.Element {
	if r.joined[n][i] != nil {
		return r.joined[n][i]
	}
	e := &engine.Element{Value: r.parts[n].Elements[i]}
	for _, child := range n.Children {
		key, err := r.left[child].Key(e.Value)
		if err != nil {
			return nil // it is a problem of its own
		}
		var matches []engine.Element
		at, _ := slices.BinarySearchFunc(r.keys[child], Keyed{key, 0}, CompareKeyed)
		if r.isCut(child, key) {
			return nil // it may have more matches than these
		}
		for ; at < len(r.keys[child]) && expression.Compare(r.keys[child][at].Key, key) == 0; at++ {
			if match := r.join(child, r.keys[child][at].Index); match != nil {
				matches = append(matches, *match)
			}
		}
		if len(matches) == 0 {
			return nil
		}
		e.Matches = append(e.Matches, matches)
	}
	r.joined[n][i] = e
	return e
}

// isCut reports whether elements with a right key may lie beyond a child's part.
func (r *rehearsal) isCut(child *mill.Node, key expression.Key) bool {
	keys, excerpt := r.keys[child], r.parts[child]
	if len(keys) == 0 {
		return true
	}
	return excerpt.cutBegin && expression.Compare(key, keys[0].Key) <= 0 ||
		excerpt.cutEnd && expression.Compare(key, keys[len(keys)-1].Key) >= 0
}

// Rehearse returns what a run would fail on, at the beginning or at the end of each partition.
func Rehearse(ctx context.Context, m *mill.Mill, all *Samples) (problems []string) {
	for partition := range all.Of[m.Master] {
		heads, tails := map[*mill.Node]excerpt{}, map[*mill.Node]excerpt{}
		for _, n := range m.Master.All() {
			if partition >= len(all.Of[n]) || all.Of[n][partition].Unread {
				return problems
			}
			s := all.Of[n][partition]
			heads[n], tails[n] = excerpt{&s.Head, false, !s.Whole}, excerpt{&s.Tail, true, false}
			if s.Whole {
				tails[n] = heads[n]
			}
		}
		problem := rehearseParts(ctx, m, heads)
		if problem == "" {
			problem = rehearseParts(ctx, m, tails)
		}
		if problem != "" {
			problems = append(problems, problem)
		}
	}
	return problems
}
