package engine

import (
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// batchBytes is how much a task may have pending without telling the committer.
const batchBytes = 16 << 10

// The calls that a task hands over together are at most maxCallBatch, and at most a part of those between two commits:
// then nobody notices that a result waits for others.
const (
	maxCallBatch  = 32
	callBatchPart = 256
)

// pending is what a task has finished and nobody has committed yet: results and, always together with them, the places
// behind them. The task adds, the committer takes.
type pending struct {
	partition int
	nodes     []*Node
	sessions  int64 // ended before this one

	mu       sync.Mutex
	results  buffers
	underWay buffers // the results that were taken last, until they are committed; the committer's
	points   []rewindPoint
	// over says that the session has ended, and rest which nodes have the rest of it before them.
	ended bool
	rest  []bool
	// reported is what the committer knows of what is pending, and taken what it knew of what it took: it is told of a
	// batch at a time.
	reportedResults, reportedBytes     int
	committingResults, committingBytes int
	batch                              int // in results
	// callBatch is how many calls the task may hold before it hands them over. It follows the task's pace, unless
	// fixedCallBatch isn't zero.
	callBatch      atomic.Int64
	fixedCallBatch int64
	// added counts the additions; taken and committed are what it was when a commit began, and when one was through.
	added, committing, committed int64
}

func newPending(partition int, nodes []*Node, sessions int64, batch int, fixedCallBatch int64) *pending {
	p := &pending{
		batch:     batch,
		partition: partition,
		nodes:     nodes,
		sessions:  sessions,
		points:    make([]rewindPoint, len(nodes)),

		fixedCallBatch: fixedCallBatch,
	}
	p.pace(0)
	return p
}

// pace says how many calls the task has made since the last commit.
func (p *pending) pace(calls int64) {
	batch := max(1, min(calls/callBatchPart, maxCallBatch))
	if p.fixedCallBatch > 0 {
		batch = p.fixedCallBatch
	}
	p.callBatch.Store(batch)
}

// add adds results and replaces the places. It tells whether there was nothing pending before, and now and then how much
// there is more than it told last.
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

// take returns what is to be committed, but for the results, which are in sent then; false if there is nothing.
func (p *pending) begin() (broker.Commit, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pace(p.results.calls)
	if p.added == p.committing {
		return broker.Commit{}, false
	}
	commit := broker.Commit{Partition: p.partition, Progress: p.progress(), End: p.ended}
	p.results, p.underWay = p.underWay, p.results
	p.committing = p.added
	p.committingResults, p.committingBytes = p.reportedResults, p.reportedBytes
	p.reportedResults, p.reportedBytes = 0, 0
	return commit, true
}

// committedNow says that what was taken last is committed. It returns of how many calls that was, how many of them had
// failed, and how many of the results and bytes had been reported.
func (p *pending) done() (calls, failed int64, results, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.committed = p.committing
	calls, failed = p.underWay.calls, p.underWay.failed
	p.underWay.free()
	return calls, failed, p.committingResults, p.committingBytes
}

// progressed returns how many additions there were, and how many of them are committed.
func (p *pending) progressed() (added, committed int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.added, p.committed
}
