package relation

import (
	"context"
	"errors"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
)

// Claim implements broker.Claimer.
func (l *ledger) Claim(ctx context.Context, partition int) (p broker.Progress, err error) {
	err = l.lookedAt(ctx, func() error {
		taken, err := l.take(ctx, partition, 0)
		if err != nil {
			return err
		}
		l.epochs[partition] = taken.epoch + 1
		p, err = progress.Unmarshal(taken.progress)
		return err
	})
	return p, err
}

// errGone says that somebody else has claimed a partition.
var errGone = errors.New("the partition was claimed by another run")

// reclaim raises the epoch of a partition that this run has claimed, for a new connection.
func (l *ledger) reclaim(ctx context.Context, partition int, epoch int64) error {
	taken, err := l.take(ctx, partition, epoch)
	switch {
	case errors.Is(err, errGone) && l.job.Shared:
		delete(l.epochs, partition)
		return nil
	case errors.Is(err, errGone):
		return l.takenOver(ctx, partition)
	case err != nil:
		return l.explain(err)
	}
	l.epochs[partition] = taken.epoch + 1
	return nil
}

// take raises the epoch of a partition, of this one if it isn't zero, and returns what was kept before. Whoever had it
// loses the connection, as far as the database can do that: it may be frozen in a transaction, whose locks nobody else
// would get.
func (l *ledger) take(ctx context.Context, partition int, mine int64) (before kept, err error) {
	db := l.job.Database
	for {
		before, err = l.kept(ctx, partition, "")
		if err != nil {
			return before, err
		}
		claim := Claim{l.name, partition, before.epoch, before.holder}
		taken, err := l.raise(ctx, partition, mine)
		switch {
		case err == nil:
			claim.Epoch, claim.Holder = taken.epoch, taken.holder
			db.Oust(ctx, l.conn, claim)
			return taken, nil
		case !db.IsConflict(err):
			return taken, err
		}
		db.Oust(ctx, l.conn, claim)
		l.job.Logger.Info("waiting for a transaction of the run before", "name", l.name, "holder", before.holder)
	}
}

// raise raises the epoch of a partition in one transaction.
func (l *ledger) raise(ctx context.Context, partition int, mine int64) (before kept, err error) {
	db := l.job.Database
	if err := db.Begin(ctx, l.conn); err != nil {
		return before, err
	}
	if before, err = l.change(ctx, partition, mine); err == nil {
		err = db.Commit(ctx, l.conn)
	}
	if err != nil {
		l.rollback(ctx)
		return before, err
	}
	return before, nil
}

func (l *ledger) change(ctx context.Context, partition int, mine int64) (before kept, err error) {
	db := l.job.Database
	if mine == 0 {
		if _, err := l.conn.ExecContext(ctx, db.InsertNew()+
			" INTO leat_positions (name, `partition`, epoch, holder, claimed) VALUES (?, ?, 0, '', '')",
			l.name, partition); err != nil {
			return before, err
		}
	}
	before, err = l.kept(ctx, partition, db.LockRow())
	switch {
	case err != nil:
		return before, err
	case mine != 0 && before.epoch != mine && (before.holder != l.holder || before.claimed != l.tries[partition]):
		return before, errGone
	}
	if err := db.Claiming(ctx, l.conn, Claim{l.name, partition, before.epoch + 1, l.holder}); err != nil {
		return before, err
	}
	l.tries[partition] = now()
	_, err = l.conn.ExecContext(ctx,
		"UPDATE leat_positions SET epoch = ?, holder = ?, claimed = ? WHERE name = ? AND `partition` = ?",
		before.epoch+1, l.holder, l.tries[partition], l.name, partition)
	return before, err
}

// rollback ends a transaction that has failed. Nothing is left of it where the connection is lost, or it has ended by
// itself, so that an error says nothing.
func (l *ledger) rollback(ctx context.Context) {
	_, _ = l.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
}

// takenOver says by whom a partition was taken over.
func (l *ledger) takenOver(ctx context.Context, partition int) error {
	k, err := l.kept(ctx, partition, "")
	who := "somebody who has removed its positions"
	if err == nil && k.epoch != 0 {
		who = k.holder + " at " + k.claimed
	}
	return l.job.errorf("the positions of %q, partition %d, were claimed by %s: %w", l.name, partition, who,
		broker.ErrTakenOver)
}
