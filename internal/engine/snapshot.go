package engine

import (
	"slices"
	"sort"
	"time"

	"github.com/leat-go/leat/observe"
)

// This file makes snapshots of what stats.go keeps: what that costs, only a caller of Snapshot pays.

// Snapshot returns what the run looks like now.
func (s *Stats) Snapshot() observe.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	snapshot := s.about
	if s.input != nil {
		snapshot.Partitions = s.input.Partitions()
	}
	snapshot.Taken, snapshot.Commit = time.Now(), s.commit
	snapshot.Calls, snapshot.Failed, snapshot.Results = s.Calls.Load(), s.Failed.Load(), s.Results.Load()
	snapshot.FilteredResults = s.Filtered.Load()
	snapshot.CallTime, snapshot.CommitTime = s.calls.read(), s.commits.read()
	snapshot.Commits, snapshot.Aborts = snapshot.CommitTime.Count, s.aborts.Load()
	snapshot.Assigned, snapshot.Revoked = s.assigned.Load(), s.revoked.Load()
	if s.pending != nil {
		snapshot.PendingResults, snapshot.PendingBytes = s.pending()
	}
	if s.meter != nil {
		snapshot.BytesRead, snapshot.BytesTotal = s.meter.Bytes()
	}
	for _, t := range s.tasks {
		if t != nil {
			snapshot.Tasks = append(snapshot.Tasks, t.snapshot(snapshot.Taken))
		}
	}
	for _, o := range s.outages.Now() {
		snapshot.Outages = append(snapshot.Outages, observe.Outage{Storage: o.Storage, Since: o.Since, Error: o.Err.Error()})
	}
	snapshot.Recent = s.recent()
	return snapshot
}

// snapshot returns what the task looks like now.
func (t *taskStats) snapshot(now time.Time) observe.Task {
	t.mu.Lock()
	defer t.mu.Unlock()
	task := t.task
	task.Nodes = slices.Clone(t.task.Nodes)
	if task.WaitsFor >= 0 {
		task.Awaits = t.awaited.String()
	}
	for i := range task.Nodes {
		n := &task.Nodes[i]
		d := &t.details[i]
		n.Key, n.Number, n.IsNumber = describeKey(d.key)
		n.ParentKey, n.ParentNumber, n.ParentIsNumber = describeKey(d.parentKey)
		n.Unmatched = byVerdict(&d.unmatched)
		if t.feeds != nil {
			f := t.feeds[i]
			n.Behind = distance(n.Offset, f.end())
			withheld := f.withheld()
			n.Withheld, n.WithheldSince = withheld.Records, withheld.Since
			n.WithheldUnit, n.WithheldBy = withheld.Unit, withheld.By
			n.Retained, n.RetainedSince = f.retained()
		}
		if i == task.WaitsFor {
			n.Waited += max(0, now.Sub(task.WaitsSince))
		}
	}
	return task
}

// byVerdict returns the counts of the verdicts that were reached.
func byVerdict(counts *[Verdicts]int64) map[observe.Verdict]int64 {
	var reached map[observe.Verdict]int64
	for v, count := range counts {
		if count == 0 {
			continue
		}
		if reached == nil {
			reached = map[observe.Verdict]int64{}
		}
		reached[Verdict(v).observed()] = count
	}
	return reached
}

// distance returns how far an offset is behind the end of the partition; -1 where that isn't known.
func distance(offset, end int64) int64 {
	if end < 0 {
		return -1
	}
	return max(0, end-offset)
}

// read returns the counts.
func (h *histogram) read() observe.Histogram {
	read := observe.Histogram{Count: h.count.Load(), Sum: time.Duration(h.sum.Load())}
	for i := range h.buckets {
		read.Buckets[i] = h.buckets[i].Load()
	}
	return read
}

// recent returns the last elements of each node and verdict over all tasks, in the order of their time.
//
// REQUIRES: s is locked.
func (s *Stats) recent() []observe.Unmatched {
	var all []observe.Unmatched
	for node := range s.about.Nodes {
		for verdict := range Verdicts {
			var some []observe.Unmatched
			for _, t := range s.tasks {
				if t != nil {
					some = append(some, t.recentOf(node, verdict)...)
				}
			}
			sortByTime(some)
			all = append(all, lastOf(some, recentLimit)...)
		}
	}
	sortByTime(all)
	return all
}

// sortByTime sorts by package sort: one of slices would take 8 KB of each program for elements as large as these.
func sortByTime(all []observe.Unmatched) {
	sort.SliceStable(all, func(i, j int) bool { return all[i].Time.Before(all[j].Time) })
}

func (t *taskStats) recentOf(node, verdict int) []observe.Unmatched {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.recent[node][verdict])
}
