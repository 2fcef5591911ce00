package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
)

// settleTime is how long a commit whose context has ended may take to find out what has become of it.
const settleTime = 700 * time.Millisecond

const keepProgress = `UPDATE leat_positions SET progress = $4::json, committed = now()
	WHERE name = $1 AND partition = $2::int AND epoch = $3::bigint RETURNING 1`

// A writer writes a commit's results within a transaction.
type writer func(ctx context.Context, s *session, c *broker.Commit) error

// commit makes results and progress of some tasks visible in one transaction.
func (l *ledger) commit(ctx context.Context, commits []broker.Commit, write writer) error {
	if err := l.connect(ctx); err != nil {
		return err
	}
	for i := range commits {
		if err := l.own(&commits[i]); err != nil {
			return err
		}
	}
	sent, err := l.transact(ctx, commits, write)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, broker.ErrTakenOver):
		return err
	case l.session.IsClosed():
		return l.settle(ctx, commits, sent, err)
	}
	if rollback := l.session.run(ctx, "ROLLBACK"); rollback != nil {
		return l.settle(ctx, commits, false, err)
	}
	if isConflict(err) {
		return fmt.Errorf("%w: %w", broker.ErrAborted, err)
	}
	return l.orTakenOver(ctx, commits, err)
}

// own checks that this run has claimed the commit's partition; where partitions move, the commit of one that has gone
// is left out.
func (l *ledger) own(c *broker.Commit) error {
	if _, ok := l.epochs[c.Partition]; ok || c.Lost {
		return nil
	}
	if l.shared {
		c.Lost = true
		return nil
	}
	return fmt.Errorf("postgres: partition %d isn't claimed by this run: %w", c.Partition, broker.ErrTakenOver)
}

// transact makes the transaction. sent says that the server was asked to commit it.
func (l *ledger) transact(ctx context.Context, commits []broker.Commit, write writer) (sent bool, err error) {
	s := l.session
	if err := s.run(ctx, "BEGIN"); err != nil {
		return false, l.explain(err)
	}
	for i := range commits {
		if commits[i].Lost {
			continue
		}
		if err := write(ctx, s, &commits[i]); err != nil {
			return false, err
		}
	}
	for i := range commits {
		c := &commits[i]
		if c.Lost {
			continue
		}
		kept, err := l.keep(ctx, c)
		if err != nil {
			return false, l.explain(err)
		}
		if !kept {
			return l.without(ctx, commits, i, write)
		}
	}
	if err := s.run(ctx, "COMMIT"); err != nil {
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
	done, err := l.session.rows(ctx, keepProgress, l.name, strconv.Itoa(c.Partition),
		strconv.FormatInt(l.epochs[c.Partition], 10), string(text))
	return len(done) > 0, err
}

// without goes on without a commit whose partition somebody has claimed: it ends the run, unless partitions move.
func (l *ledger) without(ctx context.Context, commits []broker.Commit, lost int, write writer) (sent bool, err error) {
	if err := l.session.run(ctx, "ROLLBACK"); err != nil {
		return false, l.explain(err)
	}
	partition := commits[lost].Partition
	delete(l.epochs, partition)
	if !l.shared {
		return false, l.takenOver(ctx, partition)
	}
	commits[lost].Lost = true
	return l.transact(ctx, commits, write)
}

// settle finds out what has become of a commit whose connection was lost. Where the server was asked for it, the answer
// is in the table; a new session claims the partitions again first, which waits for the transaction before, or ends it.
func (l *ledger) settle(ctx context.Context, commits []broker.Commit, sent bool, cause error) error {
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
		l.connector.logger.Info("the answer to a commit was lost, and it was made", "name", l.name)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w: the connection was lost: %w", broker.ErrAborted, cause)
}

// isKept reports whether a transaction was committed. All commits in it were, or none.
func (l *ledger) isKept(ctx context.Context, commits []broker.Commit) (bool, error) {
	if err := l.connect(ctx); err != nil {
		return false, err
	}
	for i := range commits {
		if commits[i].Lost {
			continue
		}
		want, err := progress.Marshal(commits[i].Progress)
		if err != nil {
			return false, err
		}
		var found bool
		err = l.lookedAt(ctx, func(s *session) error {
			all, err := s.rows(ctx,
				"SELECT 1 FROM leat_positions WHERE name = $1 AND partition = $2::int AND progress::text = $3", l.name,
				strconv.Itoa(commits[i].Partition), string(want))
			found = len(all) > 0
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
		mine, failed := l.session.rows(ctx,
			"SELECT 1 FROM leat_positions WHERE name = $1 AND partition = $2::int AND epoch = $3::bigint",
			l.name, strconv.Itoa(p), strconv.FormatInt(l.epochs[p], 10))
		switch {
		case failed != nil || len(mine) > 0:
			continue
		case l.shared:
			return fmt.Errorf("%w: %w", broker.ErrAborted, err) // tried again, it is left out
		}
		return l.takenOver(ctx, p)
	}
	return err
}
