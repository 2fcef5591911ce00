package main

import (
	"slices"
	"sync"
	"time"
)

// flowTime is how long ago the last result of a partition may be while it works.
const flowTime = time.Second

// outages measure for how long each partition gives no results while a broker is away. They are safe for concurrent use.
type outages struct {
	mu sync.Mutex
	// last is when each partition gave its last result; zero where its session has ended since, and it rests until the next.
	last []time.Time
	// begin is when the broker was killed that is away, zero while none is.
	begin time.Time
	// longest is the longest pause of each partition since.
	longest []time.Duration
	// all are the longest pauses of any partition, one for each broker that was killed.
	all []time.Duration
}

func newOutages(partitions int) *outages {
	return &outages{last: make([]time.Time, partitions), longest: make([]time.Duration, partitions)}
}

// result notes that a partition has given a result.
func (o *outages) result(partition int, at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pause(partition, at)
	o.last[partition] = at
}

// rests notes that a partition has ended its session: until the next begins, it has nothing to give.
func (o *outages) rests(partition int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last[partition] = time.Time{}
}

// flow tells whether all partitions have given results lately.
func (o *outages) flow(now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, last := range o.last {
		if now.Sub(last) > flowTime {
			return false
		}
	}
	return true
}

// pause notes the pause that has lasted until now, as far as the broker was away meanwhile. REQUIRES: mu is held.
func (o *outages) pause(partition int, now time.Time) {
	since := o.last[partition]
	if o.begin.IsZero() || since.IsZero() {
		return
	}
	if since.Before(o.begin) {
		since = o.begin
	}
	o.longest[partition] = max(o.longest[partition], now.Sub(since))
}

// began notes that a broker was killed.
func (o *outages) began(at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begin = at
	clear(o.longest)
}

// over notes that the broker is to come back, and returns how long each partition has paused while it was away.
func (o *outages) over(at time.Time) []time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	for partition := range o.last {
		o.pause(partition, at)
	}
	o.begin = time.Time{}
	o.all = append(o.all, slices.Max(o.longest))
	return slices.Clone(o.longest)
}

// pauses returns the longest pause of a partition for each broker that was killed, sorted.
func (o *outages) pauses() []time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(slices.Values(o.all))
}
