package main

import (
	"slices"
	"sync"
	"time"
)

// recoveries measure how long it takes from the kill of a process until another one has committed a result in one of
// the partitions that it had. They are safe for concurrent use.
type recoveries struct {
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

func newRecoveries() *recoveries { return &recoveries{owner: map[int]string{}} }

// killed notes that a process was killed.
func (r *recoveries) killed(process string, at time.Time) {
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

// faultBegins notes that there is another fault until the function that it returns is called.
func (r *recoveries) faultBegins() (over func()) {
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

// result notes that a process has committed a result.
func (r *recoveries) result(partition int, process string, at time.Time) {
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

// times returns the times of kills with no other fault, and those of all, both sorted.
func (r *recoveries) times() (alone, all []time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.alone)), slices.Sorted(slices.Values(r.all))
}

// quantile returns the q-quantile of sorted times, 0 where there are none.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)].Round(time.Millisecond)
}
