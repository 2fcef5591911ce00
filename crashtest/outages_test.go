package main

import (
	"slices"
	"testing"
	"time"
)

// The pause of a partition is the longest one while the broker is away: from the kill on, whatever went before, and
// to the moment when it comes back where no result has come by then. A partition that has ended its session has
// nothing to give.
func TestOutages(t *testing.T) {
	zero := time.Unix(1000, 0)
	at := func(seconds int) time.Time { return zero.Add(time.Duration(seconds) * time.Second) }
	o := newOutages(4)
	for p := range 4 {
		if o.flow(at(0)) {
			t.Errorf("results flow before partition %d has given any", p)
		}
		o.result(p, at(0))
	}
	if !o.flow(at(0)) || o.flow(at(2)) {
		t.Error("results don't flow when they have just come, or do so long after them")
	}
	o.rests(3)
	o.began(at(100))
	o.result(0, at(101)) // was on its way
	o.result(0, at(113))
	o.result(0, at(114))
	o.result(1, at(109))
	got := o.over(at(130))
	want := []time.Duration{16 * time.Second, 21 * time.Second, 30 * time.Second, 0}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	o.result(0, at(200)) // no broker is away
	o.began(at(300))
	for p := range 4 {
		o.result(p, at(301))
	}
	if got := o.over(at(302)); !slices.Equal(got, slices.Repeat([]time.Duration{time.Second}, 4)) {
		t.Errorf("the second time: got %v", got)
	}
	o.reported(outage{pause: 30 * time.Second, own: time.Second})
	o.reported(outage{pause: 10 * time.Second, own: 2 * time.Second})
	pauses, own := o.costs()
	if !slices.Equal(pauses, []time.Duration{10 * time.Second, 30 * time.Second}) ||
		!slices.Equal(own, []time.Duration{time.Second, 2 * time.Second}) {
		t.Errorf("the costs: got %v, %v", pauses, own)
	}
}
