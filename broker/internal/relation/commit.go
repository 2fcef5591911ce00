package relation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/internal/wait"
)

// settleTime is how long a commit whose context has ended may take to find out what has become of it.
const settleTime = 700 * time.Millisecond

// A writer writes a commit's results within a transaction.
type writer func(ctx context.Context, c *broker.Commit) error

// commit makes results and progress of some tasks visible in one transaction.
func (l *ledger) commit(ctx context.Context, commits []broker.Commit, write writer) error {
	return l.inTurn(ctx, func() error { return l.tryCommit(ctx, commits, write) })
}

// tryCommit is commit. REQUIRES: it is the ledger's turn.
func (l *ledger) tryCommit(ctx context.Context, commits []broker.Commit, write writer) error {
	if err := l.connect(ctx); err != nil {
		return err
	}
	for i := range commits {
		if err := l.own(&commits[i]); err != nil {
			return err
		}
	}
	sent, err := l.transact(ctx, commits, write)
	db := l.job.Database
	switch {
	case err == nil || errors.Is(err, broker.ErrTakenOver):
		return err
	case db.IsLost(err):
		return l.settle(ctx, commits, sent, err)
	}
	l.rollback(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case db.IsConflict(err):
		return fmt.Errorf("%w: %w", broker.ErrAborted, err)
	}
	return l.orTakenOver(ctx, commits, err)
}

// own checks that this run has claimed the commit's partition; where partitions move, the commit of one that has gone is
// left out.
func (l *ledger) own(c *broker.Commit) error {
	if _, ok := l.epochs[c.Partition]; ok || c.Lost {
		return nil
	}
	if l.job.Shared {
		c.Lost = true
		return nil
	}
	return l.job.errorf("partition %d isn't claimed by this run: %w", c.Partition, broker.ErrTakenOver)
}

// transact makes the transaction. sent says that the database was asked to commit it.
func (l *ledger) transact(ctx context.Context, commits []broker.Commit, write writer) (sent bool, err error) {
	if err := l.job.Database.Begin(ctx, l.conn); err != nil {
		return false, l.explain(err)
	}
	for i := range commits {
		if commits[i].Lost {
			continue
		}
		if err := write(ctx, &commits[i]); err != nil {
			return false, err
		}
	}
	for i := range commits {
		if commits[i].Lost {
			continue
		}
		kept, err := l.keep(ctx, &commits[i])
		if err != nil {
			return false, l.explain(err)
		}
		if !kept {
			return l.without(ctx, commits, i, write)
		}
	}
	if err := l.job.Database.Commit(ctx, l.conn); err != nil {
		return true, l.explain(err)
	}
	return true, nil
}

// keep writes a commit's progress, if nobody has claimed the partition since.
func (l *ledger) keep(ctx context.Context, c *broker.Commit) (bool, error) {
	text, err := progress.Marshal(c.Progress)
	if err != nil {
		return false, err
	}
	done, err := l.conn.ExecContext(ctx, "UPDATE leat_positions SET progress = ?, committed = ? "+
		"WHERE name = ? AND `partition` = ? AND epoch = ?", string(text), now(), l.name, c.Partition, l.epochs[c.Partition])
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// without goes on without a commit whose partition somebody has claimed: it ends the run, unless partitions move.
func (l *ledger) without(ctx context.Context, commits []broker.Commit, lost int, write writer) (sent bool, err error) {
	l.rollback(ctx)
	partition := commits[lost].Partition
	delete(l.epochs, partition)
	if !l.job.Shared {
		return false, l.takenOver(ctx, partition)
	}
	commits[lost].Lost = true
	return l.transact(ctx, commits, write)
}

// settle finds out what has become of a commit whose connection was lost. Where the database was asked for it, the
// answer is in the table; a new connection claims the partitions again first, which waits for the transaction before, or
// ends it.
func (l *ledger) settle(ctx context.Context, commits []broker.Commit, sent bool, cause error) error {
	l.close()
	if !sent {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: the connection was lost: %w", broker.ErrAborted, cause)
	}
	asking := ctx
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		asking, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
	}
	done, err := l.isKept(asking, commits)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case done:
		l.job.Logger.Info("the answer to a commit was lost, and it was made", "name", l.name)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w: the connection was lost: %w", broker.ErrAborted, cause)
}

// isKept reports whether a transaction was committed. All commits in it were, or none.
func (l *ledger) isKept(ctx context.Context, commits []broker.Commit) (bool, error) {
	for i := range commits {
		if commits[i].Lost {
			continue
		}
		want, err := progress.Marshal(commits[i].Progress)
		if err != nil {
			return false, err
		}
		var found bool
		err = l.look(ctx, func() error {
			k, err := l.kept(ctx, commits[i].Partition, "")
			found = string(k.progress) == string(want)
			return err
		})
		return found, err
	}
	return true, nil
}

// orTakenOver returns the error of a commit, or that of the fence where somebody has claimed a partition: then what the
// database refuses may be only that the results are there already.
func (l *ledger) orTakenOver(ctx context.Context, commits []broker.Commit, err error) error {
	for i := range commits {
		p := commits[i].Partition
		k, failed := l.kept(ctx, p, "")
		switch {
		case failed != nil || k.epoch == l.epochs[p]:
			continue
		case l.job.Shared:
			return fmt.Errorf("%w: %w", broker.ErrAborted, err) // tried again, it is left out
		}
		return l.takenOver(ctx, p)
	}
	return err
}

// Save implements broker.Saver, for a sink that keeps no positions.
func (in *input) Save(ctx context.Context, commits []broker.Commit) error {
	for {
		err := in.ledger.commit(ctx, commits, func(context.Context, *broker.Commit) error { return nil })
		if !errors.Is(err, broker.ErrAborted) || ctx.Err() != nil {
			return err
		}
		in.job.Logger.Warn("saving positions was interrupted, trying again", "error", err, "pause", firstBackoff)
		if err := wait.For(ctx, firstBackoff); err != nil {
			return in.job.errorf("%w", err)
		}
	}
}
