package kafka

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
)

// endCheck is how often an instance without running tasks asks whether all partitions of the group have ended the
// session.
const endCheck = 300 * time.Millisecond

type task = func(ctx context.Context, partition int) error

// own works on the partitions that the group assigns to this instance, until the session has ended for the whole
// group. See broker.Input.Own.
func (r *run) own(ctx context.Context, t task) error {
	session, err := r.currentSession(ctx)
	if err != nil {
		return err
	}
	r.assignment.setOwning(true)
	defer r.assignment.setOwning(false)
	r.membership.rebalance()
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	var tasks sync.WaitGroup
	if !r.topics.foreign {
		tasks.Go(func() { r.watchTransactions(own) })
		tasks.Go(func() { r.watchTopics(own, session) })
	}
	ended, err := r.ownUntil(own, session, func(ctx context.Context, p int) {
		tasks.Go(func() {
			if !r.assignment.returned(own, p, r.runTask(ctx, p, t)) {
				cancel()
			}
		})
	})
	cancel()
	tasks.Wait()
	failed := r.assignment.failure()
	switch {
	case failed != nil:
		return failed
	case ended:
		r.sessionEnded.Store(true)
		return nil
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return ctx.Err()
	}
	return err
}

// ownUntil starts tasks as partitions are assigned, until the session has ended for the whole group.
func (r *run) ownUntil(ctx context.Context, session int64, start func(context.Context, int)) (ended bool, err error) {
	for {
		if _, err := r.membership.open(ctx); err != nil {
			return false, err
		}
		r.assignment.startTasks(ctx, start)
		check, err := r.checkEnded(ctx, session, &ended)
		if ended || err != nil {
			return ended, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-r.assignment.changed:
		case <-check:
		}
		if err := r.assignment.failure(); err != nil {
			return false, err
		}
	}
}

// Share implements broker.Sharer.
func (r *run) Share(_ context.Context, session int64, positions broker.SessionKeeper) error {
	r.shared = &shared{session, positions}
	return nil
}

// A shared is what the engine tells of the session: positions may be kept by the sink of another storage.
type shared struct {
	session   int64
	positions broker.SessionKeeper
}

// currentSession returns the number of the session that the run is for.
func (r *run) currentSession(ctx context.Context) (int64, error) {
	if r.shared != nil {
		return r.shared.session, nil
	}
	return r.positions.currentSession(ctx)
}

// lowestSession returns the lowest number of ended sessions of all partitions.
func (r *run) lowestSession(ctx context.Context) (int64, error) {
	if r.shared != nil {
		return r.shared.positions.LowestSession(ctx)
	}
	return r.positions.lowestSession(ctx)
}

// checkEnded finds out whether all partitions have ended the session: this instance has seen the end of each, or the
// group's positions say so. It returns a channel that says when to check again; nil while tasks run.
func (r *run) checkEnded(ctx context.Context, session int64, ended *bool) (again <-chan time.Time, err error) {
	running, done, all := r.assignment.tally()
	switch {
	case done == all:
		*ended = true
		return nil, nil
	case running > 0:
		return nil, nil
	}
	lowest, err := r.lowestSession(ctx)
	*ended = err == nil && lowest > session
	return time.After(endCheck), err
}

// runTask prepares a partition and runs its task.
func (r *run) runTask(ctx context.Context, p int, t task) error {
	if err := r.setStart(ctx, p); err != nil {
		return err
	}
	return t(ctx, p)
}
