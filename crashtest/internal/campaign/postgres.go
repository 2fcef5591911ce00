package campaign

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/postgresserver"
)

func postgresKind() kind {
	return kind{name: "postgres", start: startPostgres, broker: postgresBroker, commit: "COMMIT", committed: "COMMIT\x00"}
}

func postgresBroker(target string) broker.Storage {
	return postgres.New(target,
		postgres.Table[workload.Step](workload.Steps, postgres.Follow()),
		postgres.Table[workload.Next](workload.Steps, postgres.Follow()),
		postgres.Table[workload.Detail](workload.Details, postgres.Follow()),
		postgres.Table[workload.Note](workload.Notes, postgres.Follow()),
		postgres.Table[workload.Halt](workload.Notes, postgres.Follow()),
		postgres.Table[workload.Result](workload.Results))
}

// A postgresStorage is a PostgreSQL.
type postgresStorage struct {
	process *postgresserver.Server
	db      *sql.DB
	random  *rand.Rand
}

func startPostgres(ctx context.Context, dir string) (storage, error) {
	process, err := postgresserver.Start(ctx, dir)
	if err != nil {
		return nil, err
	}
	s := &postgresStorage{process: process, random: rand.New(rand.NewPCG(1, 1))}
	if s.db, err = sql.Open("pgx", s.target(process.Address())); err == nil {
		tables := makeTables("bigint PRIMARY KEY", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
		_, err = s.db.ExecContext(ctx, strings.Join(tables, ";"))
	}
	if err != nil {
		return nil, errors.Join(err, process.Stop())
	}
	return s, nil
}

func (s *postgresStorage) server() server { return s.process }

func (s *postgresStorage) target(address string) string {
	return fmt.Sprintf("postgres://%s:%s@%s/postgres?sslmode=disable&connect_timeout=5", postgresserver.User,
		postgresserver.Password, address)
}

// append adds rows in a transaction, or in two of which the one with the lower keys is committed last, though it is certain
// to be by then. Beside them, now and then, another transaction adds rows and takes them back.
func (s *postgresStorage) append(ctx context.Context, stream string, first int, elements []*workload.Element) error {
	if len(elements) < 2 || s.random.IntN(4) > 0 {
		_, err := s.db.ExecContext(ctx, insertRows(stream, first, elements))
		return err
	}
	if s.random.IntN(2) == 0 {
		if err := s.rollBack(ctx, stream, first, elements); err != nil {
			return err
		}
	}
	return s.appendLate(ctx, stream, first, elements)
}

// rollBack adds rows with keys between the others', that match as they do, and takes them back.
func (s *postgresStorage) rollBack(ctx context.Context, stream string, first int, elements []*workload.Element) error {
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	rows := strings.ReplaceAll(insertRows(stream, first, elements), "(10 * ", "(5 + 10 * ")
	_, err = t.ExecContext(ctx, rows)
	return errors.Join(err, t.Rollback())
}

func (s *postgresStorage) appendLate(ctx context.Context, stream string, first int, elements []*workload.Element) error {
	half, name := len(elements)/2, fmt.Sprintf("%s-%d", stream, first)
	commit := fmt.Sprintf("COMMIT PREPARED '%s'", name)
	var prepared bool
	err := s.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_prepared_xacts WHERE gid = $1)", name).Scan(&prepared)
	if err != nil {
		return err
	}
	if !prepared { // by a call that has failed
		c, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, "BEGIN; "+insertRows(stream, first, elements[:half])+
			fmt.Sprintf("; PREPARE TRANSACTION '%s'", name))
		if err != nil {
			return errors.Join(err, discard(c))
		}
		if err := c.Close(); err != nil {
			return err
		}
	}
	if _, err := s.db.ExecContext(ctx, insertRows(stream, first+half, elements[half:])); err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, commit)
	return err
}

// discard closes a connection in which a transaction has failed, in place of giving it back.
func discard(c *sql.Conn) error {
	_ = c.Raw(func(any) error { return errConnection })
	return c.Close()
}

func (s *postgresStorage) output() output { return &sqlOutput{db: s.db} }

func (s *postgresStorage) close() error { return errors.Join(s.db.Close(), s.process.Stop()) }
