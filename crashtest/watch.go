package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// pollTime is how long the watch waits for results before it looks whether all are there.
	pollTime = 250 * time.Millisecond
	// stallTime is how long a partition may stand still: much longer than a session timeout, a transaction timeout and a
	// restart of Kafka after each other, since the next kill may come before they are over.
	stallTime = 3 * time.Minute
)

// A watch reads the output as a consumer would, read_committed, and verifies it as it comes.
type watch struct {
	client     *kgo.Client
	load       *load
	recoveries *recoveries
	outages    *outages
	partitions []*verifier // those of the output that are there
	// position is behind the last record of each partition, transaction markers included.
	position []int64
	moved    []time.Time

	mu      sync.Mutex
	results int
}

func newWatch(addresses []string, t *crashTest) (*watch, error) {
	partitions := t.config.partitions
	w := &watch{load: t.load, recoveries: t.recoveries, outages: t.outages, position: make([]int64, partitions),
		moved: make([]time.Time, partitions)}
	offsets := map[int32]kgo.Offset{}
	for p := range partitions {
		w.partitions = append(w.partitions, newVerifier(t.load.plan, p))
		w.moved[p] = time.Now()
		offsets[int32(p)] = kgo.NewOffset().AtStart()
	}
	var err error
	w.client, err = kgo.NewClient(append(impatient(addresses),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{resultsTopic: offsets}),
	)...)
	return w, err
}

// run verifies until all sessions are complete.
func (w *watch) run(ctx context.Context) error {
	for !w.load.complete() {
		w.grow()
		if err := w.poll(ctx); err != nil {
			return err
		}
		if err := w.stalled(); err != nil {
			return err
		}
	}
	return nil
}

// drain verifies what comes behind the last session: nothing may.
func (w *watch) drain(ctx context.Context) error {
	ends, err := kadm.NewClient(w.client).ListCommittedOffsets(ctx, resultsTopic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return fmt.Errorf("ends of the output: %w", err)
	}
	for p := range w.partitions {
		end, _ := ends.Lookup(resultsTopic, int32(p))
		for w.position[p] < end.Offset {
			if err := w.poll(ctx); err != nil {
				return err
			}
		}
	}
	for p, v := range w.partitions {
		if v.next > 0 || v.session != w.load.verified[p] || v.session != w.load.last+1 {
			return fmt.Errorf("partition %d: there are results behind the last session", p)
		}
	}
	return nil
}

// poll verifies what has come, and waits for it, but not for long.
func (w *watch) poll(ctx context.Context) (err error) {
	wait, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	fetches := w.client.PollFetches(wait)
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now()
	fetches.EachError(func(_ string, partition int32, failed error) {
		if !errors.Is(failed, context.DeadlineExceeded) && err == nil {
			err = fmt.Errorf("read the results of partition %d: %w", partition, failed)
		}
	})
	fetches.EachRecord(func(r *kgo.Record) {
		if err == nil {
			err = w.take(r, now)
		}
	})
	return err
}

// take verifies a record.
func (w *watch) take(r *kgo.Record, now time.Time) error {
	p := int(r.Partition)
	w.position[p], w.moved[p] = r.Offset+1, now
	if r.Attrs.IsControl() {
		return nil
	}
	v := w.partitions[p]
	result, err := v.take(r.Offset, r.Key, r.Value)
	if err != nil {
		return err
	}
	if result == nil {
		w.load.ended(p, v.session)
		w.outages.rests(p)
		return nil
	}
	w.recoveries.result(p, result.By, now)
	w.outages.result(p, now)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results++
	return nil
}

// verified returns how many results were right so far.
func (w *watch) verified() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.results
}

// stalled returns an error where a partition that isn't complete has stood still for too long.
func (w *watch) stalled() error {
	for p, v := range w.partitions {
		if !w.load.awaits(p) {
			w.moved[p] = time.Now()
		}
		if since := time.Since(w.moved[p]); since > stallTime {
			return fmt.Errorf("partition %d has stood still for %v: after result %d of %d of session %d nothing comes",
				p, since.Round(time.Second), v.next, len(v.want), v.session)
		}
	}
	return nil
}
