package engine

import (
	"slices"

	"github.com/leat-go/leat/broker"
)

// This file ends sessions. Whatever ends one (the function, an end mark, the data timeout), the results of its last
// call, the rewind points and the end are one addition to what is pending, and so one commit: a crash leaves all of
// it or nothing (R6).

// endWindow hands over the open window at the end of the session, if there is one. Its results are committed with the
// end.
func (t *task) endWindow() error {
	t.ending = true
	return t.closeWindow()
}

// end ends the session, and submits what the calls hold with that. byFunction says that a call has ended it.
//
// REQUIRES: the sources run.
func (t *task) end(byFunction bool) error {
	t.lookForEnds()
	if !byFunction && !t.root.endedByMark() {
		return t.endByTimeout()
	}
	// The next run begins behind the session, so that this one reports all that it has read.
	t.enterOpen()
	if _, err := t.report(true); err != nil {
		return err
	}
	if err := t.verify(); err != nil {
		return err
	}
	points, rest := t.behindSession()
	t.calls.end(points, rest)
	return nil
}

// endByTimeout ends the session where no end mark says what belongs to it: the next run goes on at the rewind points
// of now, and decides what is open.
func (t *task) endByTimeout() error {
	t.leaveOpen()
	if _, err := t.report(false); err != nil {
		return err
	}
	t.withdrawUnreported()
	if err := t.verify(); err != nil {
		return err
	}
	points := t.progress()
	var silent []string
	for i, n := range t.nodes {
		points[i].accounted = n.ledger.accounted
		if n.cursor.timedOut {
			silent = append(silent, n.spec.Name)
		}
	}
	t.logger.Info("session ends by the data timeout, the next run goes on here", "silent", silent)
	t.calls.end(points, nil)
	return nil
}

// endedByMark reports whether end marks alone leave no further call possible, at the master's node.
func (n *node) endedByMark() bool { return n.cursor.atMark() || n.childExhaustedByMark() }

// exhaustedByMark is exhausted by end marks alone: a stream that the data timeout has ended may go on.
func (n *node) exhaustedByMark() bool {
	return n.candidates.none() && (n.cursor.atMark() || n.childExhaustedByMark())
}

func (n *node) childExhaustedByMark() bool {
	return slices.ContainsFunc(n.children, func(c *node) bool {
		return c.candidates.need == NeedOne && c.exhaustedByMark()
	})
}

// undecided reports whether next has no match at the child with the index given, and isn't certain to have none only
// because of the data timeout: one may come later.
func (n *node) undecided(missing int) bool {
	if !n.task.timedOut {
		return false
	}
	child := n.children[missing]
	return !child.candidates.leftNull && !child.candidates.sure && len(child.candidates.matches()) == 0 &&
		!child.endedByMark()
}

// leaveOpen leaves next open. The verdicts about its matches at the children before the one given are provisional:
// they are not accounted for either.
func (n *node) leaveOpen(missing int) {
	for _, c := range n.children[:missing] {
		c.enterMatches(nil, Ended)
	}
}

// leaveOpen leaves what is open to the next run: it isn't accounted for, and counts as not read.
//
// REQUIRES: no window is open.
func (t *task) leaveOpen() {
	if t.ledgers.provisional > 0 {
		t.confirmLost()
	}
	for _, n := range t.nodes[1:] {
		n.leaveHeldOpen()
	}
	t.noteDecided()
	t.account()
	for _, n := range t.nodes {
		n.ledger.counts.read -= int64(len(n.ledger.provisional))
		if n.cursor.hasNext {
			n.ledger.counts.read--
		}
	}
}

// withdrawUnreported withdraws the verdicts that were not reported: they are about elements behind an open one, which
// the next run reads again.
func (t *task) withdrawUnreported() {
	for _, n := range t.nodes {
		for _, u := range n.ledger.unreported {
			n.ledger.counts.unmatched[u.verdict]--
			n.ledger.counts.read--
		}
		n.ledger.unreported = nil
	}
	t.ledgers.unreported = 0
}

// behindSession returns the rewind points behind the session, and which nodes have the rest of it before them: those
// that have not reached their end marks (R5).
func (t *task) behindSession() (points []rewindPoint, rest []bool) {
	points, rest = make([]rewindPoint, len(t.nodes)), make([]bool, len(t.nodes))
	for i, n := range t.nodes {
		offset := n.cursor.behindMark
		if rest[i] = !n.cursor.ended || n.cursor.timedOut; rest[i] {
			offset = n.seen()
		}
		points[i] = behindAll(offset)
	}
	return points, rest
}

// end submits what is held, and the results of the call that has ended the session, together with the end.
func (c *calls) end(points []rewindPoint, rest []bool) {
	out := &c.out
	if c.last != nil {
		c.last.out.appendAll(&c.out)
		out = &c.last.out
	}
	c.pending.end(out, points, rest)
	c.out.reset()
}

// end adds the last results and the end of the session. rest says which nodes have the rest of it before them, to be
// passed over by the next run; nil where none has.
func (p *pending) end(r *results, points []rewindPoint, rest []bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.results.add(r)
	copy(p.points, points)
	p.ended, p.rest = true, rest
	p.added++
}

// progress returns the rewind points as storages have them.
//
// REQUIRES: p is locked.
func (p *pending) progress() broker.Progress {
	progress := broker.Progress{Sessions: p.sessions, Nodes: make([]broker.Rewind, len(p.nodes))}
	if p.ended {
		progress.Sessions++
	}
	for i, n := range p.nodes {
		progress.Nodes[i] = p.points[i].of(n.Name)
		progress.Nodes[i].NextSession = p.rest != nil && p.rest[i]
	}
	return progress
}
