package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/relation"
	"github.com/leat-go/leat/internal/suggest"
)

const (
	// poll is the pause between two looks at whether the file has changed, each of which takes some microseconds.
	poll = 20 * time.Millisecond
	// busyTimeout is how long SQLite waits for a lock by itself.
	busyTimeout = time.Second
)

// A database is a file as one run uses it.
type database struct {
	path   string
	logger *slog.Logger
	// file is what the path led to when the run began.
	file fs.FileInfo
	// output says that results are written to it.
	output        bool
	reads, writes *sql.DB
}

// open finds the file; sql opens it later, for each connection.
func (b *Broker) open(job *broker.Job, output bool) (*database, error) {
	path, err := filepath.Abs(b.path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if b.path == "" || b.path == ":memory:" {
		return nil, fmt.Errorf("sqlite: the path %q isn't that of a file, and a database in memory is gone with its "+
			"connection", b.path)
	}
	d := &database{path: path, logger: job.Logger, output: output}
	if job.Looking && output {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("sqlite: there is no file %s: %w", path, broker.ErrNothingKept)
		}
	}
	mayMake := output && b.makes()
	if d.file, err = find(path, output, mayMake); err != nil {
		return nil, err
	}
	if d.reads, err = connector(path, "rw", "&_query_only=1"); err != nil {
		return nil, err
	}
	d.writes, err = connector(path, "rw", "&_synchronous=FULL")
	return d, err
}

// find returns the file, and which one may be meant where there is none.
func find(path string, output, mayMake bool) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("sqlite: %s is a folder, not a database", path)
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return info, wrap(err)
	case !mayMake && !output:
		return nil, missingFile(path, "")
	case !mayMake:
		return nil, missingFile(path, "; an output is made where its columns are given: sqlite.Columns, or columns: {...}")
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("sqlite: there is no folder %s for the file %s; make it", filepath.Dir(path),
			filepath.Base(path))
	}
	if err != nil {
		return nil, wrap(err)
	}
	info, err = file.Stat()
	return info, wrap(errors.Join(err, file.Close()))
}

// missingFile says which file may be meant.
func missingFile(path, remedy string) error {
	var names []string
	all, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	for _, other := range all {
		names = append(names, filepath.Base(other))
	}
	return fmt.Errorf("sqlite: there is no file %s%s%s", path, suggest.Name(filepath.Base(path), names), remedy)
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sqlite: %w", err)
}

// connector makes connections that are closed when nobody uses them: an open one holds nothing, but keeps a file.
func connector(path, mode, more string) (*sql.DB, error) {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/…
	}
	name := fmt.Sprintf("file://%s?mode=%s&_error_rc=1&_busy_timeout=%d%s", (&url.URL{Path: slashed}).EscapedPath(), mode,
		busyTimeout.Milliseconds(), more)
	c, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, wrap(err)
	}
	db := sql.OpenDB(c)
	db.SetMaxIdleConns(-1)
	return db, nil
}

// Product implements relation.Connector.
func (d *database) Product() string { return "sqlite" }

// Place implements relation.Connector.
func (d *database) Place() string { return d.path }

// Poll implements relation.Connector.
func (d *database) Poll() time.Duration { return poll }

// Connect implements relation.Connector.
func (d *database) Connect(ctx context.Context, write bool) (*sql.Conn, error) {
	pool := d.reads
	if write {
		pool = d.writes
	}
	if err := d.unmoved(); err != nil {
		return nil, d.about(err)
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, d.about(err)
	}
	if write && d.output {
		if err := d.useWAL(ctx, conn); err != nil {
			return nil, errors.Join(d.about(err), conn.Close())
		}
	}
	return conn, nil
}

// about says which file an error is about, and what would mend it.
func (d *database) about(err error) error {
	return fmt.Errorf("sqlite: %s: %w", d.path, d.Explain(err, relation.Subject{}))
}

// unmoved refuses to go on where the file was removed or replaced: what is written to it then, nobody would find.
func (d *database) unmoved() error {
	info, err := os.Stat(d.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, d.file) {
		return errors.New("the file was removed or replaced while it was used")
	}
	return err
}

// useWAL puts the database into WAL mode. Others who are at work on it in another mode are waited for, for a while.
func (d *database) useWAL(ctx context.Context, conn *sql.Conn) error {
	var mode string
	if err := conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil || mode == "wal" {
		return err
	}
	for range 5 {
		err := conn.QueryRowContext(ctx, "PRAGMA journal_mode=WAL").Scan(&mode)
		if err != nil && !d.IsPassing(err) {
			return err
		}
		if mode == "wal" {
			return nil
		}
	}
	d.logger.Warn("the database can't be put into WAL mode, so that readers and writers wait for each other; close it in "+
		"other programs, and PRAGMA journal_mode=WAL", "file", d.path, "journal_mode", mode)
	return nil
}

// IsLost implements relation.Connector: a file isn't.
func (d *database) IsLost(error) bool { return false }

// IsPassing implements relation.Connector.
func (d *database) IsPassing(err error) bool {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return true
	}
	return false
}

// IsConflict implements relation.Connector.
func (d *database) IsConflict(err error) bool { return d.IsPassing(err) }

// code is SQLite's number of an error, zero for other errors.
func code(err error) int {
	var refused *sqlite.Error
	if errors.As(err, &refused) {
		return refused.Code()
	}
	return 0
}

// Version implements relation.Connector.
func (d *database) Version(ctx context.Context, conn *sql.Conn) (version int64, err error) {
	if err := d.unmoved(); err != nil {
		return 0, err
	}
	err = conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version)
	return version, err
}

// Close implements relation.Connector.
func (d *database) Close() error { return errors.Join(d.reads.Close(), d.writes.Close()) }
