package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leat-go/leat/broker"
)

// This file lets the join go on without a stream that has nothing (R13). Say the child may be idle for 10 s, and this has
// come, with the seconds:
//
//	masters    5 (0 s)   7 (1 s)   8 (20 s)
//	children   5 (0 s)   6 (0 s)            7 (25 s)   9 (26 s)
//
//	master 5   is certain at once: 6 is above it
//	master 7   waits from 1 s on. At 11 s the child is idle: it is taken to have nothing up to 7, and 7 goes out without
//	master 8   goes out at once: the child is idle until it has an element
//	child 7    is late: what was taken for granted up to 8 isn't so. It goes by the policy, and serves what comes next
//	child 9    is on time
//
// What was taken for granted is kept with the positions, so that a restart tells what is late as well.

// An Idle lets the join go on without a node whose stream is idle. Make one by [IdleAfter].
type Idle struct {
	// After is how long the join waits for an element before the stream is idle.
	After time.Duration
	begin func(n *node, from *start) idleWatch
	check func(kept string) error
}

// An idleWatch is an [idler]. Only IdleAfter refers to that, so that a program without idle streams carries none of it.
type idleWatch interface {
	// await is node.await. It returns errIdle where the stream is idle.
	await() (*chunk, error)
	// come says that there is an element.
	come()
	// judge deals with the element at hand, which has the right key at hand, where it comes late.
	judge(record *broker.Record) error
	// pass says that the parent's element at hand doesn't wait, and passed reports whether it didn't.
	pass()
	passed() bool
	// kept is what a commit keeps.
	kept() string
}

// errIdle is what awaiting a chunk returns where the stream is idle.
var errIdle = errors.New("the stream is idle")

// lookAgain is how often at most the join asks whether a storage has anything, while a stream is idle.
const lookAgain = time.Second

// probePatience is how long the join waits for the answer.
const probePatience = 2 * time.Second

// IdleAfter returns an Idle. after must be above zero.
func IdleAfter(after time.Duration) *Idle {
	check := func(kept string) error {
		_, err := readAssumption(kept)
		return err
	}
	return &Idle{After: after, begin: newIdler, check: check}
}

// An idler watches the stream of a node. It knows since when somebody waits for the stream, and what was taken for granted
// while it was idle.
type idler struct {
	node  *node
	edge  bounded
	after time.Duration

	// since is when somebody began to wait for an element, zero where there was one since; isIdle says that the join has
	// gone on without it.
	since  time.Time
	isIdle bool
	// readTo is the offset behind the last record that has come from the source, and asked until when the storage's word
	// counts that there is no more. missing is up to where it said that there is: that isn't believed twice, since there may
	// be nothing to read, as behind a transaction or where records were removed.
	readTo, missing int64
	asked           time.Time
	// passedAt is the offset of the parent's last element that went on without waiting.
	passedAt int64

	assumed  assumption
	keptText string
}

// bounded is an edge whose right keys are written as bytes that are in their order.
type bounded interface {
	Edge
	// appendReach appends the lowest and the highest key in reach of the left key; isOpen says that there is no lowest.
	appendReach(from, to []byte) (_, _ []byte, isOpen bool)
	appendRight(dst []byte) []byte
}

// An assumption is what was taken for granted while a stream was idle: that nothing comes with a key up to To. Below From
// nothing was asked for, so that what comes there is missed by nobody; it is empty where there is no such bound. Both are
// bytes in the order of the keys.
type assumption struct {
	From []byte `json:"from,omitempty"`
	To   []byte `json:"to"`
}

func readAssumption(kept string) (a assumption, err error) {
	if kept == "" {
		return a, nil
	}
	if err = json.Unmarshal([]byte(kept), &a); err != nil {
		return a, fmt.Errorf("what is kept of an idle stream, %s, is damaged: %w", kept, err)
	}
	return a, nil
}

func newIdler(n *node, from *start) idleWatch {
	w := &idler{node: n, after: n.spec.Idle.After, readTo: from.kept.Offset, passedAt: -1, keptText: from.kept.Idle}
	w.edge, _ = n.edge.(bounded)
	w.assumed, _ = readAssumption(w.keptText) // checked before
	return w
}

func (w *idler) await() (*chunk, error) {
	feed := w.node.cursor.feed
	if len(feed.chunks) == 0 && w.isOver() {
		return nil, errIdle
	}
	for {
		c, err := w.node.awaitUntil(w.expires())
		switch {
		case err != errIdle:
			if c != nil && len(c.records) > 0 {
				w.readTo = c.last() + 1
			}
			return c, err
		case w.isOver():
			w.begin()
			return nil, errIdle
		}
	}
}

// isOver reports whether somebody has waited long enough, and there is nothing to be read.
func (w *idler) isOver() bool {
	return !w.since.IsZero() && time.Since(w.since) >= w.after && w.isAtEnd()
}

// expires returns a channel that tells when it is time to look whether the stream is idle.
func (w *idler) expires() <-chan time.Time {
	if w.since.IsZero() {
		w.since = time.Now()
	}
	left := w.after - time.Since(w.since)
	if left <= 0 {
		left = min(w.after, lookAgain) // there is something to be read, or nobody can tell
	}
	return time.After(left)
}

