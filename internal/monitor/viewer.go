package monitor

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/observe"
)

const (
	// blockingAfter is how long a join may wait for an element before that is worth a word: streams that are read as fast
	// as they are written make it wait all the time, for moments.
	blockingAfter = 2 * time.Second
	// recent is how far back rates look, and stale how old a snapshot may be to count for them where there is no later
	// one.
	recent = 5 * time.Second
	stale  = 15 * time.Second
	// latest is how many elements that were not handed over a view has.
	latest = 8
)

// A Viewer makes views of the snapshots of one run after the other. It remembers the last ones, for rates. The zero
// Viewer is ready for use, by one goroutine at a time.
type Viewer struct {
	past []observe.Snapshot
}

// View makes a view of the next snapshot.
func (l *Viewer) View(s observe.Snapshot) View {
	forgotten := func(p observe.Snapshot, limit time.Duration) bool {
		return !p.Started.Equal(s.Started) || !p.Taken.Before(s.Taken) || s.Taken.Sub(p.Taken) > limit
	}
	for len(l.past) > 1 && forgotten(l.past[0], recent) || len(l.past) > 0 && forgotten(l.past[0], stale) {
		l.past = slices.Delete(l.past, 0, 1)
	}
	before := observe.Snapshot{Taken: s.Started}
	if len(l.past) > 0 {
		before = l.past[0]
	}
	l.past = append(l.past, s)
	return view(s, before)
}

// view makes a view of s, with the rates since an earlier one.
func view(s, before observe.Snapshot) View {
	v := View{
		Mill: clean(s.Name, longestName), Started: s.Started, Taken: s.Taken,
		PartitionCount: s.Partitions,
		Calls:          s.Calls, Failed: s.Failed, Results: s.Results, FilteredResults: s.FilteredResults,
		CallTime: mean(since(s.CallTime, before.CallTime)),
		Commits:  s.Commits, Aborts: s.Aborts,
		PendingResults: s.PendingResults, PendingBytes: s.PendingBytes,
		BytesRead: s.BytesRead, BytesTotal: s.BytesTotal,
		Streams: []Stream{}, Outputs: []string{}, Partitions: []Partition{}, Unmatched: verdicts(s.Recent),
		Outages: outages(s),
	}
	seconds := s.Taken.Sub(before.Taken).Seconds()
	v.ResultRate = rate(s.Results-before.Results, seconds)
	v.CallRate = rate(s.Calls-before.Calls, seconds)
	commits := since(s.CommitTime, before.CommitTime)
	v.CommitMedian, v.CommitSlow = quantile(commits, 0.5), quantile(commits, 0.99)
	for _, output := range s.Outputs {
		v.Outputs = append(v.Outputs, clean(output, longestName))
	}
	for _, t := range s.Tasks {
		v.Partitions = append(v.Partitions, partition(s, t))
	}
	v.State, v.Status = state(s)
	for i := range s.Nodes {
		v.Streams = append(v.Streams, stream(s, before, i))
	}
	holds(s, v.Streams)
	return v
}

// stream describes the node with the index i.
func stream(s, before observe.Snapshot, i int) Stream {
	node := s.Nodes[i]
	v := Stream{
		Name: clean(node.Name, longestName), Stream: clean(node.Stream, longestName), Parent: node.Parent,
		On: clean(node.On, longestName), Window: clean(node.Window, longestName),
		State: Quiet, Verdicts: []Count{}, Faults: []Count{}, Keys: []Key{},
	}
	var waited time.Duration
	for _, t := range s.Tasks {
		waited += t.Nodes[i].Waited
		if t.Owned {
			v.Group += t.Nodes[i].Group
			v.Keys = append(v.Keys, key(s, t, i))
		}
	}
	v.count(s.Totals()[i])
	v.Behind = behind(s, i)
	seconds := s.Taken.Sub(before.Taken).Seconds()
	read, waitedBefore := total(before, i)
	v.Rate = rate(v.Read-read, seconds)
	v.WaitShare = min(1, rate(int64(waited-waitedBefore), seconds)/float64(time.Second)/float64(max(1, working(s))))
	v.describe(s, i)
	return v
}

// count says how many elements were read and what became of them.
func (v *Stream) count(n observe.NodeState) {
	v.Read, v.Matched, v.Skipped, v.Tombstones = n.Read, n.Matched, n.Skipped, n.Tombstones
	v.WithoutMatch, v.Early, v.Missed = n.WithoutMatch, n.Early, n.Missed
	v.Filtered, v.Late, v.Waiting, v.WaitingBytes = n.Filtered, n.Late, n.Waiting, n.WaitingBytes
	for _, verdict := range observe.Verdicts() {
		switch count := n.Unmatched[verdict]; {
		case count == 0:
		case verdict == observe.OutOfOrder || verdict == observe.Undecodable:
			v.Faults = append(v.Faults, Count{string(verdict), count})
		default:
			v.Unmatched += count
			v.Verdicts = append(v.Verdicts, Count{string(verdict), count})
		}
	}
}

