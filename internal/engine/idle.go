package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
//	child 7    is late: the master 7 has done without. It goes by the policy, and serves what comes next
//	child 9    is on time
//
// What was done without is kept with the positions, so that a restart tells what is late as well.

// An Idle lets the join go on without a node whose stream is idle. Make one by [IdleAfter].
type Idle struct {
	// After is how long the join waits for an element before the stream is idle.
	After time.Duration
	begin func(n *node, from *start) idleWatch
	check func(kept string) error
	// guarantee says of a node that it isn't waited for without end.
	guarantee func(node string) string
}

// An idleWatch is an [idler]. Only IdleAfter refers to that, so that a program without idle streams carries none of it.
type idleWatch interface {
	// await is node.await. It returns errIdle where the stream is idle.
	await() (*chunk, error)
	// come says that there is an element.
	come()
	// judge deals with the element at hand, which has the right key at hand, where it comes late. null says that its key for
	// the parent is: nothing waits for such an element.
	judge(record *broker.Record, null bool) error
	// pass says that the parent's element at hand doesn't wait, and passed reports whether it didn't.
	pass()
	passed() bool
	// kept is what a commit keeps.
	kept() string
	// noteStart says that the next master is about to be evaluated, and noteWindow that it opens a window.
	noteStart()
	noteWindow()
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
		_, err := readMissed(kept)
		return err
	}
	guarantee := func(node string) string {
		return fmt.Sprintf("; with those matches that came in time: %s isn't waited for when it has been idle for %v",
			node, after)
	}
	return &Idle{After: after, begin: newIdler, check: check, guarantee: guarantee}
}

// An idler watches the stream of a node. It knows since when somebody waits for the stream, and what the parent's elements
// have done without while it was idle.
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
	// isAway says that the storage couldn't be reached. That time doesn't count: nothing could come meanwhile.
	isAway bool
	// passedAt is the offset of the parent's last element that went on without waiting.
	passedAt int64

	// missed is what was done without. started is what that was before the master at hand, and opened before the open
	// window: a restart evaluates these again. Where the parent isn't the master they aren't used, since a restart needn't
	// evaluate its elements again.
	missed, started, opened *missed
}

// bounded is an edge whose keys are written as bytes that are in their order.
type bounded interface {
	Edge
	// appendReach appends the lowest and the highest key in reach of the left key; no lowest where the reach is open.
	appendReach(from, to []byte) (_, _ []byte)
	appendLeft(dst []byte) []byte
	appendRight(dst []byte) []byte
}

func newIdler(n *node, from *start) idleWatch {
	w := &idler{node: n, after: n.spec.Idle.After, readTo: from.kept.Offset, passedAt: -1}
	w.edge, _ = n.edge.(bounded)
	w.missed, _ = readMissed(from.kept.Idle) // checked before
	w.started, w.opened = w.missed, w.missed
	n.task.noteIdle = n.task.noteIdles
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
		case len(feed.chunks) == 0:
			w.look()
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
	switch {
	case left <= 0 || w.isAway: // there is something to be read, or nobody can tell
		left = min(w.after, lookAgain)
	case w.node.cursor.feed.prober() != nil:
		left = min(left, max(w.after/looks, lookAgain))
	}
	return time.After(left)
}

// looks is how often the join asks, while it waits, whether the storage can be reached. So a time when that was away is
// noticed unless it was shorter than such a part of the wait.
const looks = 4

// look asks whether the storage can be reached, before the stream is idle.
func (w *idler) look() {
	if f := w.node.cursor.feed; f.isOpen() && f.prober() != nil {
		_, _ = w.probe(f)
	}
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
	if f.withheld().Records > 0 {
		return false
	}
	if f.prober() == nil {
		return f.end() <= w.readTo
	}
	now := time.Now()
	if now.Before(w.asked) {
		return true
	}
	end, ok := w.probe(f)
	switch {
	case !ok:
		return false
	case end > max(w.readTo, w.missing):
		w.missing = end
		return false
	}
	w.asked = now.Add(min(w.after, lookAgain))
	return len(f.chunks) == 0
}

// probe asks the storage up to where there is something to be read; ok is false where it can't be reached. Where it couldn't be
// before, the wait begins again: what was to come has that time.
func (w *idler) probe(f *feed) (end int64, ok bool) {
	ctx, cancel := context.WithTimeout(w.node.task.ctx, probePatience)
	defer cancel()
	end, err := f.prober().Probe(ctx, w.readTo)
	switch {
	case err == nil && !w.isAway:
		return end, true
	case err == nil:
		w.isAway, w.since = false, time.Now()
	case !w.isAway && w.node.task.ctx.Err() == nil:
		w.isAway, w.isIdle, w.asked = true, false, time.Time{}
		w.node.task.logger.Warn("whether a stream is idle can't be told: the join waits for it", "node", w.node.spec.Name,
			"stream", w.node.spec.Stream.Name, "error", err)
	}
	return 0, false
}

