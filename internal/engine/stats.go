package engine

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/observe"
)

// Stats says what a run has done so far and what it does now. It is made for one run, and safe for concurrent use while
// the run goes on and after it. The zero Stats is ready for use.
type Stats struct {
	// TimeCalls says that CallTime is wanted: measuring a call costs something. It is set before the run.
	TimeCalls bool
	// KeepRecent says that Snapshot.Recent is wanted: explaining each element that isn't handed over costs something.
	// It is set before the run.
	KeepRecent bool

	// Calls counts the calls of the function whose results are committed, those that a policy gave up among them, and
	// Results what was committed, letters among them.
	Calls, Results atomic.Int64
	// Failed counts those of Calls that a policy gave up, and Filtered those whose results were not to be written.
	Failed, Filtered atomic.Int64

	calls, commits    histogram
	aborts            atomic.Int64
	assigned, revoked atomic.Int64
	outages           broker.Outages

	mu sync.Mutex
	// about is what doesn't change: names, nodes, and once the run has ended also how much was read.
	about observe.Snapshot
	// input is nil while none is open, meter is its, and pending returns what isn't committed yet.
	input   broker.Input
	meter   broker.Meter
	pending func() (results, bytes int64)
	tasks   []*taskStats // by partition; nil where this process had none
	commit  observe.Commit
}

// begin says what the run is about.
func (s *Stats) begin(spec *Spec, nodes []*Node) {
	about := observe.Snapshot{Name: spec.Name, Started: time.Now()}
	for _, n := range nodes {
		described := observe.Node{Name: n.Name, Stream: n.Stream.Name, Parent: -1, On: n.On}
		for i := range about.Nodes {
			if slices.Contains(nodes[i].Children, n) {
				described.Parent = i
			}
		}
		about.Nodes = append(about.Nodes, described)
	}
	if spec.Window != nil {
		about.Nodes[0].Window = spec.Window.Text
	}
	for _, output := range spec.Outputs {
		about.Outputs = append(about.Outputs, output.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.about = about
}

// opened says what the run reads and commits with.
func (s *Stats) opened(input broker.Input, pending func() (results, bytes int64)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.input = input
	s.meter, _ = input.(broker.Meter)
	s.about.Partitions = input.Partitions()
	s.pending = pending
}

// stop says that the run ends before its session does.
func (s *Stats) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.about.Stopping = true
}

// warn keeps the warnings of the input.
func (s *Stats) warn(warnings []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.about.Warnings = warnings
}

// end keeps the last state of what the run closes.
func (s *Stats) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.input != nil {
		s.about.Partitions = s.input.Partitions()
	}
	if s.meter != nil {
		s.about.BytesRead, s.about.BytesTotal = s.meter.Bytes()
	}
	s.input, s.meter, s.pending = nil, nil, nil
}

// commitBegins says that a commit is under way.
func (s *Stats) commitBegins(commit observe.Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit = commit
}

// commitAborted says that the commit under way was aborted, and is tried again.
func (s *Stats) commitAborted(err error) {
	s.aborts.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit.Aborts++
	s.commit.Error = err.Error()
}

// commitEnds says that no commit is under way.
func (s *Stats) commitEnds() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit = observe.Commit{}
}

// task returns the stats of the task of a partition, which begins. They go on from those of the task before it, where
// the partition comes back.
func (s *Stats) task(partition int) *taskStats {
	s.assigned.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if more := partition + 1 - len(s.tasks); more > 0 {
		s.tasks = append(s.tasks, make([]*taskStats, more)...)
	}
	if s.tasks[partition] == nil {
		s.tasks[partition] = newTaskStats(partition, len(s.about.Nodes))
	}
	t := s.tasks[partition]
	t.mu.Lock()
	defer t.mu.Unlock()
	t.task.Owned, t.task.Ended = true, false
	return t
}

// taskStats are what a task publishes of itself: at the borders of chunks and when it begins to wait, since that
// would cost too much for each element.
type taskStats struct {
	mu   sync.Mutex
	task observe.Task
	// feeds know where the nodes' partitions end, what can't be read there yet, and what the storage holds back for them;
	// nil once the task is over.
	feeds []*feed
	// details are what snapshots put into words, and awaited is what ends the wait for task.WaitsFor.
	details []detail
	awaited awaited
	// tallies are what the tasks before have counted, by node.
	tallies []tally
	// recent holds for each node the last elements of each verdict.
	recent [][Verdicts][]observe.Unmatched
}

