package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/leat-go/leat/broker"
)

// setStart commits where a partition begins that has no positions yet, unless that is offset 0 and the group's first session
// anyway: a run that dies before its first result must not begin elsewhere the next time, nor with another session.
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
	maps.Copy(starts, positions[0].starts) // what somebody has set counts
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err = r.transactions.commitStart(ctx, p, starts)
		if err == nil || !errors.Is(err, broker.ErrAborted) {
			break
		}
		if err := sleep(ctx, pause); err != nil {
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

// findStart looks for the offsets where a new group begins.
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

// startOf looks for the offset where a new group begins in a partition. It tries until Kafka says, ctx ends, or it can't be
// known.
func (ps *positions) startOf(ctx context.Context, topic string, p int) (int64, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		offset, err := ps.startOnce(ctx, topic, p)
		switch {
		case err == nil:
			return offset, nil
		case final(err) != nil:
			return 0, fmt.Errorf("kafka: where to begin in %s[%d]: %w", topic, p, final(err))
		}
		if err := sleep(ctx, pause); err != nil {
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
	if err == nil && offset < 0 { // nothing is as new as that
		offset, err = ps.listOffset(ctx, topic, p, newest)
	}
	return offset, err
}

// isFresh tells whether nothing is committed yet of a partition, and whether it begins with the group's first session at the first
// record, as partitions do that nothing else is known of.
func (ps *positions) isFresh(p int) (fresh, plain bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.latest[p].isFresh(), ps.settings.start.isEarliest() && !ps.wasAdded(p)
}
