package engine

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// findSession finds the session that the run is for: the first that hasn't ended in all partitions. An input whose
// partitions other processes share learns of it.
func (r *run) findSession(ctx context.Context) (err error) {
	if r.keeper == nil {
		return nil
	}
	sessions := sessionsOf(r.keeper, r.input)
	r.session, err = sessions.LowestSession(ctx)
	if err != nil && ctx.Err() == nil && r.committer.saver != nil {
		return fmt.Errorf("the output keeps no positions, so that they are kept where the streams are read: %w", err)
	}
	if err != nil {
		return err
	}
	if sharer, ok := r.input.(broker.Sharer); ok {
		return sharer.Share(ctx, r.session, sessions)
	}
	return nil
}

// sessionsOf returns who tells about the sessions of all partitions.
func sessionsOf(k broker.Keeper, input broker.Input) broker.SessionKeeper {
	if all, ok := k.(broker.SessionKeeper); ok {
		return atOnce{all}
	}
	return oneByOne{k, input}
}

// atOnce is a keeper that tells about all partitions at once.
type atOnce struct{ keeper broker.SessionKeeper }

func (a atOnce) LowestSession(ctx context.Context) (int64, error) {
	lowest, err := a.keeper.LowestSession(ctx)
	if err != nil {
		return 0, fmt.Errorf("positions of all partitions: %w", err)
	}
	return lowest, nil
}

// oneByOne is a keeper that is asked about each partition.
type oneByOne struct {
	keeper broker.Keeper
	input  broker.Input
}

func (o oneByOne) LowestSession(ctx context.Context) (lowest int64, err error) {
	for p := range o.input.Partitions() {
		progress, err := o.keeper.Progress(ctx, p)
		if err != nil {
			return 0, fmt.Errorf("positions of partition %d: %w", p, err)
		}
		if p == 0 || progress.Sessions < lowest {
			lowest = progress.Sessions
		}
	}
	return lowest, nil
}
