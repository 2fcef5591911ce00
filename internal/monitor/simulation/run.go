// Package simulation simulates a run, for the tests of what shows runs, and for their screenshots.
package simulation

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/leat-go/leat/observe"
)

// A Run simulates a run of four streams in four partitions, as a source of snapshots. Make one with [New]. It is safe
// for concurrent use.
type Run struct {
	// Now is the clock.
	Now func() time.Time
	// Change, where it isn't nil, changes each snapshot.
	Change func(*observe.Snapshot)

	mu      sync.Mutex
	started time.Time
	stalls  map[nodeKey]stall
}

// A nodeKey names a node in a partition.
type nodeKey struct{ node, partition int }

// A stall is a partition's standing still, since and at a moment of its own time.
type stall struct {
	since time.Time
	at    float64
}

// Partitions is how many partitions the run has.
const Partitions = 4

// New begins a run. It has gone on for some time already, since the clock is told when it began.
func New(started time.Time, now func() time.Time) *Run {
	return &Run{Now: now, started: started, stalls: map[nodeKey]stall{}}
}

// Stall lets nothing more come in a node's stream, in one partition.
func (s *Run) Stall(node, partition int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	s.stalls[nodeKey{node, partition}] = stall{now, now.Sub(s.started).Seconds()}
}

// part is a node of the simulated tree.
type part struct {
	node observe.Node
	// per is how many elements there are for each master, and lost how many of a thousand aren't handed over.
	per  float64
	lost float64
	// lead is by how much the node's key is above that of the master's.
	lead float64
}

func parts() []part {
	return []part{
		{observe.Node{Name: "Location", Stream: "robot-locations", Parent: -1, Window: "every 20s"}, 1, 31, 10},
		{observe.Node{Name: "NextLocation", Stream: "robot-locations", Parent: 0, On: "time + 10 == time"}, 1, 12, 10},
		{
			observe.Node{Name: "Photo", Stream: "robot-photos", Parent: 1, On: "time == floor(time_ms / 1000)"},
			2.5, 240, 10,
		},
		{observe.Node{Name: "Battery", Stream: "battery-levels", Parent: 0, On: "time == time"}, 0.25, 3, 0},
	}
}

// Snapshot returns what the run looks like now.
func (s *Run) Snapshot() observe.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	snap := observe.Snapshot{
		Name: "robot-speed", Started: s.started, Taken: now,
		Outputs: []string{"robot-speed"}, Partitions: Partitions,
		BytesRead: 0, BytesTotal: 0,
	}
	for _, p := range parts() {
		snap.Nodes = append(snap.Nodes, p.node)
	}
	for p := range Partitions {
		snap.Tasks = append(snap.Tasks, s.task(p, now))
		master := snap.Tasks[p].Nodes[0]
		snap.Calls += master.Matched
		snap.Results += master.Matched * 9 / 10
	}
	snap.CallTime = histogram(snap.Calls, 18*time.Microsecond)
	seconds := now.Sub(s.started).Seconds()
	snap.Commits = int64(seconds * 9.7)
	snap.CommitTime = histogram(snap.Commits, 14*time.Millisecond)
	snap.PendingResults = 37 + snap.Results%200
	snap.PendingBytes = snap.PendingResults * 61
	snap.Recent = recent(snap, now)
	if s.Change != nil {
		s.Change(&snap)
	}
	return snap
}

// step is how far the keys of two elements are apart, and first the first of all keys.
const (
	step  = 10
	first = 1_795_000_000
)

// task simulates one partition.
func (s *Run) task(partition int, now time.Time) observe.Task {
	t := observe.Task{Partition: partition, Owned: true, WaitsFor: -1, Window: 2 + partition}
	seconds := now.Sub(s.started).Seconds()
	for at, stall := range s.stalls {
		if at.partition == partition {
			seconds = math.Min(seconds, stall.at)
			t.WaitsFor, t.WaitsSince = at.node, stall.since
		}
	}
	masters := masters(partition, seconds)
	for i, p := range parts() {
		read := math.Floor(masters * p.per)
		lost := math.Floor(read * p.lost / 1000)
		n := observe.NodeState{
			Read: int64(read), Matched: int64(read - lost), Offset: int64(read),
			Behind: int64(2000*p.per) + int64(masters)%700, Group: 1 + i%2, Waited: time.Duration(seconds * 4e7),
			Number: first + math.Floor(masters)*step + p.lead, IsNumber: true,
		}
		gap, behind := int64(lost*0.8), int64(lost*0.05)
		n.Unmatched = map[observe.Verdict]int64{
			observe.Gap: gap, observe.Behind: behind, observe.Incomplete: int64(lost) - gap - behind,
		}
		if t.WaitsFor == i {
			n.Number -= 4 * step
			n.Behind = 0
			n.Waited += now.Sub(t.WaitsSince)
		}
		n.Key = fmt.Sprintf("%.0f", n.Number)
		if i > 0 {
			n.ParentNumber, n.ParentIsNumber = first+math.Floor(masters)*step+p.lead, true
			n.ParentKey = fmt.Sprintf("%.0f", n.ParentNumber)
		}
		t.Nodes = append(t.Nodes, n)
	}
	return t
}

// masters is how many masters a partition has had after a time: each partition is a little faster or slower, and the
// load goes up and down.
func masters(partition int, seconds float64) float64 {
	pace := 4100 * (1 + 0.0011*float64(partition))
	return pace*seconds + 5200*math.Sin(seconds/9+float64(partition)) + 900*math.Sin(seconds/2.3)
}

// histogram simulates durations around a mean.
func histogram(count int64, mean time.Duration) observe.Histogram {
	h := observe.Histogram{Count: count, Sum: time.Duration(count) * mean}
	for i, bound := range observe.HistogramBounds() {
		if bound >= mean {
			h.Buckets[i] = count * 94 / 100
			if i+1 < len(h.Buckets) {
				h.Buckets[i+1] = count - h.Buckets[i]
			}
			break
		}
	}
	return h
}

// recent simulates the last elements that were not handed over.
func recent(s observe.Snapshot, now time.Time) []observe.Unmatched {
	key := int64(s.Tasks[0].Nodes[0].Number) / 500 * 500
	offset := (key - first) / step
	return []observe.Unmatched{
		{
			Node: "NextLocation", Stream: "robot-locations", Partition: 1, Offset: offset - 41, Verdict: observe.Behind,
			Value: map[string]any{"time": first - 400, "x": 4.5, "y": -2}, Other: "Location", Key: first - 400, After: first,
			Time: s.Started,
		},
		{
			Node: "Photo", Stream: "robot-photos", Partition: 3, Offset: offset * 5 / 2, Verdict: observe.Gap,
			Value: map[string]any{"time_ms": key*1000 + 3000, "file": "P1002381.jpg"}, Other: "NextLocation",
			Key: key + 3, Before: key, After: key + step, Time: now.Add(-1800 * time.Millisecond),
		},
		{
			Node: "Location", Stream: "robot-locations", Partition: 0, Offset: offset, Verdict: observe.Incomplete,
			Value: map[string]any{"time": key, "x": 12.25, "y": 3.5}, Other: "NextLocation", Key: key + step,
			Cause: &observe.Unmatched{
				Node: "NextLocation", Verdict: observe.Gap, Other: "Photo", Key: key + step, Before: key, After: key + 2*step,
			},
			Time: now.Add(-900 * time.Millisecond),
		},
	}
}
