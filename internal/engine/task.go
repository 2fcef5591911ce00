package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/observe"
)

var (
	// errSessionEnded ends a join whose function has ended the session (R6).
	errSessionEnded = errors.New("session ended by the function")
	// errHalted ends a join that has gone on while a call ended the session or failed; the calls know which.
	errHalted = errors.New("halted")
)

// submitAfter is how many chunks a task may read without submitting anything. Then it submits its rewind points
// alone: the next run must not read a long stretch again in which nothing has matched.
const submitAfter = 64

// quietAfter is how long a task waits before it submits rewind points alone where the storage waits for them, see
// [broker.Acknowledger].
const quietAfter = time.Second

// slowCall is how long a call must take for the task to publish where it stands behind it: a chunk of such calls
// takes too long to wait for its end.
const slowCall = time.Millisecond

// A task joins one partition (R9). It runs in one goroutine. Its sources read ahead of it in goroutines of their own,
// its calls may run behind it in workers, and what it has finished it submits to the committer, by way of pending.
type task struct {
	spec      *Spec
	input     broker.Input
	decoding  chan<- *batch // of the run
	partition int
	logger    *slog.Logger
	ctx       context.Context // of the run; ends for a clean stop
	runStats  *Stats
	watch     hook[observe.Call] // nil where no observer watches calls
	stats     *taskStats
	nodes     []*node // in the order of Node.Nodes
	root      *node
	window    *window // nil without one
	calls     *calls

	ledgers ledgers

	// positions and points are the memory of progress.
	positions []position
	points    []rewindPoint
	// ending says that the session ends: the last window's results are committed with the end. timedOut says that the data
	// timeout has ended the stream of a node.
	ending, timedOut bool
	// reading is the index of the node that has read a record last.
	reading int
	// chunksRead counts the chunks that were read since something was submitted.
	chunksRead int
	// acknowledges says that the storage of the streams holds back what isn't committed.
	acknowledges bool
	// noteIdle is noteIdles where a node may be idle; nil elsewhere, so that a program without idle streams doesn't carry it.
	noteIdle func(window bool)
}

// join runs the join until the session ends, and returns nil then.
func (t *task) join() error {
	for {
		ok, err := t.root.read()
		if err != nil {
			return err
		}
		if !ok {
			return t.endWindow()
		}
		if !t.root.cursor.hasNext {
			continue
		}
		open, err := t.joinNext()
		if err != nil {
			return err
		}
		if t.ledgers.provisional > t.ledgers.patience {
			t.confirmLost()
		}
		if open {
			return t.endWindow()
		}
		if len(t.root.children) > 0 && t.root.childExhausted() {
			return t.endWindow()
		}
	}
}

// joinNext finds the matches of the next master and hands it over if it is complete (R3, R4). It is left open, and
// stays next, where the data timeout has ended the stream that would tell.
func (t *task) joinNext() (open bool, err error) {
	root := t.root
	if root.candidates.reuse {
		root.evaluation.lists = root.evaluation.lists[:0]
	}
	if t.ledgers.accounts {
		t.noteDecided()
	}
	if t.noteIdle != nil {
		t.noteIdle(false)
	}
	if t.window != nil {
		t.window.noteStart(t)
		changed, err := t.window.changed(root.cursor.next[0].Value)
		if err != nil {
			return false, t.rejectNext(err)
		}
		if changed {
			if err := t.closeWindow(); err != nil {
				return false, err
			}
		}
	}
	missing, err := root.evaluate(&root.cursor.next[0])
	if err != nil {
		return false, err
	}
	if missing == complete && t.window != nil && t.window.overdue() {
		if err := t.closeWindow(); err != nil {
			return false, err
		}
	}
	switch {
	case missing != complete && root.undecided(missing):
		return true, nil
	case missing != complete:
		root.enterIncomplete(missing)
		root.cursor.consume()
		return false, nil
	case t.window != nil:
		master := root.cursor.next[0]
		root.cursor.consume()
		return false, t.window.add(t, master)
	}
	masters := root.cursor.next[:]
	if t.calls.concurrent() {
		masters = slices.Clone(masters)
	}
	return false, t.call(masters)
}

// rejectNext puts the next master aside because its window key can't be computed.
func (t *task) rejectNext(err error) error {
	master := t.root.cursor.next[0]
	at := t.root.at(master.Record)
	t.root.cursor.consume()
	t.root.ledger.countRead(master.Record.Offset, -1) // reject counts it
	bypass(t.root.children, nil)
	err = &broker.PositionError{Position: at, Err: windowError(err)}
	return t.reject(t.root, &master, err, t.spec.OnDisorder, OutOfOrder)
}

// closeWindow hands over the open window, if there is one.
func (t *task) closeWindow() error {
	if t.window == nil || !t.window.open() {
		return nil
	}
	return t.call(t.window.masters)
}

// call hands masters to the function.
func (t *task) call(masters []Element) error {
	if !t.runStats.TimeCalls {
		return t.make(masters)
	}
	begun := time.Now()
	err := t.make(masters)
	if time.Since(begun) > slowCall {
		t.publish(nil)
	}
	return err
}

