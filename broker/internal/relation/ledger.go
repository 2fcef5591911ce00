package relation

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
)

// A ledger keeps the progress of a job's tasks in the table leat_positions, a row for each partition. The row's epoch is
// its fence: whoever claims the partition raises it, and a commit names the one that it knows. Its connection is used
// for claims and commits only, so that a successor may end it.
type ledger struct {
	job     *Job
	name    string
	nameErr error
	holder  string
	conn    *sql.Conn // nil while there is none
	// epochs holds what this run has claimed, by partition.
	epochs map[int]int64
}

func newLedger(job *Job) *ledger {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	l := &ledger{job: job, holder: fmt.Sprintf("process %d on %s", os.Getpid(), host), epochs: map[int]int64{}}
	l.name, l.nameErr = job.keptAs()
	return l
}

// now is a time as the table holds it.
func now() string { return time.Now().UTC().Format("2006-01-02 15:04:05.000") }

// connect makes the connection, which claims again what the one before had: then no transaction of that one can be
// committed later.
func (l *ledger) connect(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	if l.nameErr != nil {
		return l.nameErr
	}
	conn, err := l.job.Database.Connect(ctx, true)
	if err != nil {
		return err
	}
	l.conn = conn
	if err := l.job.Database.MakeLedger(ctx, conn); err != nil {
		return errors.Join(l.explain(err), l.close())
	}
	for partition, epoch := range l.epochs {
		if err := l.reclaim(ctx, partition, epoch); err != nil {
			return errors.Join(err, l.close())
		}
	}
	return nil
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
	err = l.look(ctx, func() error {
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
	err = l.look(ctx, func() error {
		rows, err := l.conn.QueryContext(ctx, "SELECT progress FROM leat_positions WHERE name = ?", l.name)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		lowest = 0
		for first := true; rows.Next(); first = false {
			var text []byte
			if err := rows.Scan(&text); err != nil {
				return err
			}
			p, err := progress.Unmarshal(text)
			if err != nil {
				return err
			}
			if first || p.Sessions < lowest {
				lowest = p.Sessions
			}
		}
		return rows.Err()
	})
	return lowest, err
}

// look looks at positions, and again by a new connection where that is lost meanwhile.
func (l *ledger) look(ctx context.Context, look func() error) error {
	for {
		if err := l.connect(ctx); err != nil {
			return err
		}
		err := look()
		switch {
		case err == nil:
			return nil
		case !l.job.Database.IsLost(err):
			return l.explain(err)
		}
		if err := l.close(); err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
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
func (l *ledger) close() error {
	if l.conn == nil {
		return nil
	}
	_ = l.conn.Close() // it may be closed already
	l.conn = nil
	return nil
}