// come says that an element has come, so that the storage could be reached: that it is away then is news.
func (w *idler) come() { w.since, w.isIdle, w.isAway = time.Time{}, false, false }

// pass has the parent's element at hand do without what it would take.
func (w *idler) pass() {
	w.begin()
	n := w.node
	w.passedAt = n.parent.cursor.next[0].Record.Offset
	n.candidates.sure = true
	n.ledger.counts.early++
	var by uint64
	from, to := w.edge.appendReach(nil, nil)
	to = justAbove(to)
	s := n.candidates.selection
	if s == nil {
		w.missed = w.missed.with(span{from, to, 0})
		return
	}
	if s.by != nil {
		by = fingerprint(s.by.leftValue())
	}
	if nearer := w.nearerThan(s); nearer != nil && bytes.Compare(nearer, to) < 0 {
		to = nearer
	}
	if left := w.edge.appendLeft(nil); s.unequal && bytes.Compare(from, left) <= 0 && bytes.Compare(left, to) < 0 {
		if bytes.Compare(from, left) < 0 {
			w.missed = w.missed.with(span{from, left, by})
		}
		from = justAbove(w.edge.appendLeft(nil))
	}
	if bytes.Compare(from, to) < 0 {
		w.missed = w.missed.with(span{from, to, by})
	}
}

// nearerThan returns the bound from which on nothing is nearer to the parent's element than what it has; nil where that isn't
// known, or nearness doesn't matter.
func (w *idler) nearerThan(s *selection) []byte {
	list := s.leftList()
	if s.take != TakeNearest || s.exists || list == nil {
		return nil
	}
	switch before, _ := s.around(list); {
	case before < 0:
		return nil
	case s.side(before) == 0:
		return justAbove(w.edge.appendLeft(nil))
	default:
		if key, ok := s.mirrored(before); ok {
			return appendKey(nil, key)
		}
	}
	return nil
}

func (w *idler) passed() bool { return w.passedAt == w.node.parent.cursor.next[0].Record.Offset }

func (w *idler) judge(record *broker.Record, null bool) error {
	n := w.node
	if n.sorter == nil {
		w.come() // else the sorter knows
	}
	if null || len(w.missed.spans) == 0 {
		return nil
	}
	right := w.edge.appendRight(nil)
	w.missed = w.missed.from(right)
	var by uint64
	if s := n.candidates.selection; s != nil && s.by != nil {
		by = fingerprint(s.by.rightValue())
	}
	if record.Offset < n.ledger.seenBefore || !w.missed.has(right, by) {
		return nil
	}
	key, _, _ := describeKey(n.edge.RightKey())
	err := error(&broker.PositionError{Position: n.at(record), Err: n.joinError(fmt.Errorf("%w: when its key %s came, "+
		"elements of %s that it may match had gone on without it, since nothing had come for %v; a longer idle time waits "+
		"for such elements, and the policy on disorder says whether the run stops", errLate, key, n.parent.spec.Name, w.after))})
	policy := n.task.spec.OnDisorder
	if policy.Kind == Fail {
		return err
	}
	n.cursor.see(record.Offset)
	if !n.ledger.counted.hasRead(record.Offset) {
		n.ledger.counts.missed++
	}
	n.task.logger.Warn("an element came late: it serves only what comes next", "node", n.spec.Name, "stream",
		n.spec.Stream.Name, "offset", record.StoredOffset(), "error", err)
	if policy.Kind != DeadLetter {
		return nil
	}
	return n.task.writeLetter(n, record, err)
}

func (w *idler) noteStart()  { w.started = w.missed }
func (w *idler) noteWindow() { w.opened = w.started }

func (w *idler) kept() string {
	root := w.node.task.root
	switch window := w.node.task.window; {
	case w.node.parent != root:
	case window != nil && window.open():
		return w.opened.String()
	case root.cursor.hasNext:
		return w.started.String()
	}
	return w.missed.String()
}

// noteIdles has the idle nodes below the master note what a commit keeps of them until the next master is dealt with; or, with
// window, until the window that it opens is handed over.
func (t *task) noteIdles(window bool) {
	for _, n := range t.root.children {
		switch {
		case n.idle == nil:
		case window:
			n.idle.noteWindow()
		default:
			n.idle.noteStart()
		}
	}
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

// idles says which streams aren't waited for without end, as an addition to the guarantee; "" where there are none.
func (r *run) idles() (text string) {
	for _, n := range r.nodes {
		if n.Idle != nil {
			text += n.Idle.guarantee(n.Name)
		}
	}
	return text
}
