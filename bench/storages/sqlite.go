package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the loop's driver

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/sqlite"
)

var sqliteStorage = storage{
	start: func(context.Context) (string, func() error, error) {
		dir, err := os.MkdirTemp("", "leat-storages-")
		return filepath.Join(dir, "bench.db"), func() error { return os.RemoveAll(dir) }, err
	},
	fill: func(ctx context.Context, path string, rows int) error {
		return onSQLite(path, func(db *sql.DB) error {
			if _, err := db.ExecContext(ctx, `CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER, name TEXT, value REAL);
				CREATE TABLE results (id INTEGER PRIMARY KEY, name TEXT, double REAL);
				CREATE TABLE position (at INTEGER); INSERT INTO position VALUES (-1)`); err != nil {
				return err
			}
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			for i := range rows {
				e := nth(i)
				if _, err := tx.ExecContext(ctx, "INSERT INTO events VALUES (?, ?, ?, ?)", e.ID, e.At, e.Name,
					e.Value); err != nil {
					return err
				}
			}
			return tx.Commit()
		})
	},
	clear: func(ctx context.Context, path string) error {
		return onSQLite(path, func(db *sql.DB) error {
			_, err := db.ExecContext(ctx,
				"DELETE FROM results; UPDATE position SET at = -1; DROP TABLE IF EXISTS leat_positions")
			return err
		})
	},
	sum: func(ctx context.Context, path string) (sum string, err error) {
		err = onSQLite(path, func(db *sql.DB) error {
			const sums = "SELECT count(*) || ' rows, ' || sum(id) || ', ' || sum(double) FROM results"
			return db.QueryRowContext(ctx, sums).Scan(&sum)
		})
		return sum, err
	},
	leat: func(ctx context.Context, path string) error {
		mill, err := leat.New(typed, leat.Name("bench"), leat.Logger(slog.New(slog.DiscardHandler)),
			leat.Broker(sqlite.New(path, sqlite.Table[event]("events"), sqlite.Table[result]("results"))))
		if err != nil {
			return err
		}
		return mill.Run(ctx)
	},
	loop: func(ctx context.Context, path string) error {
		return onSQLite(path, func(db *sql.DB) error { return loopOnSQLite(ctx, db) })
	},
}

func onSQLite(path string, do func(db *sql.DB) error) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&"+
		"_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// loopOnSQLite reads by one statement, and writes each row by another.
func loopOnSQLite(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT id, at, name, value FROM events ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	writer, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer writer.Close()
	insert, err := writer.PrepareContext(ctx, "INSERT INTO results (id, name, double) VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	var last int64
	commit := func() error {
		if _, err := writer.ExecContext(ctx, "UPDATE position SET at = ?", last); err != nil {
			return err
		}
		_, err := writer.ExecContext(ctx, "COMMIT")
		return err
	}
	var begun time.Time
	for open := false; ; {
		more := rows.Next()
		if open && (!more || time.Since(begun) > between) {
			if err := commit(); err != nil {
				return err
			}
			open = false
		}
		if !more {
			return rows.Err()
		}
		var e event
		if err := rows.Scan(&e.ID, &e.At, &e.Name, &e.Value); err != nil {
			return err
		}
		if !open {
			if _, err := writer.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
				return err
			}
			open, begun = true, time.Now()
		}
		r := double(e)
		if _, err := insert.ExecContext(ctx, r.ID, r.Name, r.Double); err != nil {
			return err
		}
		last = e.ID
	}
}
