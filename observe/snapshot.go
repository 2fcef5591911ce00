package observe

import (
	"maps"
	"time"
)

// A Snapshot is what a run looks like at one moment. It is plain data, a copy that nobody changes.
type Snapshot struct {
	// Name is the mill's.
	Name string
	// Started is when the run began, and Taken when the snapshot was.
	Started, Taken time.Time
	// Nodes are the join tree's: the master first, parents before their children, children in the order of their joins.
	Nodes []Node
	// Outputs are the names of the output streams.
	Outputs []string
	// Partitions is how many partitions the streams have, zero before they are open; it grows where some are added to
	// them. Tasks holds those that this process owns or has worked on in this run, by their number.
	Partitions int
	Tasks      []Task

	// Stopping says that the run ends before its session does: it was stopped from outside, or something has failed. Tasks
	// that this process doesn't own any more are not another's then.
	Stopping bool

	// Calls counts the calls of the function whose results are committed, those that a policy gave up among them, Failed
	// the latter alone, and Results what was committed, letters among them.
	Calls, Failed, Results int64
	// FilteredResults counts the results that were not written since the where of a pipeline file isn't true of them. They
	// are in Calls, and not in Results.
	FilteredResults int64
	// CallTime sums up how long calls took, attempts that were made again among them. It counts only where a [Watch] wants
	// it.
	CallTime Histogram
	// Commits counts commits that went through, Aborts those that were tried again, and CommitTime sums up how long the
	// former took, with all their attempts.
	Commits, Aborts int64
	CommitTime      Histogram
	// Commit is the commit that is under way; zero where none is.
	Commit Commit
	// Assigned counts the partitions that this process was given, those that it was given again among them, and Revoked
	// those that were taken away from it while the run went on.
	Assigned, Revoked int64
	// PendingResults and PendingBytes are finished and not committed yet.
	PendingResults, PendingBytes int64
	// BytesRead is how much was read of the streams, as they lie in the storage, and BytesTotal how much there is; zero
	// where the storage doesn't know.
	BytesRead, BytesTotal int64
	// Outages are the storages that can't be reached, and are tried again.
	Outages []Outage
	// Warnings are what the storage has to say about what was read, once the run is over: a file that grew meanwhile.
	Warnings []string
	// Recent holds, for each node and verdict, the last few elements that were not handed over, the latest last. It is
	// kept only where a [Watch] wants it.
	Recent []Unmatched
}

// An Outage is a storage that can't be reached, or doesn't answer, and is tried again.
type Outage struct {
	// Storage says which one it is: "PostgreSQL at localhost:5432".
	Storage string
	Since   time.Time
	// Error is that of the last try.
	Error string
}

// Totals returns the counts of each node over all tasks, in the order of Nodes. What a task has beside counts is left
// out.
func (s *Snapshot) Totals() []NodeState {
	totals := make([]NodeState, len(s.Nodes))
	for _, t := range s.Tasks {
		for i := range t.Nodes {
			totals[i].add(&t.Nodes[i])
		}
	}
	return totals
}

func (n *NodeState) add(other *NodeState) {
	n.Read += other.Read
	n.Matched += other.Matched
	n.Skipped += other.Skipped
	n.Tombstones += other.Tombstones
	n.WithoutMatch += other.WithoutMatch
	n.Waiting += other.Waiting
	n.WaitingBytes += other.WaitingBytes
	n.Late += other.Late
	n.Early += other.Early
	n.Missed += other.Missed
	n.Filtered += other.Filtered
	if n.Unmatched == nil {
		n.Unmatched = maps.Clone(other.Unmatched)
	} else {
		for v, count := range other.Unmatched {
			n.Unmatched[v] += count
		}
	}
	n.Waited += other.Waited
}

// A Node describes a node of the join tree.
type Node struct {
	// Name is the node's, unique in the tree, and Stream that of the stream that it reads.
	Name, Stream string
	// Parent is the index of the parent in Snapshot.Nodes; -1 at the master.
	Parent int
	// On describes the keys, for example "time + 10 == time".
	On string
	// Window describes the window, at the master of a mill that has one.
	Window string
}

