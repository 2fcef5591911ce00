package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/leat-go/leat/broker"
)

// tables is a storage whose streams are tables with the columns id, which grows, and value, which is JSON. The end of a
// table is the end of a session: the next run goes on with the rows that were added since. Results and progress are one
// transaction, so the guarantee is broker.ExactlyOnce.
type tables struct {
	db      *sql.DB
	streams []broker.Stream
}

func (t *tables) Streams() []broker.Stream    { return t.streams }
func (t *tables) Guarantee() broker.Guarantee { return broker.ExactlyOnce }

// OpenSource implements broker.Source. Preparing a query finds a table that isn't there.
func (t *tables) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in := &input{}
	for _, s := range job.Inputs {
		query, err := t.db.PrepareContext(ctx,
			"SELECT id, value FROM "+quote(s.Name)+" WHERE id >= ? ORDER BY id LIMIT 256")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("table %s: %w", s.Name, err), in.Close())
		}
		in.queries = append(in.queries, query)
	}
	return in, nil
}

// An input has a query for each node of the join tree.
type input struct{ queries []*sql.Stmt }

func (in *input) Partitions() int { return 1 }

func (in *input) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	return task(ctx, 0)
}

func (in *input) Reader(_ context.Context, node, _ int, from int64) (broker.Reader, error) {
	return &reader{query: in.queries[node], next: from}, nil
}

func (in *input) Close() error {
	var errs []error
	for _, query := range in.queries {
		errs = append(errs, query.Close())
	}
	return errors.Join(errs...)
}

// A reader asks for a batch of rows at a time: it holds nothing between two reads.
type reader struct {
	query *sql.Stmt
	next  int64
}

func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	rows, err := r.query.QueryContext(ctx, r.next)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var records []broker.Record
	for rows.Next() {
		var record broker.Record
		if err := rows.Scan(&record.Offset, &record.Value); err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, io.EOF
	}
	r.next = records[len(records)-1].Offset + 1
	return records, nil
}

func (r *reader) Next() int64  { return r.next }
func (r *reader) Close() error { return nil }

// OpenSink implements broker.Sink. It makes the tables that aren't there yet.
func (t *tables) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	wanted := []string{"progress (job TEXT PRIMARY KEY, progress TEXT)"}
	for _, s := range job.Outputs {
		wanted = append(wanted, quote(s.Name)+" (id INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT)")
	}
	for _, table := range wanted {
		if _, err := t.db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+table); err != nil {
			return nil, fmt.Errorf("make table %s: %w", table, err)
		}
	}
	return &output{db: t.db, job: job}, nil
}

// An output is a broker.Keeper, too.
type output struct {
	db  *sql.DB
	job *broker.Job
}

func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	tx, err := o.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	for _, c := range commits {
		for _, r := range c.Results {
			insert := "INSERT INTO " + quote(o.job.Outputs[r.Stream].Name) + " (value) VALUES (?)"
			if _, err := tx.ExecContext(ctx, insert, string(r.Value)); err != nil {
				return err
			}
		}
		progress, err := json.Marshal(c.Progress)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "REPLACE INTO progress VALUES (?, ?)", o.job.Name, progress); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (o *output) Progress(ctx context.Context, _ int) (p broker.Progress, err error) {
	var stored []byte
	err = o.db.QueryRowContext(ctx, "SELECT progress FROM progress WHERE job = ?", o.job.Name).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil // the job has never committed
	}
	return p, errors.Join(err, json.Unmarshal(stored, &p))
}

func (o *output) Close() error { return nil }

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
