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
func (b *Broker) Rehearse(
	ctx context.Context, job *broker.Job, results []broker.Result,
) (advice []string, refused int, err error) {
	c, err := b.newConnector(job)
	if err != nil {
		return nil, -1, err
	}
	l := newLedger(b, job, c, func() int { return 1 })
	if l.nameErr != nil {
		return nil, -1, l.nameErr
	}
	refused = -1
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
		if err := l.try(ctx, s); err != nil {
			return err
		}
		if advice, err = s.weaknesses(ctx); err != nil {
			return l.explain(err)
		}
		return s.close()
	})
	return advice, refused, err
}

// try finds out whether positions can be kept.
func (l *ledger) try(ctx context.Context, s *session) error {
	frozen, err := s.texts(ctx, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean")
	if err != nil {
		return l.explain(err)
	}
	if frozen[0] == "t" {
		return errors.New("postgres: the database takes no changes, and results and positions are such: it is a replica, or " +
			"default_transaction_read_only is on: connect to the one that is written to")
	}
	oid, _, err := s.oid(ctx, "leat_positions")
	switch {
	case err != nil:
		return l.explain(err)
	case oid == "":
		return s.mayMake(ctx, "leat_positions", makeLedger, whyLedger)
	}
	return l.mayKeep(ctx, s)
}

// mayMake finds out whether a table may be made.
func (s *session) mayMake(ctx context.Context, name, sql, purpose string) error {
	may, err := s.texts(ctx, "SELECT coalesce(has_schema_privilege("+schemaAsText(name)+", 'CREATE'), false)")
	if err != nil || may[0] == "t" {
		return err
	}
	return described("the table "+name, &pgconn.PgError{Severity: "ERROR", Code: "42501", Message: "permission denied"},
		s.mayNotMake(ctx, name, sql, purpose))
}

// schemaAsText is the name of the schema that a table would be made in, as an expression.
func schemaAsText(name string) string {
	if schema, _, named := strings.Cut(name, "."); named {
		return quoted(schema)
	}
	return "current_schema()"
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
		if err := s.mayMake(ctx, r.stream.Name, t.creation(), whyOutput); err != nil {
			return nil, nil, err
		}
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
