package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
)

// claim returns a partition's progress, and makes this run the only one that commits it where the keeper has a fence
// for that.
func (r *run) claim(ctx context.Context, partition int) (broker.Progress, error) {
	switch keeper := r.keeper.(type) {
	case nil:
		return broker.Progress{}, nil
	case broker.Claimer:
		return keeper.Claim(ctx, partition)
	default:
		return keeper.Progress(ctx, partition)
	}
}

// rewinds returns the rewind point of every node, in the order of the tree.
func (r *run) rewinds(ctx context.Context, progress broker.Progress, partition int) ([]broker.Rewind, error) {
	rewinds := make([]broker.Rewind, len(r.nodes))
	if len(progress.Nodes) == 0 {
		return rewinds, nil
	}
	var kept, wanted []string
	for _, rewind := range progress.Nodes {
		kept = append(kept, rewind.Node)
	}
	matching := len(kept) == len(r.nodes)
	for i, n := range r.nodes {
		wanted = append(wanted, n.Name)
		matching = matching && kept[i] == n.Name
	}
	if !matching {
		return nil, fmt.Errorf("the positions kept for %q, partition %d, are those of another join tree: "+
			"they have the nodes %v, this one has %v; give the changed mill another name", r.spec.Name, partition, kept, wanted)
	}
	copy(rewinds, progress.Nodes)
	if err := r.resume(ctx, partition, rewinds); err != nil {
		return nil, fmt.Errorf("the positions kept for %q, partition %d: %w", r.spec.Name, partition, err)
	}
	return rewinds, nil
}

// resume gives rewind points that were kept as values the offsets that they have in this run.
func (r *run) resume(ctx context.Context, partition int, rewinds []broker.Rewind) error {
	if positioner, ok := r.input.(broker.Positioner); ok {
		return positioner.Resume(ctx, partition, rewinds)
	}
	for _, rewind := range rewinds {
		if rewind.Position != "" {
			return fmt.Errorf("node %s was read from another storage, where its position is %s; "+
				"give the changed mill another name",
				rewind.Node, rewind.Position)
		}
	}
	return nil
}

// skipSessions passes over what is left of the last session in the streams that had not reached its mark when it ended
// (R5).
func (r *run) skipSessions(ctx context.Context, partition int, rewinds []broker.Rewind) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range rewinds {
		if !rewinds[i].NextSession {
			continue
		}
		g.Go(func() error {
			offset, err := r.skipSession(ctx, i, partition, rewinds[i].Offset)
			rewinds[i] = behindAll(offset).of(rewinds[i].Node)
			return err
		})
	}
	return g.Wait()
}

// skipSession returns the offset behind the next mark. Where the data timeout comes first, there is none: the rest of
// the last session is what has come until now.
func (r *run) skipSession(ctx context.Context, node, partition int, from int64) (_ int64, err error) {
	reader, err := r.input.Reader(ctx, node, partition, from)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		_, err := reader.Read(ctx)
		if errors.Is(err, io.EOF) {
			return reader.Next(), nil
		}
		if errors.Is(err, broker.ErrDataTimeout) {
			r.spec.Logger.Warn("the last session has no end-of-stream mark in a stream: what has come until now is passed over",
				"node", r.nodes[node].Name, "partition", partition, "from", from, "to", reader.Next())
			return reader.Next(), nil
		}
		if err != nil {
			return 0, err
		}
	}
}
