package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver that tests look at databases with
)

// A database is a file of a test, with a connection of its own.
type database struct {
	testing.TB
	path string
	db   *sql.DB
}

func newDatabase(t testing.TB) *database {
	t.Helper()
	d := &database{TB: t, path: filepath.Join(t.TempDir(), "shop %1#?.db")}
	d.connect()
	d.exec("PRAGMA journal_mode=WAL")
	return d
}

func (d *database) connect() {
	d.Helper()
	name := strings.NewReplacer("%", "%25", "#", "%23", "?", "%3f").Replace(filepath.ToSlash(d.path))
	db, err := sql.Open("sqlite", "file:"+name+"?_busy_timeout=60000&_txlock=immediate")
	d.must(err)
	d.db = db
	d.Cleanup(func() { _ = db.Close() })
}

func (d *database) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// exec runs statements.
func (d *database) exec(statements string, parameters ...any) {
	d.Helper()
	_, err := d.db.ExecContext(context.Background(), statements, parameters...)
	d.must(err)
}

// query returns the rows of a statement as texts; NULL is "NULL".
func (d *database) query(statement string) (all [][]string) {
	d.Helper()
	rows, err := d.db.QueryContext(context.Background(), statement)
	d.must(err)
	defer rows.Close()
	columns, err := rows.Columns()
	d.must(err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		d.must(rows.Scan(into...))
		var row []string
		for _, v := range values {
			if v == nil {
				v = "NULL"
			}
			row = append(row, fmt.Sprint(v))
		}
		all = append(all, row)
	}
	d.must(rows.Err())
	return all
}