// make makes a call. What it returns and the rewind points behind it are submitted together, at once or with those of
// calls that follow soon.
func (t *task) make(masters []Element) error {
	t.root.countHandedOver(masters)
	call := Call{Masters: masters, Partition: t.partition}
	if t.calls.concurrent() {
		t.drop()
		t.chunksRead = 0
		points := t.progress()
		if _, err := t.report(false); err != nil {
			return err
		}
		return t.calls.dispatch(call, t.ending, points)
	}
	end, err := t.calls.make(call)
	if err != nil {
		return err // the masters are still there, so that the rewind points of calls before lie before this one
	}
	t.drop()
	switch {
	case end:
		return errSessionEnded
	case t.ending || !t.calls.due():
		return nil
	}
	if err := t.submit(); err != nil {
		return err
	}
	if t.ctx.Err() != nil { // no further call
		return context.Cause(t.ctx)
	}
	return nil
}

// drop drops the masters that were handed over.
func (t *task) drop() {
	if t.window != nil {
		t.window.close(!t.calls.concurrent())
		return
	}
	t.root.cursor.consume()
}

// submit submits the results that the calls hold, with the rewind points behind them, where that is due.
func (t *task) submit() error {
	due := t.calls.held() || t.chunksRead >= submitAfter
	if !due && t.ledgers.unreported == 0 {
		return nil
	}
	points := t.progress()
	reported, err := t.report(false)
	if err != nil || reported == 0 && !due {
		return err
	}
	t.chunksRead = 0
	return t.calls.submit(points)
}

// progress returns the rewind points: where the next run must begin to read for all that is not handed over yet (R8).
// The slice is used again by the next call.
func (t *task) progress() []rewindPoint {
	if t.window != nil && t.window.open() {
		copy(t.positions, t.window.positions)
	} else {
		t.root.positions(t.positions, 0)
	}
	if t.ledgers.accounts {
		t.accountNow()
	}
	for i, n := range t.nodes {
		accounted := n.cursor.seen
		if t.ledgers.accounts {
			accounted = n.ledger.accounted
		}
		t.points[i] = rewindPoint{position: t.positions[i], seen: n.cursor.seen, accounted: accounted}
		if n.idle != nil {
			t.points[i].idle = n.idle.kept()
		}
		if n.sorter != nil {
			t.points[i].sorted = n.sorter.pointAt(t.positions[i], t.lowest(i).offset())
		}
	}
	return t.points
}

// lowest returns the lowest position that a node may still have: the window that is opened next, if it is, may be
// collected again from where the node stood before its first master was evaluated.
func (t *task) lowest(node int) position {
	if t.window == nil {
		return t.positions[node]
	}
	return min(t.positions[node], t.window.before[node])
}

// receive waits for the next chunk of a feed, or until expires receives something: then the error is errIdle. Windows by
// the clock close meanwhile.
func (t *task) receive(f *feed, expires <-chan time.Time) (*chunk, error) {
	for {
		if t.ctx.Err() != nil {
			return nil, context.Cause(t.ctx)
		}
		select {
		case c := <-f.chunks:
			return c, nil
		default:
		}
		// No result waits for its commit because this task waits.
		if err := t.submit(); err != nil {
			return nil, err
		}
		var closes, quiet <-chan time.Time
		if t.window != nil {
			closes = t.window.expired()
		}
		if t.acknowledges && t.chunksRead > 0 {
			quiet = time.After(quietAfter)
		}
		select {
		case c := <-f.chunks:
			return c, nil
		case <-expires:
			return nil, errIdle
		case <-closes:
			if err := t.closeWindow(); err != nil {
				return nil, err
			}
		case <-quiet:
			t.chunksRead = submitAfter
		case <-t.calls.halted:
			return nil, errHalted
		case <-t.ctx.Done():
			return nil, context.Cause(t.ctx)
		}
	}
}

// reject deals with an element that can't take part, by the policy. The element has been read and is dropped.
func (t *task) reject(n *node, e *Element, err error, policy Policy, verdict Verdict) error {
	if policy.Kind == Fail {
		return err
	}
	n.ledger.countRead(e.Record.Offset, 1)
	n.ledger.enter(e.Record.Offset, verdict, n.explainError(e, verdict, err))
	record := e.Record
	if record.Offset < n.ledger.seenBefore {
		return nil
	}
	n.cursor.see(record.Offset)
	return t.tellRejected(n, record, err, policy)
}

// tellRejected logs that an element was rejected, and writes a letter about it where the policy says so.
func (t *task) tellRejected(n *node, record *broker.Record, err error, policy Policy) error {
	t.logger.Warn("element "+policy.past(), "node", n.spec.Name, "stream", n.spec.Stream.Name, "offset", record.StoredOffset(),
		"error", err)
	if policy.Kind != DeadLetter {
		return nil
	}
	return t.writeLetter(n, record, err)
}

// writeLetter writes a letter about a record.
func (t *task) writeLetter(n *node, record *broker.Record, err error) error {
	points := t.progress()
	if _, err := t.report(false); err != nil {
		return err
	}
	return t.calls.letter(t.failure(n, record, err), record, points)
}

func (t *task) failure(n *node, record *broker.Record, err error) Failure {
	return Failure{
		Node:     n.spec.Name,
		Position: n.at(record),
		Value:    record.Value,
		Err:      err,
	}
}
