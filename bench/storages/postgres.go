package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/internal/postgresserver"
)

var postgresStorage = storage{
	start: inTempDir(postgresserver.Demo),
	fill: func(ctx context.Context, url string, rows int) error {
		return onPostgres(ctx, url, func(c *pgx.Conn) error {
			if _, err := c.Exec(ctx, `CREATE TABLE events (id bigint PRIMARY KEY, at bigint, name text, value double precision);
				CREATE TABLE results (id bigint PRIMARY KEY, name text, double double precision);
				CREATE TABLE position (at bigint); INSERT INTO position VALUES (-1)`); err != nil {
				return err
			}
			_, err := c.CopyFrom(ctx, pgx.Identifier{"events"}, []string{"id", "at", "name", "value"},
				pgx.CopyFromSlice(rows, func(i int) ([]any, error) {
					e := nth(i)
					return []any{e.ID, e.At, e.Name, e.Value}, nil
				}))
			if err == nil {
				_, err = c.Exec(ctx, "VACUUM ANALYZE events")
			}
			return err
		})
	},
	clear: func(ctx context.Context, url string) error {
		return onPostgres(ctx, url, func(c *pgx.Conn) error {
			_, err := c.Exec(ctx, "TRUNCATE results; UPDATE position SET at = -1; DROP TABLE IF EXISTS leat_positions")
			return err
		})
	},
	sum: func(ctx context.Context, url string) (sum string, err error) {
		err = onPostgres(ctx, url, func(c *pgx.Conn) error {
			return c.QueryRow(ctx, "SELECT concat(count(*), ' rows, ', sum(id), ', ', sum(double)) FROM results").Scan(&sum)
		})
		return sum, err
	},
	leat: func(ctx context.Context, url string) error {
		mill, err := leat.New(typed, leat.Name("bench"), leat.Logger(slog.New(slog.DiscardHandler)),
			leat.Broker(postgres.New(url, postgres.Table[event]("events"), postgres.Table[result]("results"))))
		if err != nil {
			return err
		}
		return mill.Run(ctx)
	},
	loop: func(ctx context.Context, url string) error {
		return onPostgres(ctx, url, func(reader *pgx.Conn) error {
			return onPostgres(ctx, url, func(writer *pgx.Conn) error { return loopOnPostgres(ctx, reader, writer) })
		})
	},
}

func onPostgres(ctx context.Context, url string, do func(c *pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.Close(context.WithoutCancel(ctx)))
}

// loopOnPostgres reads by one statement, whose rows the server sends as they are taken, and writes by COPY.
func loopOnPostgres(ctx context.Context, reader, writer *pgx.Conn) error {
	rows, err := reader.Query(ctx, "SELECT id, at, name, value FROM events ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	var batch [][]any
	var last int64
	commit := func() error {
		tx, err := writer.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(ctx) }()
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"results"}, []string{"id", "name", "double"},
			pgx.CopyFromRows(batch)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE position SET at = $1", last); err != nil {
			return err
		}
		batch = batch[:0]
		return tx.Commit(ctx)
	}
	for begun := time.Now(); rows.Next(); {
		var e event
		if err := rows.Scan(&e.ID, &e.At, &e.Name, &e.Value); err != nil {
			return err
		}
		r := double(e)
		batch, last = append(batch, []any{r.ID, r.Name, r.Double}), e.ID
		if time.Since(begun) > between {
			if err := commit(); err != nil {
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