// begin says that an idle period begins.
func (w *idler) begin() {
	if w.isIdle {
		return
	}
	w.isIdle = true
	n := w.node
	n.task.logger.Info("a stream is idle: the join goes on without it until it has an element", "node", n.spec.Name,
		"stream", n.spec.Stream.Name, "waited", w.after, "for", n.awaited().String())
}

// isAtEnd reports whether there is nothing to be read: the reader is at the end of what the storage has, and can reach it.
func (w *idler) isAtEnd() bool {
	f := w.node.cursor.feed
	if len(f.chunks) > 0 || !f.isOpen() {
		return false
	}
	if withheld, _ := f.withheld(); withheld > 0 {
		return false
	}
	prober := f.prober()
	if prober == nil {
		return f.end() <= w.readTo
	}
	now := time.Now()
	if now.Before(w.asked) {
		return true
	}
	ctx, cancel := context.WithTimeout(w.node.task.ctx, probePatience)
	defer cancel()
	end, err := prober.Probe(ctx, w.readTo)
	if err != nil {
		w.node.task.logger.Warn("whether a stream is idle can't be told: the join waits for it", "node", w.node.spec.Name,
			"stream", w.node.spec.Stream.Name, "error", err)
		return false
	}
	if end > max(w.readTo, w.missing) {
		w.missing = end
		return false
	}
	w.asked = now.Add(min(w.after, lookAgain))
	return len(f.chunks) == 0
}

func (w *idler) come() { w.since, w.isIdle = time.Time{}, false }

// pass widens what is taken for granted to the reach of the parent's element at hand.
func (w *idler) pass() {
	w.begin()
	n := w.node
	w.passedAt = n.parent.cursor.next[0].Record.Offset
	n.candidates.sure = true
	n.ledger.counts.early++
	from, to, isOpen := w.edge.appendReach(nil, nil)
	switch a := &w.assumed; {
	case a.To == nil && isOpen:
		*a = assumption{To: to}
	case a.To == nil:
		*a = assumption{from, to}
	case bytes.Equal(a.To, to):
		return
	default:
		a.To = to
	}
	w.keptText = ""
}

func (w *idler) passed() bool { return w.passedAt == w.node.parent.cursor.next[0].Record.Offset }

func (w *idler) judge(record *broker.Record) error {
	if w.assumed.To == nil {
		return nil
	}
	right := w.edge.appendRight(nil)
	if bytes.Compare(right, w.assumed.To) > 0 {
		w.assumed, w.keptText = assumption{}, ""
		return nil
	}
	n := w.node
	if bytes.Compare(right, w.assumed.From) < 0 || record.Offset < n.ledger.seenBefore {
		return nil
	}
	key, _, _ := describeKey(n.edge.RightKey())
	err := error(&broker.PositionError{Position: n.at(record), Err: n.joinError(fmt.Errorf("%w: when its key %s came, "+
		"elements of %s that it may match had gone on without it, since nothing had come for %v", errLate, key,
		n.parent.spec.Name, w.after))})
	policy := n.task.spec.OnDisorder
	if policy.Kind == Fail {
		return err
	}
	n.cursor.see(record.Offset)
	if !n.ledger.counted.hasRead(record.Offset) {
		n.ledger.counts.late++
	}
	n.task.logger.Warn("an element came late: it serves only what comes next", "node", n.spec.Name, "stream",
		n.spec.Stream.Name, "offset", record.StoredOffset(), "error", err)
	if policy.Kind != DeadLetter {
		return nil
	}
	return n.task.writeLetter(n, record, err)
}

func (w *idler) kept() string {
	if w.keptText == "" && w.assumed.To != nil {
		text, _ := json.Marshal(w.assumed) // of two byte strings, that doesn't fail
		w.keptText = string(text)
	}
	return w.keptText
}

// prober returns the feed's reader where it is one that can be asked; nil elsewhere.
func (f *feed) prober() broker.Prober {
	lagger := f.source.Load().lagger.Load()
	if lagger == nil {
		return nil
	}
	prober, _ := (*lagger).(broker.Prober)
	return prober
}

// watchIdle begins to watch the stream of a node, where it may be idle.
func (n *node) watchIdle(from *start) {
	if n.spec.Idle != nil {
		n.idle = n.spec.Idle.begin(n, from)
	}
}

// judgeLate deals with an element that has come, and may be late. null says that its key for the parent is: nothing waits
// for such an element.
func (n *node) judgeLate(record *broker.Record, null bool) error {
	if n.sorter == nil {
		n.idle.come() // else the sorter knows
	}
	if null {
		return nil
	}
	return n.idle.judge(record)
}

// idles says which streams aren't waited for without end, as an addition to the guarantee; "" where there are none.
func (r *run) idles() string {
	var text strings.Builder
	for _, n := range r.nodes {
		if n.Idle != nil {
			fmt.Fprintf(&text, "; with those matches that came in time: %s isn't waited for when it has been idle for %v", n.Name,
				n.Idle.After)
		}
	}
	return text.String()
}
