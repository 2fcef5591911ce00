package observe

import "time"

// buckets is how many a Histogram has.
const buckets = 15

// A Histogram counts durations.
type Histogram struct {
	Count int64
	Sum   time.Duration
	// Buckets counts for each of [HistogramBounds] the durations up to it, and above those before it. What is longer than
	// the last is in Count only.
	Buckets [buckets]int64
}

// Plus returns the counts of both.
func (h Histogram) Plus(other Histogram) Histogram {
	h.Count += other.Count
	h.Sum += other.Sum
	for i, count := range other.Buckets {
		h.Buckets[i] += count
	}
	return h
}

// HistogramBounds returns the upper bounds of a Histogram's buckets, in ascending order.
func HistogramBounds() [buckets]time.Duration {
	return [buckets]time.Duration{
		time.Microsecond, 10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond, 5 * time.Millisecond,
		10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
		500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
	}
}
