package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// What a topic's retention removes, or an administrator, may be what a node has dealt with, or what it still needs. Only
// then a run must not go on. Between the two there may be markers of transactions, which take offsets but can't be told
// from records once they are removed: so positions say how far those are known to reach.

// A seat is a node's in a partition.
type seat struct{ node, partition int }

// watch says that a reader of a node was opened which sees this end.
func (m *member) watch(node, partition int, e *end) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ends[seat{node, partition}] = e
}

// needed returns the offset of the first record that isn't dealt with.
func needed(r broker.Rewind) int64 {
	if r.Behind {
		return r.Offset + 1
	}
	return r.Offset
}

// positionOf returns what a commit keeps. A node that has read nothing yet has its place where the partition began, which
// isn't the offset 0 that the join knows.
func (m *member) positionOf(c broker.Commit, transaction uint64) position {
	p := position{progress: c.Progress, transaction: transaction}
	p.progress.Nodes = make([]broker.Rewind, len(c.Progress.Nodes))
	p.empty = make([]int64, len(c.Progress.Nodes))
	m.mu.Lock()
	defer m.mu.Unlock()
	p.width = m.widthOf(c.Partition, c.Progress.Sessions)
	for i, r := range c.Progress.Nodes {
		if start := m.starts[c.Partition][m.topicOf[i]]; r.Offset < start {
			r.Offset, r.Behind, r.Seen, r.Accounted = start, false, max(r.Seen, start), max(r.Accounted, start)
		}
		p.progress.Nodes[i] = r
		p.empty[i] = m.emptyFrom(i, c.Partition, needed(r))
	}
	return p
}

// emptyFrom returns the offset up to which a node had nothing to read from an offset on, 0 where nothing is known.
// REQUIRES: mu is held.
func (m *member) emptyFrom(node, partition int, offset int64) int64 {
	var empty int64
	if e := m.ends[seat{node, partition}]; e != nil {
		empty = e.emptyFrom(offset)
	}
	if kept := &m.kept[partition]; node < len(kept.empty) && needed(kept.progress.Nodes[node]) == offset {
		empty = max(empty, kept.empty[node])
	}
	if empty <= offset {
		return 0
	}
	return empty
}

// begin returns where a reader begins that goes on from an offset.
func (m *member) begin(ctx context.Context, node, partition int, from int64) (int64, error) {
	m.mu.Lock()
	kept, topic := m.kept[partition], m.topicOf[node]
	start, started := m.starts[partition][topic]
	m.mu.Unlock()
	earliest := false
	need := from
	switch {
	case from == 0 && kept.isFresh() && !started:
		return m.startOf(ctx, topic, partition)
	case from == 0 && kept.isFresh():
		from, need, earliest = start, start, m.settings.start.isEarliest()
	case node < len(kept.progress.Nodes) && kept.progress.Nodes[node].Offset == from:
		need = max(needed(kept.progress.Nodes[node]), kept.empty[node])
	}
	first, err := m.listOffset(ctx, topic, partition, oldest)
	switch {
	case err != nil || first <= from: // where Kafka can't say, fetching shows it
	case first <= need:
		from = first
	case earliest:
		m.logger.Warn("records were removed before they could be read: going on with the oldest that is left",
			"topic", topic, "partition", partition, "first", from, "left", first)
		from = first
	default:
		return 0, m.gone(ctx, topic, partition, need)
	}
	return from, nil
}

// gone says why there is no record at an offset where a node must go on.
func (m *member) gone(ctx context.Context, topic string, partition int, offset int64) error {
	if err := m.identify(ctx); err != nil {
		return err
	}
	first, err := m.listOffset(ctx, topic, partition, oldest)
	switch {
	case err != nil:
		err = fmt.Errorf("the record to go on with is no longer there: %w", err)
	case first > offset:
		err = fmt.Errorf("the records from here up to offset %d are needed and were removed, by the topic's retention or by "+
			"somebody", first-1)
	default:
		err = errors.New("the partition ends before it: Kafka has lost records, or the topic was made anew")
	}
	err = &broker.PositionError{
		Position: broker.Position{Stream: topic, Partition: partition, Offset: offset},
		Err:      err,
	}
	return &finalError{err, m.resetAdvice()}
}

// resetAdvice says how to begin elsewhere than the positions say.
func (m *member) resetAdvice() string {
	return fmt.Sprintf("to go on all the same, stop all instances and reset the offsets of group %q for all "+
		"of its topics; docs/reliability.md says how, and what that means for the results", m.group)
}
