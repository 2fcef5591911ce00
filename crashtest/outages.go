package main

import (
	"slices"
	"sync"
	"time"
)

// flowAge is how long ago the last result of a partition may be while it works.
const flowAge = time.Second

// outages measure for how long each partition gives no results while a broker is away. They are safe for concurrent
// use.
type outages struct {
	mu sync.Mutex
	// last is when each partition gave its last result; zero where its session has ended since, and it rests until
	// the next.
	last []time.Time
	// begin is when the broker went that is away, zero while none is.
	begin time.Time
	// longest is the longest pause of each partition since.
	longest []time.Duration
	// all has an entry for each broker that was away.
	all []outage
}

// An outage is what the time without a broker has cost.
type outage struct {
	// pause is the longest one of any partition, and own how much of it was left when the other brokers had the work.
	pause, own time.Duration
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
		if now.Sub(last) > flowAge {
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

// began notes that a broker goes.
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
	return slices.Clone(o.longest)
}

// reported notes what the time without a broker has cost.
func (o *outages) reported(cost outage) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, cost)
}

// costs returns the longest pause of a partition for each broker that was away, and how much of each was the mill's
// own, both sorted.
func (o *outages) costs() (pauses, own []time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, cost := range o.all {
		pauses, own = append(pauses, cost.pause), append(own, cost.own)
	}
	slices.Sort(pauses)
	slices.Sort(own)
	return pauses, own
}
