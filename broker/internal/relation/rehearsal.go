package relation

import (
	"context"
	"database/sql"

	"github.com/leat-go/leat/broker"
)

// A Rehearsal is a table like an output, in which results are tried.
type Rehearsal struct {
	// Conn is a connection to it, and to the output's columns.
	Conn *sql.Conn
	// Table is its name, quoted; empty where none could be made, so that only columns are known.
	Table string
	// Close removes it.
	Close func()
}

// Rehearse tries results, as broker.Rehearser says. conn is a connection; nil where there is no database yet, and an output
// would make it.
func Rehearse(
	ctx context.Context, job *Job, conn *sql.Conn, results []broker.Result,
) (advice []string, refused int, err error) {
	for i, declared := range job.Outputs {
		d, err := job.declaration(declared)
		if err != nil {
			return nil, -1, err
		}
		if refused, err := job.rehearse(ctx, d, conn, i, results); err != nil {
			return nil, refused, err
		}
	}
	l := newLedger(job, 1)
	if l.nameErr != nil || conn == nil {
		return nil, -1, l.nameErr
	}
	if err := job.Database.TryLedger(ctx, conn); err != nil {
		return nil, -1, l.explain(err)
	}
	advice, err = job.weaknesses(ctx, conn)
	return advice, -1, err
}

// weaknesses tells by which settings the database may lose what it has committed.
func (j *Job) weaknesses(ctx context.Context, conn *sql.Conn) (all []string, err error) {
	found, err := j.Database.Weaknesses(ctx, conn)
	if err != nil {
		return nil, j.errorf("%s: %w", j.Database.Place(), err)
	}
	for _, w := range found {
		all = append(all, j.Database.Product()+": "+j.Database.Place()+" may lose what it has committed when its machine "+
			"crashes, results and positions alike, which are made again then: "+w)
	}
	return all, nil
}

// rehearse tries the results of one output.
func (j *Job) rehearse(
	ctx context.Context, d *Declaration, conn *sql.Conn, stream int, results []broker.Result,
) (refused int, err error) {
	t := &target{Declaration: d, db: j.Database}
	r, err := j.Database.Rehearsal(ctx, conn, d)
	if err != nil {
		return -1, t.explain(err)
	}
	if r == nil {
		return -1, nil
	}
	defer r.Close()
	if t, err = j.findTarget(ctx, r.Conn, d); err != nil {
		return -1, err
	}
	t.into = r.Table
	for i := range results {
		if results[i].Stream != stream {
			continue
		}
		if err := t.check(results[i].Value); err != nil {
			return i, err
		}
		if r.Table == "" {
			continue
		}
		if err := t.write(ctx, r.Conn, stream, results[i:i+1]); err != nil && j.Database.IsAboutValue(err) {
			return i, t.explain(err)
		}
	}
	return -1, ctx.Err()
}
