package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/leat-go/leat/broker/internal/relation"
)

// made is the statement that makes an output where it doesn't exist.
func made(r *relation.Declaration) string {
	definitions := slices.Clone(r.Definitions)
	if r.Conflict != nil && !strings.Contains(strings.ToUpper(strings.Join(definitions, " ")), "PRIMARY KEY") {
		definitions = append(definitions, "PRIMARY KEY ("+identifiers("", r.Conflict)+")")
	}
	return "CREATE TABLE IF NOT EXISTS " + identifier(r.Stream.Name) + " (" + strings.Join(definitions, ", ") + ")"
}

// Rehearsal implements relation.Catalog: the table is made again in memory, by the statement that has made it.
func (d *database) Rehearsal(ctx context.Context, conn *sql.Conn, r *relation.Declaration) (*relation.Rehearsal, error) {
	statement := made(r)
	if conn != nil {
		err := conn.QueryRowContext(ctx, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
			r.Stream.Name).Scan(&statement)
		switch {
		case errors.Is(err, sql.ErrNoRows) && len(r.Definitions) == 0: // a view, or nothing
			return &relation.Rehearsal{Conn: conn, Close: func() {}}, nil
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return nil, err
		}
	}
	c, err := sqlite.NewConnector(":memory:")
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	copied, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if _, err := copied.ExecContext(ctx, statement); err != nil {
		_ = errors.Join(copied.Close(), db.Close())
		if conn != nil && len(r.Definitions) == 0 {
			return &relation.Rehearsal{Conn: conn, Close: func() {}}, nil // it needs what a program has added to SQLite
		}
		return nil, err
	}
	return &relation.Rehearsal{Conn: copied, Table: identifier(r.Stream.Name),
		Close: func() { _ = errors.Join(copied.Close(), db.Close()) }}, nil
}

// IsAboutValue implements relation.Catalog. No trigger changes a row before its constraints are looked at.
func (d *database) IsAboutValue(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_CONSTRAINT_DATATYPE, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT_CHECK,
		sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		return true
	}
	return false
}

// mayWrite finds out whether a file and its folder, in which the database has its log beside it, may be written.
func mayWrite(path string) error {
	probe, err := os.CreateTemp(filepath.Dir(path), ".leat-*")
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if err == nil {
		var file *os.File
		switch file, err = os.OpenFile(path, os.O_WRONLY, 0); {
		case err == nil:
			err = file.Close()
		case errors.Is(err, fs.ErrNotExist): // it is made
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("sqlite: %s can't be written: %w; a run needs the right to write to the file and to its folder", path,
			err)
	}
	return nil
}
