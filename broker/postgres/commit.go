package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
)

// settleTime is how long a commit whose context has ended may take to find out what has become of it.
const settleTime = 700 * time.Millisecond

const keepProgress = `UPDATE leat_positions SET progress = $4::json, committed = now()
	WHERE name = $1 AND partition = $2::int AND epoch = $3::bigint RETURNING pg_current_xact_id()::text`

// A writer writes a commit's results within a transaction.
type writer func(ctx context.Context, s *session, c *broker.Commit) error

// commit makes results and progress of some tasks visible in one transaction.
func (l *ledger) commit(ctx context.Context, commits []broker.Commit, write writer) error {
	return l.inTurn(ctx, func() error { return l.commitNow(ctx, commits, write) })
}

// commitNow is commit. REQUIRES: the turn is held.
func (l *ledger) commitNow(ctx context.Context, commits []broker.Commit, write writer) error {
	if err := l.connect(ctx); err != nil {
		return err
	}
	for i := range commits {
		if err := l.own(&commits[i]); err != nil {
			return err
		}
	}
	asked, err := l.transact(ctx, commits, write)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, broker.ErrTakenOver):
		return err
	case l.session.IsClosed():
		return l.settle(ctx, commits, asked, err)
	}
	if rollback := l.session.run(ctx, "ROLLBACK"); rollback != nil {
		return l.settle(ctx, commits, "", err)
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

// transact makes the transaction. asked is its number where the server was asked to commit it, and empty before.
func (l *ledger) transact(ctx context.Context, commits []broker.Commit, write writer) (asked string, err error) {
	s := l.session
	if err := s.run(ctx, "BEGIN"); err != nil {
		return "", l.explain(err)
	}
	for i := range commits {
		if commits[i].Lost {
			continue
		}
		if err := write(ctx, s, &commits[i]); err != nil {
			return "", err
		}
	}
	transaction := ""
	for i := range commits {
		c := &commits[i]
		if c.Lost {
			continue
		}
		number, err := l.keep(ctx, c)
		if err != nil {
			return "", l.explain(err)
		}
		if number == "" {
			return l.without(ctx, commits, i, write)
		}
		transaction = number
	}
	err = s.run(ctx, "COMMIT")
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused): // as by a deferred constraint of an output
		return transaction, described("COMMIT", refused, "")
	case err != nil:
		return transaction, l.explain(err)
	}
	return transaction, nil
}

// keep writes a commit's progress, if nobody has claimed the partition since, and returns the transaction's number.
func (l *ledger) keep(ctx context.Context, c *broker.Commit) (transaction string, err error) {
	text, err := progress.Marshal(c.Progress)
	if err != nil {
		return "", err
	}
	done, err := l.session.rows(ctx, keepProgress, l.name, strconv.Itoa(c.Partition),
		strconv.FormatInt(l.epochs[c.Partition], 10), string(text))
	if err != nil || len(done) == 0 {
		return "", err
	}
	return string(done[0][0]), nil
}

// without goes on without a commit whose partition somebody has claimed: it ends the run, unless partitions move.
func (l *ledger) without(
	ctx context.Context, commits []broker.Commit, lost int, write writer,
) (asked string, err error) {
	if err := l.session.run(ctx, "ROLLBACK"); err != nil {
		return "", l.explain(err)
	}
	partition := commits[lost].Partition
	delete(l.epochs, partition)
	if !l.shared {
		return "", l.takenOver(ctx, partition)
	}
	commits[lost].Lost = true
	return l.transact(ctx, commits, write)
}

// settle finds out what has become of a commit whose connection was lost. Where the server was asked for it, it knows;
// a new session claims the partitions again first, which waits for the transaction before, or ends it.
func (l *ledger) settle(ctx context.Context, commits []broker.Commit, asked string, cause error) error {
	if asked == "" {
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
	done, err := l.isKept(asking, commits, asked)
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

// isKept reports whether a transaction was committed: its number says so, and the progress that it has kept. The number
// alone may be that of another one, on a server that has taken the place of one that failed. Partitions that somebody
// else has claimed meanwhile may have gone on; where none is left, nothing is made again.
func (l *ledger) isKept(ctx context.Context, commits []broker.Commit, transaction string) (done bool, err error) {
	if err := l.connect(ctx); err != nil {
		return false, err
	}
	for i := range commits {
		c := &commits[i]
		if _, mine := l.epochs[c.Partition]; !mine || c.Lost {
			continue
		}
		want, err := progress.Marshal(c.Progress)
		if err != nil {
			return false, err
		}
		err = l.look(ctx, func(s *session) error {
			all, err := s.rows(ctx, wasKept, l.name, strconv.Itoa(c.Partition), string(want), transaction)
			done = len(all) > 0
			return err
		})
		return done, err
	}
	return false, nil
}

// The number of a transaction that the server hasn't come to has no status, but an error.
const wasKept = `SELECT 1 FROM leat_positions WHERE name = $1 AND partition = $2::int AND progress::text = $3
	AND CASE WHEN CAST($4 AS xid8) < pg_snapshot_xmax(pg_current_snapshot())
		THEN pg_xact_status(CAST($4 AS xid8)) IS DISTINCT FROM 'aborted' END`

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
