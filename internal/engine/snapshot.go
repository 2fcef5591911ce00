package engine

import (
	"time"

	"github.com/leat-go/leat/broker"
)

// A Snapshot is what a run looks like at one moment: what metrics, the monitor's page and the terminal show. It is plain
// data, a copy that nobody changes.
type Snapshot struct {
	// Name is the mill's.
	Name string
	// Started is when the run began, and Taken when the snapshot was.
	Started, Taken time.Time
	// Nodes are the join tree's, in the order of Node.Nodes.
	Nodes []SnapshotNode
	// Outputs are the names of the output streams.
	Outputs []string
	// Partitions is how many partitions the streams have, and Tasks holds those that this process owns or has worked on
	// in this run, by their number.
	Partitions int
	Tasks      []TaskSnapshot

	// Stopping says that the run ends before its session does: it was stopped from outside, or something has failed. Tasks that
	// this process doesn't own any more are not another's then.
	Stopping bool

	// Calls, Failed and Results are as in Stats.
	Calls, Failed, Results int64
	// CallTime sums up how long calls took. It counts only where somebody watches: measuring a call costs something.
	CallTime Histogram
	// Commits counts commits that went through, Aborts those that were tried again, and CommitTime sums up how long the
	// former took, with all their attempts.
	Commits, Aborts int64
	CommitTime      Histogram
	// Commit is the commit that is under way; zero where none is.
	Commit CommitSnapshot
	// Assigned counts the partitions that this process was given, those that it was given again among them, and Revoked
	// those that were taken away from it while the run went on.
	Assigned, Revoked int64
	// PendingResults and PendingBytes are finished and not committed yet.
	PendingResults, PendingBytes int64
	// BytesRead and BytesTotal are those of the input's broker.Meter; zero where it has none.
	BytesRead, BytesTotal int64
	// Warnings are what the input has to say about what was read, once the run is over; see broker.Warner.
	Warnings []string
	// Recent holds, for each node and verdict, the last few elements that were not handed over, the latest last. It is kept
	// only where somebody watches: explaining each such element costs something.
	Recent []Unmatched
}

// A CommitSnapshot is what a commit that is under way has come to.
type CommitSnapshot struct {
	// Since is when it began.
	Since time.Time
	// Aborts is how often it was aborted and tried again, and Error why, the last time.
	Aborts int64
	Error  string
}

// Totals returns the counts of each node over all tasks, in the order of Nodes. What a task has beside counts is left out.
func (s *Snapshot) Totals() []NodeSnapshot {
	totals := make([]NodeSnapshot, len(s.Nodes))
	for _, t := range s.Tasks {
		for i := range t.Nodes {
			totals[i].add(&t.Nodes[i])
		}
	}
	return totals
}

func (n *NodeSnapshot) add(other *NodeSnapshot) {
	n.Read += other.Read
	n.Matched += other.Matched
	n.Skipped += other.Skipped
	n.Tombstones += other.Tombstones
	for v, count := range other.Unmatched {
		n.Unmatched[v] += count
	}
	n.Waited += other.Waited
}

// A SnapshotNode describes a node of the join tree.
type SnapshotNode struct {
	Name, Stream string
	// Parent is the index of the parent in Snapshot.Nodes; -1 at the master.
	Parent int
	// On describes the keys.
	On string
	// Window describes the window, at the master of a mill that has one.
	Window string
}

// A TaskSnapshot is what the work on one partition looks like.
type TaskSnapshot struct {
	Partition int
	// Owned says that this process works on the partition now, and Ended that its session has ended.
	Owned, Ended bool
	// Nodes are in the order of Snapshot.Nodes.
	Nodes []NodeSnapshot
	// WaitsFor is the index of the node that the join waits for the next element of, since WaitsSince; -1 while it works.
	WaitsFor   int
	WaitsSince time.Time
	// Window is how many masters are in the open window.
	Window int
}

