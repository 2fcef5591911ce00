package engine

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// batchBytes is how many bytes of results a task may have pending before it adds them to the committer's sums.
const batchBytes = 16 << 10

// A task submits the results of several calls together: of at most maxCallBatch, and at most of one in callBatchPart
// of those between two commits, so that a result waits for others no longer than that part of the time to its commit.
const (
	maxCallBatch  = 32
	callBatchPart = 256
)

// pending is what a task has finished and the committer hasn't committed: results, and the rewind points behind them.
// They change in one step, so that a commit at any moment has either a call's results and the rewind points behind
// it, or neither.
//
// Say the masters 1 to 5 were called and the results of 1 to 3 submitted: pending has these three and the rewind
// point behind 3. A commit begins with it, and the task goes on to add 4 and 5 with the rewind point behind 5: they
// belong to the next commit. A run that dies meanwhile begins again behind 3 if the commit went through, and at 1 if
// it didn't.
type pending struct {
	partition int
	nodes     []*Node
	sessions  int64 // ended before this one
	// kept are the rewind points that the last commit kept, of this run or one before. They belong to the committer.
	kept []broker.Rewind

	mu      sync.Mutex
	results buffers
	// underWay are the results of the commit under way. They belong to the committer.
	underWay buffers
	points   []rewindPoint
	// ended says that the session has, and rest which nodes have the rest of it before them.
	ended bool
	rest  []bool
	// reported is what of the results is in the committer's sums over all tasks, and committing what of those under
	// way is. The sums grow by a batch at a time, since all tasks share them.
	reportedResults, reportedBytes     int
	committingResults, committingBytes int
	batch                              int // in results
	// callBatch is how many calls the task may hold before it submits their results. It follows the task's pace, unless
	// fixedCallBatch isn't zero.
	callBatch      atomic.Int64
	fixedCallBatch int64
	// added counts the additions; committing and committed are what it was when the last commit began, and when the
	// last one that was through had begun.
	added, committing, committed int64
}

// newPending returns what is pending of a task that begins with the rewind points that were kept.
func newPending(partition int, nodes []*Node, sessions int64, kept []broker.Rewind, batch int,
	fixedCallBatch int64) *pending {
	p := &pending{
		batch:     batch,
		partition: partition,
		nodes:     nodes,
		sessions:  sessions,
		kept:      slices.Clone(kept),
		points:    make([]rewindPoint, len(nodes)),

		fixedCallBatch: fixedCallBatch,
	}
	for i := range p.kept {
		p.kept[i].Position = "" // a commit gets positions later, from the committer
	}
	p.pace(0)
	return p
}

// pace adapts callBatch to how many calls the task has made since the last commit.
func (p *pending) pace(calls int64) {
	batch := max(1, min(calls/callBatchPart, maxCallBatch))
	if p.fixedCallBatch > 0 {
		batch = p.fixedCallBatch
	}
	p.callBatch.Store(batch)
}

// add adds results and replaces the rewind points. It returns whether nothing was pending before, and, a batch at a
// time, how many results and bytes there are more than it returned before.
func (p *pending) add(r *results, points []rewindPoint) (first bool, results, bytes int) {
	p.mu.Lock()
	p.results.add(r)
	copy(p.points, points)
	first = p.added == p.committing
	p.added++
	results, bytes = p.results.count-p.reportedResults, p.results.size-p.reportedBytes
	if results < p.batch && bytes < batchBytes {
		results, bytes = 0, 0
	}
	p.reportedResults += results
	p.reportedBytes += bytes
	p.mu.Unlock()
	return first, results, bytes
}

// begin begins a commit: it returns what is pending, but for the results, which are underWay then; false if there is
// nothing. Rewind points alone that are those kept are nothing, too: a run that reads a long stretch again comes to them.
func (p *pending) begin() (broker.Commit, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pace(p.results.calls)
	if p.added == p.committing {
		return broker.Commit{}, false
	}
	commit := broker.Commit{Partition: p.partition, Progress: p.progress(), End: p.ended}
	if p.results.calls == 0 && p.results.count == 0 && !p.ended && slices.Equal(commit.Progress.Nodes, p.kept) {
		p.committing, p.committed = p.added, p.added
		return broker.Commit{}, false
	}
	p.kept = append(p.kept[:0], commit.Progress.Nodes...)
	p.results, p.underWay = p.underWay, p.results
	p.committing = p.added
	p.committingResults, p.committingBytes = p.reportedResults, p.reportedBytes
	p.reportedResults, p.reportedBytes = 0, 0
	return commit, true
}

// done says that the commit under way is through. It returns of how many calls and results that was, and how many of the
// results and bytes are in the committer's sums.
func (p *pending) done() (calls callCounts, count, results, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.committed = p.committing
	calls, count = p.underWay.callCounts, p.underWay.count
	p.underWay.free()
	return calls, count, p.committingResults, p.committingBytes
}

// progressed returns how many additions there were, and how many of them are committed.
func (p *pending) progressed() (added, committed int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.added, p.committed
}
