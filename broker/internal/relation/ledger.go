package relation

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/broker/internal/solo"
)

// A ledger keeps the progress of a job's tasks in the table leat_positions, a row for each partition. The row's epoch is
// its fence: whoever claims the partition raises it, and a commit names the one that it knows. Its connection is used
// for claims and commits only, so that a successor may end it.
type ledger struct {
	job     *Job
	name    string
	nameErr error
	holder  string
	// writes says that the connection is one for writing: not where somebody looks only.
	writes bool
	// partitions is how many there are.
	partitions int

	// turn is full while somebody uses the following: tasks claim side by side, and while others commit.
	turn chan struct{}
	conn *sql.Conn // nil while there is none
	// epochs holds what this run has claimed, by partition, and tries the time of the last claim that it has tried, which
	// was made if the row has it, though no answer came.
	epochs map[int]int64
	tries  map[int]string
}

func newLedger(job *Job, partitions int) *ledger {
	l := &ledger{job: job, holder: solo.Holder(), partitions: partitions, writes: !job.Looking,
		turn: make(chan struct{}, 1), epochs: map[int]int64{}, tries: map[int]string{}}
	l.name, l.nameErr = solo.Name(job.Database.Product(), job.Name, job.Job)
	return l
}

// inTurn waits for the ledger's turn.
func (l *ledger) inTurn(ctx context.Context, do func() error) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// now is a time as the table holds it.
func now() string { return time.Now().UTC().Format("2006-01-02 15:04:05.000000") }

// connect makes the connection, if there is none.
func (l *ledger) connect(ctx context.Context) error {
	switch {
	case l.conn != nil:
		return nil
	case l.nameErr != nil:
		return l.nameErr
	}
	return l.job.untilKept(ctx, func() error { return l.connectOnce(ctx) })
}

// connectOnce makes a connection, which claims again what the one before had: then no transaction of that one can be
// committed later.
func (l *ledger) connectOnce(ctx context.Context) error {
	conn, err := l.job.Database.Connect(ctx, l.writes)
	if err != nil {
		return finalError{err} // Connect has tried again itself
	}
	l.conn = conn
	if l.job.Looking {
		return l.find(ctx)
	}
	err = l.job.Database.MakeLedger(ctx, conn)
	if err == nil {
		err = l.enroll(ctx)
	}
	if err != nil {
		l.close()
		return l.explain(err)
	}
	for partition, epoch := range l.epochs {
		if err := l.reclaim(ctx, partition, epoch); err != nil {
			l.close()
			return err
		}
	}
	return nil
}

// find finds the table, and makes nothing.
func (l *ledger) find(ctx context.Context) error {
	exists, err := l.job.Database.HasLedger(ctx, l.conn)
	switch {
	case err != nil:
		l.close()
		return l.explain(err)
	case !exists:
		l.close()
		return broker.ErrNothingKept
	}
	return nil
}

// enroll makes the rows of partitions that have none. One that is added later begins with the session that the others
// are in: they would wait for it otherwise.
func (l *ledger) enroll(ctx context.Context) error {
	n, lowest, err := l.sessions(ctx)
	if err != nil || n >= l.partitions {
		return err
	}
	added := any(nil)
	if n > 0 {
		text, err := progress.Marshal(broker.Progress{Sessions: lowest})
		if err != nil {
			return err
		}
		added = string(text)
	}
	if err := l.job.Database.Begin(ctx, l.conn); err != nil {
		return err
	}
	for partition := range l.partitions {
		if _, err := l.conn.ExecContext(ctx, l.job.Database.InsertNew()+
			" INTO leat_positions (name, `partition`, epoch, progress, holder, claimed) VALUES (?, ?, 0, ?, 'nobody', ?)",
			l.name, partition, added, now()); err != nil {
			l.rollback(ctx)
			return err
		}
	}
	return l.job.Database.Commit(ctx, l.conn)
}

// sessions returns how many partitions have a row, and the lowest session of them.
func (l *ledger) sessions(ctx context.Context) (n int, lowest int64, err error) {
	rows, err := l.conn.QueryContext(ctx, "SELECT progress FROM leat_positions WHERE name = ?", l.name)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = rows.Close() }()
	for ; rows.Next(); n++ {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return 0, 0, err
		}
		p, err := progress.Unmarshal(text)
		if err != nil {
			return 0, 0, err
		}
		if n == 0 || p.Sessions < lowest {
			lowest = p.Sessions
		}
	}
	return n, lowest, rows.Err()
}

// explain says what would mend an error of the table.
func (l *ledger) explain(err error) error {
	if errors.Is(err, broker.ErrTakenOver) {
		return err
	}
	return l.job.errorf("the table leat_positions of %s: %w", l.job.Database.Place(),
		l.job.Database.Explain(err, Subject{Name: "leat_positions", Written: true}))
}

// Progress implements broker.Keeper.
func (l *ledger) Progress(ctx context.Context, partition int) (p broker.Progress, err error) {
	err = l.lookedAt(ctx, func() error {
		kept, err := l.kept(ctx, partition, "")
		if err == nil {
			p, err = progress.Unmarshal(kept.progress)
		}
		return err
	})
	return p, err
}

// LowestSession implements broker.SessionKeeper.
func (l *ledger) LowestSession(ctx context.Context) (lowest int64, err error) {
	err = l.lookedAt(ctx, func() error {
		_, lowest, err = l.sessions(ctx)
		return err
	})
	return lowest, err
}

// lookedAt looks at positions when it is the ledger's turn.
func (l *ledger) lookedAt(ctx context.Context, look func() error) error {
	return l.inTurn(ctx, func() error { return l.look(ctx, look) })
}

// look looks at positions. REQUIRES: it is the ledger's turn.
func (l *ledger) look(ctx context.Context, look func() error) error {
	return l.connected(ctx, func() error {
		if err := look(); err != nil {
			return l.explain(err)
		}
		return nil
	})
}

// connected calls do when there is a connection, and again by a new one where that is lost meanwhile. REQUIRES: it is the
// ledger's turn.
func (l *ledger) connected(ctx context.Context, do func() error) error {
	return l.job.untilKept(ctx, func() error {
		if err := l.connect(ctx); err != nil {
			return finalError{err}
		}
		err := do()
		if err != nil && l.job.Database.IsLost(err) {
			l.close()
		}
		return err
	})
}

// kept is what the table has of a partition.
type kept struct {
	epoch    int64
	progress []byte
	holder   string
	claimed  string
}

// kept returns what the table has of a partition, nothing where it has no row. The lock ends the statement.
func (l *ledger) kept(ctx context.Context, partition int, lock string) (k kept, err error) {
	err = l.conn.QueryRowContext(ctx,
		"SELECT epoch, progress, holder, claimed FROM leat_positions WHERE name = ? AND `partition` = ?"+lock,
		l.name, partition).Scan(&k.epoch, &k.progress, &k.holder, &k.claimed)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return k, err
}

// close closes the connection.
func (l *ledger) close() {
	if l.conn != nil {
		_ = l.conn.Close() // it may be closed already
		l.conn = nil
	}
}
