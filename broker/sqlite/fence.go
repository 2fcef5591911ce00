package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/leat-go/leat/broker/internal/relation"
)

// patience is how long somebody else may hold the lock of the writer before the log tells, and then again and again.
const patience = 5 * time.Second

const makeLedger = `CREATE TABLE IF NOT EXISTS leat_positions (
	name TEXT NOT NULL, partition INTEGER NOT NULL, epoch INTEGER NOT NULL, progress TEXT, committed TEXT,
	holder TEXT NOT NULL, claimed TEXT NOT NULL, PRIMARY KEY (name, partition))`

// HasLedger implements relation.Fence.
func (d *database) HasLedger(ctx context.Context, conn *sql.Conn) (bool, error) {
	var n int
	err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'leat_positions'").Scan(&n)
	return n > 0, err
}

// MakeLedger implements relation.Fence.
func (d *database) MakeLedger(ctx context.Context, conn *sql.Conn) error {
	if exists, err := d.HasLedger(ctx, conn); err != nil || exists {
		return err
	}
	if err := d.Begin(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, makeLedger); err != nil {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return err
	}
	return d.Commit(ctx, conn)
}

// TryLedger implements relation.Fence: who may write to the file may write to the table.
func (d *database) TryLedger(context.Context, *sql.Conn) error { return nil }

// Weaknesses implements relation.Fence: each connection says itself that a commit is on the disk.
func (d *database) Weaknesses(context.Context, *sql.Conn) ([]string, error) { return nil, nil }

// Begin implements relation.Fence. It takes the lock of the writer at once: a transaction that reads first and writes
// then fails where somebody has written in between. Nobody can be made to give the lock away, so it waits.
func (d *database) Begin(ctx context.Context, conn *sql.Conn) error {
	if err := d.unmoved(); err != nil {
		return err
	}
	since := time.Now()
	for told := since; ; {
		_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !d.IsPassing(err):
			return err
		case time.Since(told) >= patience:
			told = time.Now()
			d.logger.Warn("another program holds the lock of the writer; it may be frozen, and its end, or its going on, "+
				"lets the run go on", "file", d.path, "holder", holder(d.path), "waiting",
				time.Since(since).Round(time.Second).String())
		}
	}
}

// Commit implements relation.Fence. It isn't interrupted, so that it is known what has become of the transaction. Only
// outside of WAL mode readers hold it back.
func (d *database) Commit(ctx context.Context, conn *sql.Conn) error {
	for {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "COMMIT")
		if !d.IsPassing(err) || ctx.Err() != nil {
			return err
		}
	}
}

// Claiming implements relation.Fence.
func (d *database) Claiming(context.Context, *sql.Conn, relation.Claim) error { return nil }

// Oust implements relation.Fence: SQLite can't end somebody else's transaction.
func (d *database) Oust(context.Context, *sql.Conn, relation.Claim) {}
