package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/broker/internal/solo"
)

// A ledger keeps the progress of a job's tasks in the table leat_positions, a row for each partition. The row's epoch
// is its fence: whoever claims the partition raises it, and a commit names the one that it knows. Its session is used
// for claims and commits only, and its number is in the row: a successor ends it, so that a transaction of a frozen
// process blocks nobody. It is safe for concurrent use.
type ledger struct {
	connector *connector
	name      string
	nameErr   error
	shared    bool
	// looking is Job.Looking.
	looking bool
	// partitions returns how many the job has.
	partitions func() int
	holder     string

	// turn is held by whoever uses what follows: the committer, and tasks that claim.
	turn    chan struct{}
	session *session // nil where there is no connection
	// epochs holds what this run has claimed, by partition.
	epochs map[int]int64
}

// lockTimeout is how long a claim waits for a transaction of the one before, until it ends that.
const lockTimeout = 300 * time.Millisecond

const makeLedger = `CREATE TABLE IF NOT EXISTS leat_positions (
	name text, partition int, epoch bigint NOT NULL, progress json, committed timestamptz,
	holder text NOT NULL, claimed timestamptz NOT NULL, backend int NOT NULL, backend_start timestamptz NOT NULL,
	PRIMARY KEY (name, partition)) WITH (fillfactor = 50)`

// whyLedger says why the table is made.
const whyLedger = "it holds positions, and is made in the first schema of search_path"

// A partition that is added later begins with the session that the others are in: they would wait for it otherwise.
const enroll = `INSERT INTO leat_positions (name, partition, epoch, holder, claimed, backend, backend_start, progress)
	SELECT $1, p, 0, 'nobody', now(), 0, now(), (SELECT json_build_object('sessions', min(coalesce(
		(progress->>'sessions')::bigint, 0))) FROM leat_positions WHERE name = $1 HAVING count(*) > 0)
	FROM generate_series(0, $2::int - 1) p
	WHERE NOT EXISTS (SELECT FROM leat_positions WHERE name = $1 AND partition = p) ON CONFLICT DO NOTHING`

func newLedger(b *Broker, job *broker.Job, c *connector, partitions func() int) *ledger {
	l := &ledger{connector: c, shared: job.Shared, looking: job.Looking, partitions: partitions, turn: make(chan struct{}, 1),
		epochs: map[int]int64{}, holder: solo.Holder()}
	l.name, l.nameErr = solo.Name("postgres", b.name, job)
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

// connect makes the session, which claims again what the one before had: then no transaction of that one can be
// committed later.
func (l *ledger) connect(ctx context.Context) error {
	if l.session != nil && !l.session.IsClosed() {
		return nil
	}
	if l.nameErr != nil {
		return l.nameErr
	}
	s, err := l.connector.reconnect(ctx)
	if err != nil {
		return err
	}
	if err := l.open(ctx, s); err != nil {
		return errors.Join(err, s.close())
	}
	_ = l.session.close()
	l.session = s
	for p, epoch := range l.epochs {
		if err := l.reclaim(ctx, p, epoch); err != nil {
			return errors.Join(err, l.close())
		}
	}
	return nil
}

// Results may be read, and a slot be told that it needn't keep what they were made of, once a commit is answered: whatever
// the database's default is, that waits for the disk.
const waitForDisk = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`

// open makes the table where it doesn't exist, and a row for each partition.
func (l *ledger) open(ctx context.Context, s *session) error {
	if err := l.makeTable(ctx, s); err != nil {
		return err
	}
	if l.looking {
		return nil
	}
	if _, err := s.rows(ctx, waitForDisk); err != nil {
		return l.explain(err)
	}
	if _, err := s.rows(ctx, enroll, l.name, strconv.Itoa(l.partitions())); err != nil {
		return l.explain(err)
	}
	return nil
}

// makeTable makes the table where it doesn't exist.
func (l *ledger) makeTable(ctx context.Context, s *session) error {
	oid, _, err := s.oid(ctx, "leat_positions")
	if err != nil {
		return l.explain(err)
	}
	switch {
	case oid == "" && l.looking:
		return broker.ErrNothingKept
	case l.looking:
		return nil
	case oid != "":
		return l.mayKeep(ctx, s)
	}
	return s.makeTable(ctx, "leat_positions", makeLedger, whyLedger)
}

// mayKeep finds out whether the table that is there may be used.
func (l *ledger) mayKeep(ctx context.Context, s *session) error {
	may, err := s.texts(ctx, `SELECT has_table_privilege('leat_positions', 'SELECT') AND
		has_table_privilege('leat_positions', 'INSERT')
		AND has_table_privilege('leat_positions', 'UPDATE')`)
	if err == nil && may[0] != "t" {
		return errors.New("postgres: the table leat_positions: permission denied: GRANT SELECT, INSERT, UPDATE ON " +
			"leat_positions TO " + s.grantee)
	}
	return err
}

func (l *ledger) explain(err error) error {
	var explained *failure
	if errors.As(err, &explained) {
		return explained.of("leat_positions")
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return fmt.Errorf("postgres: leat_positions: %w", err)
	}
	remedy := ""
	if refused.Code == "42501" {
		remedy = "GRANT SELECT, INSERT, UPDATE ON leat_positions TO " + l.connector.grantee()
	}
	return described("the table leat_positions", refused, remedy)
}

// Progress implements broker.Keeper.
func (l *ledger) Progress(ctx context.Context, partition int) (p broker.Progress, err error) {
	err = l.lookedAt(ctx, func(s *session) error {
		all, err := s.rows(ctx, "SELECT progress::text FROM leat_positions WHERE name = $1 AND partition = $2::int", l.name,
			strconv.Itoa(partition))
		if err != nil || len(all) == 0 {
			return err
		}
		p, err = progress.Unmarshal(all[0][0])
		return err
	})
	return p, err
}

// LowestSession implements broker.SessionKeeper.
func (l *ledger) LowestSession(ctx context.Context) (lowest int64, err error) {
	err = l.lookedAt(ctx, func(s *session) error {
		all, err := s.rows(ctx, `SELECT coalesce(min(coalesce((progress->>'sessions')::bigint, 0)), 0)::text
			FROM leat_positions WHERE name = $1`, l.name)
		if err != nil {
			return err
		}
		lowest, err = strconv.ParseInt(string(all[0][0]), 10, 64)
		return err
	})
	return lowest, err
}

// lookedAt looks at positions, and again by a new session where the connection is lost meanwhile.
func (l *ledger) lookedAt(ctx context.Context, look func(s *session) error) error {
	return l.inTurn(ctx, func() error { return l.look(ctx, look) })
}

// look is lookedAt. REQUIRES: the turn is held.
func (l *ledger) look(ctx context.Context, look func(s *session) error) error {
	for {
		if err := l.connect(ctx); err != nil {
			return err
		}
		switch err := look(l.session); {
		case err == nil:
			return nil
		case !l.session.IsClosed() || ctx.Err() != nil:
			return l.explain(err)
		}
	}
}

// close ends the session. REQUIRES: the turn is held, or nobody uses the ledger any more.
func (l *ledger) close() error {
	err := l.session.close()
	l.session = nil
	return err
}