func newTaskStats(partition, nodes int) *taskStats {
	t := &taskStats{
		task: observe.Task{Partition: partition, WaitsFor: -1, Nodes: make([]observe.NodeState, nodes)},

		details: make([]detail, nodes),
		tallies: make([]tally, nodes),
		recent:  make([][Verdicts][]observe.Unmatched, nodes),
	}
	for i := range t.task.Nodes {
		t.task.Nodes[i].Behind = -1
	}
	return t
}

// begin says that the task begins.
func (t *task) begin() {
	s := t.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feeds = make([]*feed, len(t.nodes))
	for i, n := range t.nodes {
		s.feeds[i] = n.cursor.feed
	}
}

// publish publishes where the task stands; waitsFor is the node that the join waits for from now on, nil if it goes on.
func (t *task) publish(waitsFor *node) {
	s := t.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range t.nodes {
		n.publish(&s.task.Nodes[i], &s.details[i])
	}
	for _, n := range t.nodes {
		n.ledger.counts = counts{}
	}
	if t.window != nil {
		s.task.Window = len(t.window.masters)
	}
	if waitsFor != nil {
		s.task.WaitsFor, s.task.WaitsSince = waitsFor.index, time.Now()
		s.awaited = waitsFor.awaited()
	}
}

// resume says that what the join has waited for is there.
func (t *taskStats) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.task.Nodes[t.task.WaitsFor].Waited += time.Since(t.task.WaitsSince)
	t.task.WaitsFor, t.task.WaitsSince = -1, time.Time{}
}

// leave says that the task is over.
func (t *task) leave(ended bool) {
	t.publish(nil)
	s := t.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	s.task.Owned, s.task.Ended = false, ended
	s.tallies = t.tallies(ended)
	for i := range s.task.Nodes {
		s.task.Nodes[i].Behind = -1
	}
	s.feeds = nil
}

// publish adds what the node has done since it was called last, and where it stands.
func (n *node) publish(to *observe.NodeState, d *detail) {
	if n.ledger.counts.read > 0 {
		d.key = n.key()
	}
	if n.parent != nil && n.parent.ledger.counts.read > 0 {
		d.parentKey = n.edge.LeftKey()
	}
	to.Read += n.ledger.counts.read
	to.Matched += n.ledger.counts.matched
	to.Tombstones += n.ledger.counts.tombstones
	to.WithoutMatch += n.ledger.counts.without
	to.Filtered += n.ledger.counts.filtered
	for v, count := range n.ledger.counts.unmatched {
		d.unmatched[v] += count
	}
	to.Skipped = d.unmatched[OutOfOrder] + d.unmatched[Undecodable]
	to.Offset, to.TimedOut, to.Group = n.seen(), n.cursor.timedOut, n.candidates.held()
	to.Ended = n.cursor.ended && !n.cursor.timedOut || n.cursor.rest.drained
	if n.cursor.ended && !n.cursor.timedOut {
		to.Offset = n.cursor.behindMark
	}
	if n.cursor.unread > 0 {
		to.Line = n.cursor.chunk.records[n.cursor.unread-1].Line
	}
	if n.sorter != nil {
		to.Waiting, to.WaitingBytes = n.sorter.waiting(), n.sorter.waitingBytes()
	}
	to.Late += n.ledger.counts.late
	to.Early += n.ledger.counts.early
	to.Missed += n.ledger.counts.missed
	to.Beyond, to.Verified = n.cursor.rest.beyond, n.cursor.rest.verified
	if n.cursor.hasNext {
		to.Group++
	}
}

// A detail is what a node publishes in the engine's own form: the key of the element that it has read last, that of
// its parent's on the same edge, and the counts of each verdict.
type detail struct {
	key, parentKey any
	unmatched      [Verdicts]int64
}

// key returns the key of the element that was read last.
func (n *node) key() any {
	switch {
	case n.edge != nil:
		return n.edge.RightKey()
	case len(n.children) > 0:
		return n.children[0].edge.LeftKey()
	}
	return nil
}

var bounds = observe.HistogramBounds()

// A histogram counts durations. It is safe for concurrent use.
type histogram struct {
	count, sum atomic.Int64
	buckets    [len(observe.Histogram{}.Buckets)]atomic.Int64
}

func (h *histogram) add(d time.Duration) {
	h.count.Add(1)
	h.sum.Add(int64(d))
	for i, bound := range bounds {
		if d <= bound {
			h.buckets[i].Add(1)
			return
		}
	}
}
