package engine

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/observe"
)

// An unmatched is an element that was not handed over, and why, with what the task needs beside that.
type unmatched struct {
	observe.Unmatched
	// verdict is Verdict as a number.
	verdict Verdict
	// record has the key and the time of the element's record, for the stream that it is reported to.
	record broker.Record
}

// position returns where the element is.
func (u *unmatched) position() broker.Position {
	return broker.Position{Stream: u.Stream, Partition: u.Partition, Offset: u.Offset, Line: u.Line, Column: u.Column}
}

// because says that the verdict follows from another one; nil where that is not known.
func (u *unmatched) because(other *unmatched) {
	if other != nil {
		u.Cause = &other.Unmatched
	}
}

// untoldLimit is how many verdicts a task keeps for the next call to hand them over with it.
const untoldLimit = 256

// recentLimit is how many elements of each node and verdict are kept.
const recentLimit = 16

// explain describes an element that is not handed over. The memory of elements and records may be used again, so that what
// is told has its own.
func (n *node) explain(e *Element, verdict Verdict, other *node, keys Neighbours) *unmatched {
	u := &unmatched{
		Unmatched: observe.Unmatched{
			Node:      n.spec.Name,
			Verdict:   verdict.observed(),
			Stream:    n.spec.Stream.Name,
			Partition: n.task.partition,
			Offset:    e.Record.Offset,
			Line:      e.Record.Line,
			Column:    e.Record.Column,
			Record:    bytes.Clone(e.Record.Value),
			Key:       keys.Key,
			Before:    keys.Before,
			After:     keys.After,
			Time:      time.Now(),
		},
		verdict: verdict,
		record:  broker.Record{Key: bytes.Clone(e.Record.Key), Time: e.Record.Time},
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
func (n *node) explainError(e *Element, verdict Verdict, err error) *unmatched {
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
func (t *task) tell(n *node, u *unmatched) {
	if t.stats.KeepRecent {
		t.told.remember(n.index, u)
	}
	if t.reports {
		n.ledger.untold = append(n.ledger.untold, u)
		t.untold++
	}
}

// mark notes up to where all elements are decided but for those at risk.
//
// REQUIRES: no master is being evaluated.
func (t *task) mark() {
	for _, n := range t.nodes {
		n.ledger.marked = n.cursor.done.first()
		if n.cursor.hasNext {
			n.ledger.marked = n.cursor.next[0].Record.Offset
		}
	}
}

// markPlaces is mark at any moment: while a master is being evaluated, what lies before the places is decided, too.
func (t *task) markPlaces() {
	if !t.root.cursor.hasNext {
		t.mark()
		return
	}
	for i, n := range t.nodes {
		n.ledger.marked = max(n.ledger.marked, t.places[i].first())
	}
}

// account moves on up to where all elements are accounted for.
//
// REQUIRES: no window is open, or the first master of one is about to be added.
func (t *task) account() {
	if t.risks > 0 {
		t.judgeLost()
	}
	for _, n := range t.nodes {
		settled := n.ledger.marked
		if len(n.ledger.risk) > 0 {
			settled = min(settled, n.ledger.risk[0].offset)
		}
		n.ledger.settled = max(n.ledger.settled, settled)
	}
}

// settle completes the looks of the places: where verdicts are told, what lies above settled is told by the next run. As
// long as a window is open, its elements are not accounted for.
func (t *task) settle() {
	if t.window == nil || !t.window.open() {
		t.markPlaces()
		t.account()
	}
	for i, n := range t.nodes {
		t.looks[i].accounted = n.ledger.settled
	}
}

// report tells the verdicts about elements that are settled, or all of them, and returns how many those were. What goes
// into a stream is held with the results of calls.
func (t *task) report(all bool) (told int, err error) {
	if t.untold == 0 {
		return 0, nil
	}
	t.mute = true
	for _, n := range t.nodes {
		slices.SortStableFunc(n.ledger.untold, func(a, b *unmatched) int { return cmp.Compare(a.Offset, b.Offset) })
		i := 0
		for ; i < len(n.ledger.untold) && (all || n.ledger.untold[i].Offset < n.ledger.settled); i++ {
			if err := t.calls.own.report(n.ledger.untold[i], &t.calls.out); err != nil {
				return told, err
			}
		}
		n.ledger.untold = slices.Delete(n.ledger.untold, 0, i)
		told += i
	}
	t.untold -= told
	t.mute = false
	return told, nil
}

// report tells about an element that is not handed over, and appends what goes into a stream to out.
func (w *worker) report(u *unmatched, out *results) (err error) {
	spec := w.task.spec
	if spec.OnUnmatched != nil {
		if err := w.onUnmatched(u); err != nil {
			return &broker.PositionError{Position: u.position(), Err: fmt.Errorf("OnUnmatched: %w", err)}
		}
	}
	if spec.Unmatched == nil {
		return nil
	}
	if err := w.encoder.append(out, spec.UnmatchedOutput, spec.Unmatched(&u.Unmatched), &u.record); err != nil {
		return fmt.Errorf("report that %s is unmatched: %w", u.position(), err)
	}
	return nil
}

func (w *worker) onUnmatched(u *unmatched) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if value := recover(); value != nil {
			err = newPanicError(value)
			return
		}
		w.exited = &broker.PositionError{Position: u.position(), Err: fmt.Errorf("OnUnmatched: %w", goexit())}
	}()
	w.task.spec.OnUnmatched(&u.Unmatched)
	returned = true
	return nil
}

// remember keeps u among the last ones of its node and verdict.
func (t *taskStats) remember(node int, u *unmatched) {
	t.mu.Lock()
	defer t.mu.Unlock()
	recent := &t.recent[node][u.verdict]
	*recent = append(lastOf(*recent, recentLimit-1), u.Unmatched)
}

// lastOf returns the last n of a list, in its memory.
func lastOf(list []observe.Unmatched, n int) []observe.Unmatched {
	return slices.Delete(list, 0, max(0, len(list)-n))
}