// A Task is what the work on one partition looks like.
type Task struct {
	Partition int
	// Owned says that this process works on the partition now, and Ended that its session has ended.
	Owned, Ended bool
	// Nodes are in the order of Snapshot.Nodes.
	Nodes []NodeState
	// WaitsFor is the index of the node that the join waits for the next element of, since WaitsSince; -1 while it works.
	WaitsFor   int
	WaitsSince time.Time
	// Awaits says in words which element of that node ends the wait, since the matches of its parent's element at hand are
	// certain then: "an element after 12:00:05, the reach's end", or "a match, or an element after 7". It is empty where
	// any element does, as at the master, and where only leat.JoinFunc's comparison knows.
	Awaits string
	// Window is how many masters are in the open window.
	Window int
}

// A NodeState is where the reading of one node in one partition stands. The counts are those of the run; they are up to
// date to a few hundred elements, and exact where the task waits or has ended.
//
// What was read is matched, unmatched by one of the verdicts, or open: it may still match. At the end of the session
// nothing is open; what is when the data timeout ends it is left to the next run, and counts as not read by this one.
type NodeState struct {
	// Read counts the elements that the join looked at, Matched those that a call of the function got, and Skipped those
	// that a policy put aside, which are those with the verdicts OutOfOrder and Undecodable.
	Read, Matched, Skipped int64
	// Tombstones counts the records without a value that were passed over. They are no elements, and not in Read.
	Tombstones int64
	// WithoutMatch counts the elements of the node's parent that a call got without a match at this node, where they need
	// none (leat.Optional).
	WithoutMatch int64
	// Filtered counts the elements that leat.Where has left out. The join doesn't look at them, so that they are not in
	// Read.
	Filtered int64
	// Unmatched counts by verdict what was not handed over, OutOfOrder and Undecodable among them. Verdicts that no
	// element got are left out.
	Unmatched map[Verdict]int64
	// Offset is behind the last element that was read, or behind the session's mark. Behind is the distance from there to
	// the end of the partition, in records, as far as the storage has reported; -1 where it doesn't know, and for a task
	// that is over.
	Offset, Behind int64
	// Withheld is how many records can't be read yet, about, since they lie in or behind a transaction of another writer
	// which has been open since WithheldSince, or longer; zero where there are none, as far as the storage has reported.
	// WithheldUnit is what the storage calls one of them, "row", and WithheldBy what holds them back, in words.
	Withheld                 int64
	WithheldSince            time.Time
	WithheldUnit, WithheldBy string
	// Retained is how many bytes the storage holds back because this run, or others that read by the same means, may need
	// them, as a replication slot holds back a database's log; zero where it holds back nothing, or hasn't reported.
	// RetainedSince is when the oldest element that isn't committed was made; zero where all are.
	Retained      int64
	RetainedSince time.Time
	// Key is the key of the last element that was read: of the edge to the parent, at the master of that to the first
	// child; empty before the first, and where there is no key. Number is the key as a number, where IsNumber.
	Key      string
	Number   float64
	IsNumber bool
	// ParentKey is the parent's key at hand on the edge to it, which Key is compared with; empty at the master and where
	// there is none. ParentNumber is it as a number, where ParentIsNumber.
	ParentKey      string
	ParentNumber   float64
	ParentIsNumber bool
	// Group is how many elements the node retains in memory, beside what was read ahead. How many bytes they take isn't
	// known.
	Group int
	// Waiting is how many elements of a stream that is put in order as it is read (leat.Sort) wait for others that may
	// come before them. WaitingBytes is how many bytes those of them have that are in memory, as they lie in the storage, and
	// Late counts those that came after one that they belonged before, which are Skipped, too.
	Waiting      int
	WaitingBytes int64
	Late         int64
	// Early counts the elements of the node's parent that went on without waiting for this node, since its stream was idle
	// (leat.Idle), and Missed the elements of this node that came too late for some of those: they may still serve others.
	Early, Missed int64
	// Line is that of the last element that was read, where the storage has lines; zero otherwise.
	Line int
	// Verified says that what the join hadn't come to was verified, to the stream's end, and Beyond counts its elements.
	Verified bool
	Beyond   int64
	// Ended says that the session's mark was read, or that there is nothing more, and TimedOut that the data timeout has
	// ended the stream without one.
	Ended, TimedOut bool
	// Waited is how long the join has waited for this node in all.
	Waited time.Duration
}
