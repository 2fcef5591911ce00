package kafka

import (
	"context"

	"github.com/leat-go/leat/broker"
)

// A topic's retention, or an administrator, may remove records that a node has dealt with, or records that it still
// needs. Only in the second case must a run not go on.
//
// With a position of 7 and a partition that begins at 9, the two look alike: 7 and 8 may have been records, or
// transaction markers, which take offsets but are nothing to read. So positions hold how far only markers follow
// (position.empty).

// needed returns the offset of the first record that isn't dealt with.
func needed(r broker.Rewind) int64 {
	if r.Behind {
		return r.Offset + 1
	}
	return r.Offset
}

// begin returns where a reader begins that is to go on from an offset. It returns a final error where records that it
// needs were removed.
func (ps *positions) begin(ctx context.Context, node, partition int, from int64) (int64, error) {
	ps.mu.Lock()
	kept, topic := ps.latest[partition], ps.topics.ofNode[node]
	start, started := ps.starts[partition][topic]
	ps.mu.Unlock()
	earliest := false
	need := from
	switch {
	case from == 0 && kept.isFresh() && !started:
		return ps.startOf(ctx, topic, partition)
	case from == 0 && kept.isFresh():
		from, need, earliest = start, start, ps.settings.start.isEarliest()
	case node < len(kept.progress.Nodes) && kept.progress.Nodes[node].Offset == from:
		need = max(needed(kept.progress.Nodes[node]), kept.empty[node])
	}
	first, err := ps.listOffset(ctx, topic, partition, oldest)
	switch {
	case err != nil || first <= from: // after an error, fetching shows what is there
	case first <= need:
		from = first
	case earliest:
		ps.logger.Warn("records were removed before they were read: going on with the oldest record that is left",
			"topic", topic, "partition", partition, "first", from, "left", first)
		from = first
	default:
		return 0, ps.identity.gone(ctx, topic, partition, need)
	}
	return from, nil
}

// positionOf returns the position that a commit keeps. A node that has read nothing yet is at offset 0 for the join,
// but where the group began in the partition here.
func (ps *positions) positionOf(c broker.Commit, transaction uint64) position {
	p := position{progress: c.Progress, transaction: transaction}
	p.progress.Nodes = make([]broker.Rewind, len(c.Progress.Nodes))
	p.empty = make([]int64, len(c.Progress.Nodes))
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.partitionCount = ps.partitionCountOf(c.Partition, c.Progress.Sessions)
	for i, r := range c.Progress.Nodes {
		if start := ps.starts[c.Partition][ps.topics.ofNode[i]]; r.Offset < start {
			r.Offset, r.Behind, r.Seen, r.Accounted = start, false, max(r.Seen, start), max(r.Accounted, start)
		}
		p.progress.Nodes[i] = r
		p.empty[i] = ps.emptyFrom(i, c.Partition, needed(r))
	}
	return p
}

// emptyFrom returns the offset up to which a node had only transaction markers to read from an offset on; 0 where
// nothing is known. REQUIRES: mu is held.
func (ps *positions) emptyFrom(node, partition int, offset int64) int64 {
	var empty int64
	if e := ps.ends.of(node, partition); e != nil {
		empty = e.emptyFrom(offset)
	}
	if kept := &ps.latest[partition]; node < len(kept.empty) && needed(kept.progress.Nodes[node]) == offset {
		empty = max(empty, kept.empty[node])
	}
	if empty <= offset {
		return 0
	}
	return empty
}
