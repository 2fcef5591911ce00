package main

import (
	"slices"
	"sync"
	"time"
)

// recoveries measure how long it takes from the kill of a process until another one has committed a result in one of the
// partitions that it had. They are safe for concurrent use.
type recoveries struct {
	mu sync.Mutex
	// owner names the process that made the last result of each partition.
	owner map[int]string
	open  []*death
	// disturbances counts those that go on.
	disturbances int
	// alone are the times where nothing else was disturbed meanwhile, and all are those of all kills.
	alone, all []time.Duration
}

// A death is a kill whose partitions have not gone on.
type death struct {
	process    string
	partitions []int
	at         time.Time
	disturbed  bool
}

func newRecoveries() *recoveries { return &recoveries{owner: map[int]string{}} }

// killed notes that a process was killed.
func (r *recoveries) killed(process string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := &death{process: process, at: at, disturbed: r.disturbances > 0 || len(r.open) > 0}
	for _, other := range r.open {
		other.disturbed = true
	}
	for partition, owner := range r.owner {
		if owner == process {
			d.partitions = append(d.partitions, partition)
		}
	}
	if len(d.partitions) > 0 {
		r.open = append(r.open, d)
	}
}

// disturb notes that something else is disturbed until the function that it returns is called.
func (r *recoveries) disturb() (over func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.disturbances++
	for _, d := range r.open {
		d.disturbed = true
	}
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.disturbances--
	})
}

// result notes that a process has committed a result.
func (r *recoveries) result(partition int, process string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owner[partition] = process
	r.open = slices.DeleteFunc(r.open, func(d *death) bool {
		if d.process == process || !slices.Contains(d.partitions, partition) {
			return false
		}
		took := at.Sub(d.at)
		r.all = append(r.all, took)
		if !d.disturbed {
			r.alone = append(r.alone, took)
		}
		return true
	})
}

// times returns the times of kills with nothing else disturbed, and those of all, both sorted.
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
