package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/mysql"
	"github.com/leat-go/leat/internal/mariadbserver"
)

var mysqlStorage = storage{
	start: inTempDir(mariadbserver.Demo),
	fill: func(ctx context.Context, url string, rows int) error {
		return onMySQL(url, func(db *sql.DB) error {
			for _, statement := range []string{
				"CREATE TABLE events (id BIGINT PRIMARY KEY, at BIGINT, name TEXT, value DOUBLE)",
				"CREATE TABLE results (id BIGINT PRIMARY KEY, name TEXT, `double` DOUBLE)",
				"CREATE TABLE position (at BIGINT)", "INSERT INTO position VALUES (-1)",
			} {
				if _, err := db.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			for first := 0; first < rows; first += bulk {
				n := min(bulk, rows-first)
				values := make([]any, 0, 4*n)
				for i := first; i < first+n; i++ {
					e := nth(i)
					values = append(values, e.ID, e.At, e.Name, e.Value)
				}
				if _, err := db.ExecContext(ctx, "INSERT INTO events VALUES "+rowsOf("(?, ?, ?, ?)", n), values...); err != nil {
					return err
				}
			}
			return nil
		})
	},
	clear: func(ctx context.Context, url string) error {
		return onMySQL(url, func(db *sql.DB) error {
			for _, statement := range []string{
				"TRUNCATE results", "UPDATE position SET at = -1", "DROP TABLE IF EXISTS leat_positions",
			} {
				if _, err := db.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		})
	},
	sum: func(ctx context.Context, url string) (sum string, err error) {
		err = onMySQL(url, func(db *sql.DB) error {
			const sums = "SELECT concat(count(*), ' rows, ', sum(id), ', ', sum(`double`)) FROM results"
			return db.QueryRowContext(ctx, sums).Scan(&sum)
		})
		return sum, err
	},
	leat: func(ctx context.Context, url string) error {
		mill, err := leat.New(typed, leat.Name("bench"), leat.Logger(slog.New(slog.DiscardHandler)),
			leat.Broker(mysql.New(url, mysql.Table[event]("events"), mysql.Table[result]("results"))))
		if err != nil {
			return err
		}
		return mill.Run(ctx)
	},
	loop: func(ctx context.Context, url string) error {
		return onMySQL(url, func(db *sql.DB) error { return loopOnMySQL(ctx, db) })
	},
}

// bulk is how many rows one INSERT has.
const bulk = 500

// rowsOf is a list of the placeholders of n rows.
func rowsOf(row string, n int) string { return strings.TrimSuffix(strings.Repeat(row+",", n), ",") }

func onMySQL(url string, do func(db *sql.DB) error) error {
	config, err := mysql.ParseURL(url)
	if err != nil {
		return err
	}
	config.InterpolateParams = true
	connector, err := driver.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	return errors.Join(do(db), db.Close())
}

// loopOnMySQL reads by one statement, whose rows the server sends as they are taken, and writes them by statements of many.
func loopOnMySQL(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT id, at, name, value FROM events ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var batch []any
	var last int64
	write := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO results (id, name, `double`) VALUES "+rowsOf("(?, ?, ?)", len(batch)/3),
			batch...)
		batch = batch[:0]
		return err
	}
	commit := func() error {
		if err := write(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE position SET at = ?", last); err != nil {
			return err
		}
		return tx.Commit()
	}
	for begun := time.Now(); rows.Next(); {
		var e event
		if err := rows.Scan(&e.ID, &e.At, &e.Name, &e.Value); err != nil {
			return err
		}
		r := double(e)
		if batch, last = append(batch, r.ID, r.Name, r.Double), e.ID; len(batch) == 3*bulk {
			if err := write(); err != nil {
				return err
			}
		}
		if time.Since(begun) > between {
			if err := commit(); err != nil {
				return err
			}
			if tx, err = db.BeginTx(ctx, nil); err != nil {
				return err
			}
			begun = time.Now()
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return commit()
}
