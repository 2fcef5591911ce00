package engine

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/observe"
)

// An unmatched is an element that was not handed over, and why, with what the task needs beside that.
type unmatched struct {
	observe.Unmatched
	// verdict is Verdict as a number.
	verdict Verdict
	// ordinal is the element's offset as the node has it: in a stream that is put in order it isn't that of Offset.
	ordinal int64
	// record has the key and the time of the element's record, for the stream that it is reported to.
	record broker.Record
}

// position returns where the element is.
func (u *unmatched) position() broker.Position {
	return broker.Position{Stream: u.Stream, Partition: u.Partition, Offset: u.Offset, Line: u.Line, Column: u.Column,
		At: u.At}
}

// because says that the verdict follows from another one; nil where that is not known.
func (u *unmatched) because(other *unmatched) {
	if other != nil {
		u.Cause = &other.Unmatched
	}
}

// unreportedLimit is how many verdicts a task keeps to submit their reports with the results of the next call.
const unreportedLimit = 256

// recentLimit is how many elements of each node and verdict are kept.
const recentLimit = 16

// explain describes an element that is not handed over. The memory of elements and records may be used again, so that
// the description has its own.
func (n *node) explain(e *Element, verdict Verdict, other *node, keys Neighbours) *unmatched {
	at := n.at(e.Record)
	u := &unmatched{
		Unmatched: observe.Unmatched{
			Node:      n.spec.Name,
			Verdict:   verdict.observed(),
			Stream:    at.Stream,
			Partition: n.task.partition,
			Offset:    at.Offset,
			Line:      at.Line,
			Column:    at.Column,
			At:        at.At,
			Record:    bytes.Clone(e.Record.Value),
			Key:       keys.Key,
			Before:    keys.Before,
			After:     keys.After,
			Distance:  keys.Distance,
			Apart:     keys.Apart,
			Time:      time.Now(),
		},
		verdict: verdict,
		ordinal: e.Record.Offset,
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

// explainError describes an element that a policy puts aside; nil where verdicts aren't explained.
func (n *node) explainError(e *Element, verdict Verdict, err error) *unmatched {
	if !n.task.ledgers.explains {
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

// report reports the verdicts about elements that are accounted for, or all of them, and returns how many those were.
// What goes into a stream is held with the results of calls.
func (t *task) report(all bool) (reported int, err error) {
	if t.ledgers.unreported == 0 {
		return 0, nil
	}
	t.ledgers.reportFailed = true
	for _, n := range t.nodes {
		// Not slices.SortStableFunc: nothing else needs it, and 8 KB of each program would be for this.
		sort.SliceStable(n.ledger.unreported, func(i, j int) bool {
			return n.ledger.unreported[i].ordinal < n.ledger.unreported[j].ordinal
		})
		i := 0
		for ; i < len(n.ledger.unreported) && (all || n.ledger.unreported[i].ordinal < n.ledger.accounted); i++ {
			if err := t.calls.own.report(n.ledger.unreported[i], &t.calls.out); err != nil {
				return reported, err
			}
		}
		n.ledger.unreported = slices.Delete(n.ledger.unreported, 0, i)
		reported += i
	}
	t.ledgers.unreported -= reported
	t.ledgers.reportFailed = false
	return reported, nil
}

// report calls OnUnmatched with an element that is not handed over, and appends what goes into a stream to out.
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
