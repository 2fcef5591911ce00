// Package kafkatopic fills topics of Kafka, reads what is committed in them, and watches when it can be read.
package kafkatopic

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// watchInterval is how often a Watch looks: what is measured is exact to as much.
const watchInterval = 5 * time.Millisecond

// A Watch remembers up to where a topic could be read, by one who reads what is committed, and when.
type Watch struct {
	times   []time.Time
	offsets []int64
}

// See adds what was seen at a time.
func (w *Watch) See(at time.Time, offset int64) {
	if n := len(w.offsets); n == 0 || w.offsets[n-1] != offset {
		w.times, w.offsets = append(w.times, at), append(w.offsets, offset)
	}
}

// Quiet returns how long nothing new has come at a time.
func (w *Watch) Quiet(at time.Time) time.Duration {
	if len(w.times) == 0 {
		return 0
	}
	return at.Sub(w.times[len(w.times)-1])
}

// End returns the offset up to which the topic could be read at last.
func (w *Watch) End() int64 {
	if len(w.offsets) == 0 {
		return 0
	}
	return w.offsets[len(w.offsets)-1]
}

// Visible returns when an offset could be read first.
func (w *Watch) Visible(offset int64) (time.Time, error) {
	for i, end := range w.offsets {
		if end > offset {
			return w.times[i], nil
		}
	}
	return time.Time{}, fmt.Errorf("offset %d was never seen", offset)
}

// Follow looks at a topic until the context ends or done says so.
func (w *Watch) Follow(ctx context.Context, admin *kadm.Client, topic string, done func() bool) error {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		offset, err := Stable(ctx, admin, topic)
		if err != nil {
			return err
		}
		w.See(time.Now(), offset)
		if done() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Stable returns the offset before which everything in a topic of one partition can be read. Kafka may not know
// all of a topic that was just made: nothing of it can be read yet.
func Stable(ctx context.Context, admin *kadm.Client, topic string) (int64, error) {
	offsets, err := admin.ListCommittedOffsets(ctx, topic)
	if err != nil {
		return 0, err
	}
	offset, _ := offsets.Lookup(topic, 0)
	return offset.Offset, offset.Err
}
