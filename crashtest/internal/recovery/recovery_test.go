package recovery

import (
	"slices"
	"testing"
	"time"
)

func TestRecoveries(t *testing.T) {
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	r := New()
	r.Result(0, "a#1", at(0))
	r.Result(1, "b#1", at(0))
	r.Result(2, "a#1", at(0))

	r.Killed("a#1", at(100))
	r.Result(0, "a#1", at(110)) // was committed before the kill
	r.Result(1, "b#1", at(120)) // another's partition
	r.Result(2, "a#2", at(400))
	r.Result(0, "a#2", at(500)) // the first has counted

	r.Killed("b#1", at(600)) // during another fault
	over := r.FaultBegins()
	r.Result(1, "b#2", at(5600))
	over()
	r.Killed("c#1", at(6000)) // had nothing

	r.Killed("a#2", at(7000)) // two at a time
	r.Killed("b#2", at(7100))
	r.Result(1, "a#3", at(7300))
	r.Result(0, "a#3", at(7300))

	r.Killed("a#3", at(8000)) // and alone again
	r.Result(0, "a#4", at(8100))

	alone, all := r.Sorted()
	if want := milliseconds(100, 300); !slices.Equal(alone, want) {
		t.Errorf("alone: got %v, want %v", alone, want)
	}
	if want := milliseconds(100, 200, 300, 300, 5000); !slices.Equal(all, want) {
		t.Errorf("all: got %v, want %v", all, want)
	}
}

func milliseconds(all ...int) (times []time.Duration) {
	for _, ms := range all {
		times = append(times, time.Duration(ms)*time.Millisecond)
	}
	return times
}

func TestQuantile(t *testing.T) {
	times := milliseconds(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	for q, want := range map[float64]time.Duration{0: time.Millisecond, 0.5: 6 * time.Millisecond,
		0.95: 10 * time.Millisecond, 1: 10 * time.Millisecond} {
		if got := Quantile(times, q); got != want {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
	if got := Quantile(nil, 0.5); got != 0 {
		t.Errorf("of nothing: got %v", got)
	}
}
