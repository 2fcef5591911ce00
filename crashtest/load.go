package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/endmark"
)

const (
	// loadTick is the time between two writes of some input.
	loadTick = 20 * time.Millisecond
	// maxAhead is how many sessions the input may be ahead of the results.
	maxAhead = 3
)

// A load writes the input, session after session, until it is told which one is the last.
type load struct {
	plan workload.Plan
	// rate is in elements a second, for each stream and partition.
	rate   int
	client *kgo.Client

	mu sync.Mutex
	// fillers write the partitions until running ends.
	fillers errgroup.Group
	running context.Context
	// first is the session that each partition begins with, and session what it is being filled with.
	first, session []int
	// verified counts the sessions of each partition whose results were verified.
	verified []int
	// last is the number of the last session; -1 before it is known.
	last int
	err  error
}

func newLoad(p workload.Plan, partitions, rate int, client *kgo.Client) *load {
	return &load{plan: p, rate: rate, client: client, first: make([]int, partitions), session: make([]int, partitions),
		verified: make([]int, partitions), last: -1}
}

// begin begins to write; wait is to be called then.
func (l *load) begin(ctx context.Context) {
	// The partitions learn of a failure by themselves. The context isn't the group's, which ends with its Wait:
	// records are on their way still.
	l.running = ctx
	for partition := range l.session {
		l.fillers.Go(func() error { return l.fill(ctx, partition) })
	}
}

// wait waits until the last session is complete in all partitions.
func (l *load) wait(ctx context.Context) error {
	if err := l.fillers.Wait(); err != nil {
		return err
	}
	if err := l.client.Flush(ctx); err != nil {
		return err
	}
	return l.failure()
}

// fill writes the input of one partition.
func (l *load) fill(ctx context.Context, partition int) error {
	ticks := time.NewTicker(loadTick)
	defer ticks.Stop()
	random := rand.New(rand.NewPCG(l.plan.Seed, uint64(partition)))
	for session := l.begins(partition); l.next(partition, session); session++ {
		data := l.plan.Input(partition, session)
		var written [len(data)]int
		if l.plan.IsSilent() {
			if err := l.writeDetails(ctx, partition, data, &written[details]); err != nil {
				return err
			}
		}
		for left := len(data); left > 0; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticks.C:
			}
			if err := l.failure(); err != nil {
				return err
			}
			if l.ahead(partition) {
				continue
			}
			for stream := range data {
				if stream == details && l.staysSilent(partition, session) {
					continue
				}
				left -= l.writeSome(ctx, random, partition, stream, data[stream], &written[stream])
			}
		}
	}
	return nil
}

// writeSome writes some elements of a stream, more or less by chance so that now one stream is ahead and now another.
// It returns 1 when it ends the session.
func (l *load) writeSome(
	ctx context.Context, random *rand.Rand, partition, stream int, all []workload.Element, written *int,
) int {
	if *written > len(all) {
		return 0
	}
	mean := max(1, l.rate*int(loadTick/time.Millisecond)/1000)
	for range random.IntN(2*mean + 1) {
		if *written == len(all) {
			*written++
			l.produce(ctx, partition, stream, nil, []byte(endmark.Value))
			return 1
		}
		l.writeElement(ctx, partition, stream, all[*written])
		*written++
	}
	return 0
}

func (l *load) writeElement(ctx context.Context, partition, stream int, e workload.Element) {
	value, _ := json.Marshal(e) // numbers always can be
	l.produce(ctx, partition, stream, []byte(workload.RecordKey(e.Number)), value)
}

// details is the index of the stream that may be silent.
var details = slices.Index(workload.Inputs(), workload.Details)

// writeDetails writes all details of a session but for the mark, and waits until they are there.
func (l *load) writeDetails(ctx context.Context, partition int, data workload.Session, written *int) error {
	for _, e := range data[details] {
		l.writeElement(ctx, partition, details, e)
	}
	*written = len(data[details])
	return l.client.Flush(ctx)
}

// staysSilent says that the mark of the details must wait for the results of the session.
func (l *load) staysSilent(partition, session int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.plan.IsSilent() && l.verified[partition] <= session
}

func (l *load) produce(ctx context.Context, partition, stream int, key, value []byte) {
	record := &kgo.Record{Topic: workload.Inputs()[stream], Partition: int32(partition), Key: key, Value: value}
	l.client.Produce(ctx, record, func(_ *kgo.Record, err error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if err != nil && l.err == nil {
			l.err = fmt.Errorf("write the input: %w", err)
		}
	})
}

func (l *load) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// next notes that a partition begins a session; false says that there is none any more.
func (l *load) next(partition, session int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last >= 0 && session > l.last {
		return false
	}
	l.session[partition] = session
	return true
}

// ahead tells whether a partition must wait for its results.
func (l *load) ahead(partition int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session[partition] >= l.verified[partition]+maxAhead
}

// ended notes that so many sessions of a partition were verified.
func (l *load) ended(partition, sessions int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.verified[partition] = sessions
}

// finish makes the session that is written now the last one.
func (l *load) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, session := range l.session {
		l.last = max(l.last, session)
	}
}

// complete tells whether all sessions were verified.
func (l *load) complete() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last < 0 {
		return false
	}
	for _, sessions := range l.verified {
		if sessions <= l.last {
			return false
		}
	}
	return true
}

// awaits tells whether a partition has results to come.
func (l *load) awaits(partition int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last < 0 || l.verified[partition] <= l.last
}
