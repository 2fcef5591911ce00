// Package recovery measures how soon the results of a crash test go on after a kill.
package recovery

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Times measure how long it takes from the kill of a process until another one has committed a result in one of
// the partitions that it had. They are safe for concurrent use.
type Times struct {
	mu sync.Mutex
	// owner names the process that made the last result of each partition.
	owner map[int]string
	open  []*kill
	// faults counts those that go on.
	faults int
	// alone are the times where there was no other fault meanwhile, and all are those of all kills.
	alone, all []time.Duration
}

// A kill is one whose partitions have given no result since.
type kill struct {
	process    string
	partitions []int
	at         time.Time
	overlapped bool
}

// New returns times of no kill.
func New() *Times { return &Times{owner: map[int]string{}} }

// Killed notes that a process was killed.
func (r *Times) Killed(process string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := &kill{process: process, at: at, overlapped: r.faults > 0 || len(r.open) > 0}
	for _, other := range r.open {
		other.overlapped = true
	}
	for partition, owner := range r.owner {
		if owner == process {
			k.partitions = append(k.partitions, partition)
		}
	}
	if len(k.partitions) > 0 {
		r.open = append(r.open, k)
	}
}

// FaultBegins notes that there is another fault until the function that it returns is called.
func (r *Times) FaultBegins() (over func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults++
	for _, k := range r.open {
		k.overlapped = true
	}
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.faults--
	})
}

// Result notes that a process has committed a result.
func (r *Times) Result(partition int, process string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owner[partition] = process
	r.open = slices.DeleteFunc(r.open, func(k *kill) bool {
		if k.process == process || !slices.Contains(k.partitions, partition) {
			return false
		}
		took := at.Sub(k.at)
		r.all = append(r.all, took)
		if !k.overlapped {
			r.alone = append(r.alone, took)
		}
		return true
	})
}

// Sorted returns the times of kills with no other fault, and those of all, both sorted.
func (r *Times) Sorted() (alone, all []time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.alone)), slices.Sorted(slices.Values(r.all))
}

// Lines tells about the times, for people.
func (r *Times) Lines() (lines []string) {
	alone, all := r.Sorted()
	for _, times := range []struct {
		name string
		list []time.Duration
	}{{"restarted at once, no other fault", alone}, {"all kills", all}} {
		lines = append(lines, fmt.Sprintf("from kill to the next result, %s: median %v, 95 %% within %v, longest %v (%d kills)",
			times.name, Quantile(times.list, 0.5), Quantile(times.list, 0.95), Quantile(times.list, 1), len(times.list)))
	}
	return lines
}

// Quantile returns the q-quantile of sorted times, 0 where there are none.
func Quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)].Round(time.Millisecond)
}
