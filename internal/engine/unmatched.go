package engine

import (
	"bytes"
	"reflect"
	"slices"
	"time"
)

// recentLimit is how many elements of each node and verdict are kept.
const recentLimit = 16

// explain describes an element that is not handed over. The memory of elements and records may be used again, so that what
// is told has its own.
func (n *node) explain(e *Element, verdict Verdict, other *node, keys Neighbours) *Unmatched {
	u := &Unmatched{
		Node:     n.spec.Name,
		Position: e.Record.At(n.spec.Stream.Name, n.task.partition),
		Verdict:  verdict,
		Record:   bytes.Clone(e.Record.Value),
		Key:      keys.Key,
		Before:   keys.Before,
		After:    keys.After,
		Time:     time.Now(),
	}
	if e.Value != nil {
		u.Value = cloneElement(e.Value)
	}
	if other != nil {
		u.Other = other.spec.Name
	}
	return u
}

// explainError describes an element that a policy puts aside; nil where nobody wants to know.
func (n *node) explainError(e *Element, verdict Verdict, err error) *Unmatched {
	if !n.task.explains {
		return nil
	}
	u := n.explain(e, verdict, nil, Neighbours{})
	u.Err = err
	return u
}

// cloneElement copies an element, a *T.
func cloneElement(value any) any {
	v := reflect.ValueOf(value).Elem()
	clone := reflect.New(v.Type())
	clone.Elem().Set(v)
	return clone.Interface()
}

// tell tells who wants to know that an element is not handed over.
func (t *task) tell(n *node, u *Unmatched) {
	if t.stats.KeepRecent {
		t.told.remember(n.index, u)
	}
}

// remember keeps u among the last ones of its node and verdict.
func (t *taskStats) remember(node int, u *Unmatched) {
	t.mu.Lock()
	defer t.mu.Unlock()
	recent := &t.recent[node][u.Verdict]
	*recent = append(lastOf(*recent, recentLimit-1), *u)
}

// lastOf returns the last n of a list, in its memory.
func lastOf(list []Unmatched, n int) []Unmatched { return slices.Delete(list, 0, max(0, len(list)-n)) }

// recent returns the last elements of each node and verdict over all tasks, in the order of their time.
//
// REQUIRES: s is locked.
func (s *Stats) recent() []Unmatched {
	var all []Unmatched
	for node := range s.about.Nodes {
		for verdict := range Verdicts {
			var some []Unmatched
			for _, t := range s.tasks {
				if t != nil {
					some = append(some, t.recentOf(node, verdict)...)
				}
			}
			slices.SortStableFunc(some, byTime)
			all = append(all, lastOf(some, recentLimit)...)
		}
	}
	slices.SortStableFunc(all, byTime)
	return all
}

func byTime(a, b Unmatched) int { return a.Time.Compare(b.Time) }

func (t *taskStats) recentOf(node, verdict int) []Unmatched {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.recent[node][verdict])
}