// A NodeSnapshot is where the reading of one node in one partition stands. The counts are those of the run; they are up to
// date to a few hundred elements, and exact where the task waits or has ended.
//
// What was read is matched, unmatched by one of the verdicts, or open: it may still match. At the end of the session
// nothing is open; what is when the data timeout ends it is left to the next run, and counts as not read by this one.
type NodeSnapshot struct {
	// Read counts the elements that the join looked at, Matched those that a call of the function got, and Skipped those
	// that a policy put aside, which are those with the verdicts OutOfOrder and Undecodable.
	Read, Matched, Skipped int64
	// Tombstones counts the records without a value that were passed over. They are no elements, and not in Read.
	Tombstones int64
	// Unmatched counts by Verdict what was not handed over, OutOfOrder and Undecodable among them.
	Unmatched [Verdicts]int64
	// Offset is behind the last element that was read, or behind the session's mark. Behind is the distance from there to the
	// end of the partition, in records, as far as the storage has told; -1 where it doesn't know, and for a task that is over.
	Offset, Behind int64
	// Withheld is how many records can't be read yet, about, since they lie in or behind a transaction of another producer
	// which has been open since WithheldSince, or longer; zero where there are none, as far as the storage has told.
	Withheld      int64
	WithheldSince time.Time
	// Key is the key of the last element that was read: of the edge to the parent, at the master of that to the first
	// child; empty before the first, and where there is no key. Number is the key as a number, where IsNumber.
	Key      string
	Number   float64
	IsNumber bool
	// ParentKey is the parent's key at hand on the edge to it, which Key is compared with; empty at the master and where there
	// is none. ParentNumber is it as a number, where ParentIsNumber.
	ParentKey      string
	ParentNumber   float64
	ParentIsNumber bool
	// Group is how many elements the node holds in memory.
	Group int
	// Line is that of the last element that was read, where the storage has lines; zero otherwise.
	Line int
	// Verified says that what the join hadn't come to was verified, to the stream's end, and Beyond counts its elements.
	Verified bool
	Beyond   int64
	// Ended says that the session's mark was read, or that there is nothing more, and TimedOut that the data timeout has ended
	// the stream without one.
	Ended, TimedOut bool
	// Waited is how long the join has waited for this node in all.
	Waited time.Duration
}

// A Histogram counts durations.
type Histogram struct {
	Count int64
	Sum   time.Duration
	// Buckets counts for each of HistogramBounds the durations up to it, and above those before it.
	Buckets [len(HistogramBounds)]int64
}

// Plus returns the counts of both.
func (h Histogram) Plus(other Histogram) Histogram {
	h.Count += other.Count
	h.Sum += other.Sum
	for i, count := range other.Buckets {
		h.Buckets[i] += count
	}
	return h
}

// HistogramBounds are the upper bounds of a Histogram's buckets. What is longer than the last is in Count only.
var HistogramBounds = [...]time.Duration{
	time.Microsecond, 10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// A Verdict says why an element was not handed over.
type Verdict int

// The verdicts.
const (
	// Gap: the other side jumped over the key; both neighbours are known.
	Gap Verdict = iota
	// Behind: the key is below the first of the other side.
	Behind
	// Ended: the other stream has ended before the key, or the session before the element was asked for.
	Ended
	// Incomplete: the element was asked for, but has itself no match at one of its children; or it is complete, but every
	// parent that has its key is not; or the parents around its key did not even ask, because they are incomplete already.
	Incomplete
	// Null: the element has no key, so that it matches nothing (R7a).
	Null
	// OutOfOrder: the key decreases, repeats where it was promised not to, or can't be computed.
	OutOfOrder
	// Undecodable: the record could not be decoded.
	Undecodable
	// Verdicts is the number of verdicts.
	Verdicts int = iota
)

// String returns the verdict as metrics and letters have it.
func (v Verdict) String() string {
	switch v {
	case Gap:
		return "gap"
	case Behind:
		return "behind"
	case Ended:
		return "ended"
	case Incomplete:
		return "incomplete"
	case Null:
		return "null"
	case OutOfOrder:
		return "out_of_order"
	case Undecodable:
		return "undecodable"
	}
	return "unknown"
}

// An Unmatched is an element that was not handed over, and why.
type Unmatched struct {
	// Node is the element's node, and Position where it is.
	Node     string
	Position broker.Position
	Verdict  Verdict
	// Value is the element, a *T; nil where it couldn't be decoded.
	Value any
	// Record is the record as it was read; nil where the run doesn't keep it.
	Record []byte
	// Other is the node on the other side of the edge that decided: for a master or a parent the child without a match,
	// for a child its parent. Empty for OutOfOrder and Undecodable, and for what was open when the function ended the session.
	Other string
	// Key is the element's key on that edge. Before and After are the keys of the other side next to it, below and above;
	// nil where there is none or where keys aren't known (JoinFunc).
	Key, Before, After any
	// Cause is for Incomplete the verdict that it follows from, where it is known: about the child that was asked for and
	// is incomplete, about the parent that is incomplete, or about the element itself on the edge to a child.
	Cause *Unmatched
	// Err is the error for OutOfOrder and Undecodable.
	Err error
	// Time is when the verdict was reached.
	Time time.Time

	// record has the key and the time of the element's record, for the stream that it is reported to.
	record broker.Record
}
