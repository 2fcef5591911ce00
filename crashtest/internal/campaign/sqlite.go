package campaign

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/sqlite"
	"github.com/leat-go/leat/crashtest/internal/workload"
)

func sqliteKind() kind {
	return kind{name: "sqlite", start: startSQLite, broker: sqliteBroker}
}

func sqliteBroker(target string) broker.Storage {
	return sqlite.New(target,
		sqlite.Table[workload.Step](workload.Steps, sqlite.Follow()),
		sqlite.Table[workload.Next](workload.Steps, sqlite.Follow()),
		sqlite.Table[workload.Detail](workload.Details, sqlite.Follow()),
		sqlite.Table[workload.Note](workload.Notes, sqlite.Follow()),
		sqlite.Table[workload.Halt](workload.Notes, sqlite.Follow()),
		sqlite.Table[workload.Result](workload.Results))
}

// A sqliteStorage is a database of SQLite, a file. The driver is the one that Leat has.
type sqliteStorage struct {
	file string
	db   *sql.DB
}

func startSQLite(ctx context.Context, dir string) (storage, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	s := &sqliteStorage{file: filepath.Join(dir, "crashtest.db")}
	var err error
	if s.db, err = sql.Open("sqlite", "file:"+s.file+"?_txlock=immediate&_pragma=busy_timeout(5000)"); err != nil {
		return nil, err
	}
	for _, statement := range makeTables("INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY AUTOINCREMENT") {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(err, s.db.Close())
		}
	}
	return s, nil
}

func (s *sqliteStorage) target(string) string { return s.file }

func (s *sqliteStorage) server() server { return nil }

func (s *sqliteStorage) append(ctx context.Context, stream string, first int, elements []*workload.Element) error {
	_, err := s.db.ExecContext(ctx, insertRows(stream, first, elements))
	return err
}

func (s *sqliteStorage) output() output { return &sqlOutput{db: s.db} }

func (s *sqliteStorage) close() error { return s.db.Close() }
