package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
)

// rehearsed is the name of a temporary table, which is a session's own.
const rehearsed = "pg_temp.leat_rehearsal"

// Rehearse implements [broker.Rehearser]: results are tried in a temporary table with the output's columns. Who may not make
// one is told of names of columns only.
func (b *Broker) Rehearse(ctx context.Context, job *broker.Job, results []broker.Result) (refused int, err error) {
	c, err := b.newConnector(job)
	if err != nil {
		return -1, err
	}
	err = c.opening(ctx, func(s *session) error {
		for i, declared := range job.Outputs {
			r, err := b.relation(declared)
			if err != nil {
				return err
			}
			if refused, err = s.rehearse(ctx, r, i, results); err != nil {
				return err
			}
		}
		return s.close()
	})
	return refused, err
}

// rehearse tries the results of one output.
func (s *session) rehearse(
	ctx context.Context, r *relation, stream int, results []broker.Result,
) (refused int, err error) {
	t, temporary, err := s.openRehearsal(ctx, r)
	if err != nil || t == nil {
		return -1, err
	}
	for i := range results {
		if results[i].Stream != stream {
			continue
		}
		if err := t.check(results[i].Value); err != nil {
			return i, err
		}
		if temporary == nil {
			continue
		}
		err := temporary.write(ctx, s, stream, results[i:i+1])
		switch {
		case err == nil:
		case s.IsClosed():
			return -1, t.explainWrite(err)
		case isAboutValue(err):
			return i, t.explainWrite(err)
		}
	}
	return -1, nil
}

// openRehearsal returns an output, and a temporary table like it, nil where the user may make none. Both are nil where
// nothing can be told.
func (s *session) openRehearsal(ctx context.Context, r *relation) (t, temporary *target, err error) {
	oid, _, err := s.oid(ctx, r.stream.Name)
	like := "LIKE " + qualified(r.stream.Name)
	t = &target{relation: r, name: qualified(r.stream.Name), columns: map[string]*column{}, grantee: s.grantee}
	switch {
	case err != nil:
		return nil, nil, t.explainWrite(err)
	case oid != "" || len(r.definitions) == 0:
		if t, err = s.openTarget(ctx, r); err != nil {
			return nil, nil, err
		}
	default:
		like = strings.Join(r.definitions, ", ")
	}
	err = s.run(ctx, "DROP TABLE IF EXISTS "+rehearsed+"; CREATE TABLE "+rehearsed+" ("+like+")")
	var denied *pgconn.PgError
	switch {
	case errors.As(err, &denied) && denied.Code == "42501" && oid != "":
		return t, nil, nil
	case errors.As(err, &denied) && denied.Code == "42501":
		return nil, nil, nil
	case err != nil:
		return nil, nil, t.explainWrite(err)
	}
	if oid == "" {
		if err := s.findColumns(ctx, t, rehearsed); err != nil {
			return nil, nil, t.explainWrite(err)
		}
	}
	// There is no index for a conflict clause.
	plain := *r
	plain.conflict = nil
	return t, &target{relation: &plain, name: rehearsed, columns: t.columns, names: t.names, grantee: t.grantee}, nil
}

// findColumns finds the columns of an output in a table of another name.
func (s *session) findColumns(ctx context.Context, t *target, table string) error {
	oid, _, err := s.oid(ctx, table)
	if err != nil {
		return err
	}
	columns, err := s.columns(ctx, oid)
	for i := range columns {
		t.columns[columns[i].name] = &columns[i]
		t.names = append(t.names, columns[i].name)
	}
	return err
}

// isAboutValue reports whether what a column's type doesn't take has kept a result from being written.
func isAboutValue(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return true // it isn't the server that refuses it
	}
	return strings.HasPrefix(refused.Code, "22") || refused.Code == "42804"
}

var _ broker.Rehearser = (*Broker)(nil)
