package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// setStart commits where a partition without positions begins. With kafka.Latest a run that is killed before its
// first result would otherwise begin at another offset the next time, and lose what came between. Where a partition
// begins at offset 0 with the first session, as it would anyway, nothing is committed.
func (r *run) setStart(ctx context.Context, p int) error {
	fresh, plain := r.positions.isFresh(p)
	if !fresh {
		return nil
	}
	starts, err := r.positions.findStart(ctx, p)
	if err != nil || plain && allZero(starts) {
		return err
	}
	positions, err := r.positions.fetch(ctx, []int{p})
	if err != nil {
		return err
	}
	if len(positions[0].progress.Nodes) > 0 || len(positions[0].starts) == len(r.topics.names) {
		return nil
	}
	maps.Copy(starts, positions[0].starts) // offsets that somebody has set go first
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err = r.transactions.commitStart(ctx, p, starts)
		if err == nil || !errors.Is(err, broker.ErrAborted) {
			break
		}
		if err := wait.For(ctx, pause); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	_, err = r.positions.fetch(ctx, []int{p})
	return err
}

func allZero(starts map[string]int64) bool {
	for _, start := range starts {
		if start != 0 {
			return false
		}
	}
	return true
}

// findStart returns the offsets where a new group begins in a partition, by topic.
func (ps *positions) findStart(ctx context.Context, p int) (map[string]int64, error) {
	starts := map[string]int64{}
	for _, topic := range ps.topics.names {
		var err error
		if starts[topic], err = ps.startOf(ctx, topic, p); err != nil {
			return nil, err
		}
	}
	return starts, nil
}

// startOf returns the offset where a new group begins in a topic's partition. It tries again until Kafka replies, ctx
// ends, or trying again is wrong.
func (ps *positions) startOf(ctx context.Context, topic string, p int) (int64, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		offset, err := ps.startOnce(ctx, topic, p)
		switch {
		case err == nil:
			return offset, nil
		case final(err) != nil:
			return 0, fmt.Errorf("kafka: find the offset to begin at in %s[%d]: %w", topic, p, final(err))
		}
		if err := wait.For(ctx, pause); err != nil {
			return 0, err
		}
	}
}

func (ps *positions) startOnce(ctx context.Context, topic string, p int) (int64, error) {
	start := ps.startPolicy(p)
	timestamp := int64(newest)
	switch {
	case start.isEarliest():
		timestamp = oldest
	case !start.latest:
		timestamp = start.time.UnixMilli()
	}
	offset, err := ps.listOffset(ctx, topic, p, timestamp)
	if err == nil && offset < 0 { // no record is as new as that
		offset, err = ps.listOffset(ctx, topic, p, newest)
	}
	return offset, err
}

// isFresh tells whether nothing is committed yet of a partition, and whether it begins with the first session and at
// its first record.
func (ps *positions) isFresh(p int) (fresh, plain bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.latest[p].isFresh(), ps.settings.start.isEarliest() && !ps.wasAdded(p)
}