// total sums up over all partitions how much of a node was read, and how long the join has waited for it.
func total(s observe.Snapshot, i int) (read int64, waited time.Duration) {
	for _, t := range s.Tasks {
		read += t.Nodes[i].Read
		waited += t.Nodes[i].Waited
	}
	return read, waited
}

// behind sums up how many records are still to be read; -1 where a partition doesn't know.
func behind(s observe.Snapshot, i int) int64 {
	sum, known := int64(0), false
	for _, t := range s.Tasks {
		if !t.Owned {
			continue
		}
		if t.Nodes[i].Behind < 0 {
			return -1
		}
		sum += t.Nodes[i].Behind
		known = true
	}
	if !known {
		return -1
	}
	return sum
}

// working counts the tasks that this process works on.
func working(s observe.Snapshot) int {
	n := 0
	for _, t := range s.Tasks {
		if t.Owned && !t.Ended {
			n++
		}
	}
	return n
}

func key(s observe.Snapshot, t observe.Task, i int) Key {
	n := t.Nodes[i]
	return Key{
		Partition: t.Partition,
		Text:      clean(n.Key, longestKey), Number: number(n.Number, n.IsNumber),
		Parent: clean(n.ParentKey, longestKey), ParentNumber: number(n.ParentNumber, n.ParentIsNumber),
		Blocking: waits(s, t) >= blockingAfter && t.WaitsFor == i,
		Ended:    n.Ended || t.Ended,
	}
}

// waits returns how long a task has been waiting.
func waits(s observe.Snapshot, t observe.Task) time.Duration {
	if !t.Owned || t.Ended || t.WaitsFor < 0 || t.WaitsFor >= len(s.Nodes) {
		return 0
	}
	return max(0, s.Taken.Sub(t.WaitsSince))
}

func rate(count int64, seconds float64) float64 {
	if seconds <= 0 || count <= 0 {
		return 0
	}
	return float64(count) / seconds
}

// since returns what a histogram has counted since it was like before.
func since(h, before observe.Histogram) observe.Histogram {
	if h.Count < before.Count {
		return h
	}
	if h.Count == before.Count {
		return h // nothing new: all of the run says more than nothing
	}
	h.Count -= before.Count
	h.Sum -= before.Sum
	for i := range h.Buckets {
		h.Buckets[i] -= before.Buckets[i]
	}
	return h
}

// mean returns the mean duration in seconds.
func mean(h observe.Histogram) *float64 {
	return number(h.Sum.Seconds()/float64(h.Count), h.Count > 0)
}

// quantile estimates how many seconds the given share of durations took at most, as if those in a bucket lay evenly in
// it.
func quantile(h observe.Histogram, share float64) *float64 {
	if h.Count == 0 {
		return nil
	}
	rank := share * float64(h.Count)
	below, from := 0.0, time.Duration(0)
	for i, bound := range observe.HistogramBounds() {
		in := float64(h.Buckets[i])
		if in > 0 && below+in >= rank {
			return number(from.Seconds()+(bound-from).Seconds()*math.Min(1, (rank-below)/in), true)
		}
		below += in
		from = bound
	}
	return number(from.Seconds(), true)
}

// verdicts describes the last elements that were not handed over, the latest first.
func verdicts(recent []observe.Unmatched) []Verdict {
	sorted := slices.Clone(recent)
	slices.SortStableFunc(sorted, func(a, b observe.Unmatched) int { return b.Time.Compare(a.Time) })
	all := []Verdict{}
	for _, u := range sorted[:min(len(sorted), latest)] {
		all = append(all, Verdict{
			Stream: clean(u.Node, longestName), Position: clean(position(u).String(), longestName),
			Verdict: string(u.Verdict), Text: clean(why(u), longestText), Element: element(u), Time: u.Time,
		})
	}
	return all
}

func position(u observe.Unmatched) broker.Position {
	return broker.Position{Stream: u.Stream, Partition: u.Partition, Offset: u.Offset, Line: u.Line, Column: u.Column,
		At: u.At}
}

func partition(s observe.Snapshot, t observe.Task) Partition {
	p := Partition{Partition: t.Partition, State: "joining", Status: "joining", Window: t.Window}
	switch wait := waits(s, t); {
	case !t.Owned && !t.Ended && s.Stopping:
		p.State, p.Status, p.Window = "stopped", "stopped", 0
	case !t.Owned && !t.Ended:
		p.State, p.Status, p.Window = "elsewhere", "taken over by another process", 0
	case t.Ended:
		p.State, p.Status, p.Window = "ended", "ended", 0
	case wait >= blockingAfter:
		p.State, p.Status = "waiting", fmt.Sprintf("waiting for %s for %s%s", at(s, t, t.WaitsFor), Ago(wait), awaits(t))
	}
	return p
}
