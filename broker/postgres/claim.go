package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
)

const (
	holderOf = `SELECT backend::text, backend_start::text, holder FROM leat_positions WHERE name = $1 AND partition =
		$2::int`
	takeOver = `INSERT INTO leat_positions AS p (name, partition, epoch, holder, claimed, backend, backend_start)
		SELECT $1, $2::int, 1, $3, now(), pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()
		ON CONFLICT (name, partition) DO UPDATE SET epoch = p.epoch + 1, holder = excluded.holder, claimed =
			excluded.claimed,
		backend = excluded.backend, backend_start = excluded.backend_start
		RETURNING epoch::text, progress::text`
	claimAgain = `UPDATE leat_positions SET epoch = epoch + 1, backend = pg_backend_pid(),
		backend_start = (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid())
		WHERE name = $1 AND partition = $2::int AND epoch = $3::bigint RETURNING epoch::text`
	// A backend is ended only if it is the one that is noted: numbers are given again. Where partitions move, it may be
	// at work on others: then it is ended only where its client seems to be frozen within a transaction.
	endBackend = `SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
		WHERE pid = $1::int AND backend_start::text = $2 AND pid <> pg_backend_pid() AND ($3 <> 'shared'
			OR xact_start IS NOT NULL AND wait_event_type = 'Client' AND state_change < now() - interval '2 s')`
)

// Claim implements broker.Claimer.
func (l *ledger) Claim(ctx context.Context, partition int) (p broker.Progress, err error) {
	err = l.lookedAt(ctx, func(*session) error {
		epoch, kept, err := l.take(ctx, partition)
		if err != nil {
			return err
		}
		l.epochs[partition] = epoch
		p, err = progress.Unmarshal(kept)
		return err
	})
	return p, err
}

// take raises the epoch of a partition, and ends the session of whoever had it: it may be frozen in a transaction,
// whose locks on the row or on outputs nobody else would get.
func (l *ledger) take(ctx context.Context, partition int) (epoch int64, kept []byte, err error) {
	before, err := l.session.rows(ctx, holderOf, l.name, strconv.Itoa(partition))
	if err != nil {
		return 0, nil, err
	}
	taken, err := l.forced(ctx, before, takeOver, l.name, strconv.Itoa(partition), l.holder)
	if err != nil {
		return 0, nil, err
	}
	l.end(ctx, before)
	epoch, err = strconv.ParseInt(string(taken[0][0]), 10, 64)
	return epoch, taken[0][1], err
}

// reclaim raises the epoch of a partition that this run has claimed, for a new session. It waits until the one before
// is gone.
func (l *ledger) reclaim(ctx context.Context, partition int, epoch int64) error {
	before, err := l.session.rows(ctx, holderOf, l.name, strconv.Itoa(partition))
	if err != nil {
		return err
	}
	taken, err := l.forced(ctx, before, claimAgain, l.name, strconv.Itoa(partition), strconv.FormatInt(epoch, 10))
	switch {
	case err != nil:
		return err
	case len(taken) == 0 && l.shared:
		l.connector.logger.Info("a partition was claimed by another instance", "partition", partition)
		delete(l.epochs, partition)
		return nil
	case len(taken) == 0:
		return l.takenOver(ctx, partition)
	}
	l.epochs[partition], err = strconv.ParseInt(string(taken[0][0]), 10, 64)
	return err
}

// forced runs a statement that changes a partition's row, and ends the session that keeps it locked.
func (l *ledger) forced(ctx context.Context, holder []row, sql string, parameters ...string) ([]row, error) {
	if err := l.session.run(ctx, fmt.Sprintf("SET lock_timeout = %d", lockTimeout.Milliseconds())); err != nil {
		return nil, err
	}
	for {
		all, err := l.session.rows(ctx, sql, parameters...)
		if !isConflict(err) {
			if reset := l.session.run(ctx, "RESET lock_timeout"); err == nil {
				err = reset
			}
			return all, err
		}
		l.end(ctx, holder)
		l.connector.logger.Info("waiting for a transaction of the run before", "name", l.name, "holder", text(holder, 2))
	}
}

func text(all []row, column int) string {
	if len(all) == 0 {
		return ""
	}
	return string(all[0][column])
}

// end ends the session that has a partition, if it is there.
func (l *ledger) end(ctx context.Context, holder []row) {
	if len(holder) == 0 {
		return
	}
	shared := ""
	if l.shared {
		shared = "shared"
	}
	ended, err := l.session.texts(ctx, endBackend, text(holder, 0), text(holder, 1), shared)
	if err != nil {
		l.connector.logger.Warn("the connection of the run before can't be ended; GRANT pg_signal_backend TO "+
			l.connector.grantee(), "holder", text(holder, 2), "pid", text(holder, 0), "error", err)
	} else if len(ended) > 0 {
		l.connector.logger.Info("the connection of the run before was ended", "name", l.name, "holder", text(holder, 2))
	}
}

// takenOver says by whom a partition was taken over.
func (l *ledger) takenOver(ctx context.Context, partition int) error {
	all, err := l.session.rows(ctx,
		"SELECT holder, claimed::text FROM leat_positions WHERE name = $1 AND partition = $2::int", l.name,
		strconv.Itoa(partition))
	who := "somebody who has removed its positions"
	if err == nil && len(all) > 0 {
		who = text(all, 0) + " at " + text(all, 1)
	}
	return fmt.Errorf("postgres: the positions of %q, partition %d, were claimed by %s: %w", l.name, partition, who,
		broker.ErrTakenOver)
}
