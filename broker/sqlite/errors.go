package sqlite

import (
	"fmt"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/leat-go/leat/broker/internal/relation"
)

// Explain implements relation.Database.
func (d *database) Explain(err error, about relation.Subject) error {
	if remedy := d.remedy(code(err), about); remedy != "" {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}

// remedy says what would mend an error, by its number, as far as that is known.
func (d *database) remedy(code int, about relation.Subject) string {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		if about.Conflict != nil {
			return "the output's conflict clause has the columns of another index"
		}
		return "to replace the row, give the output a conflict clause with the columns of that index: sqlite.Conflict, or " +
			"conflict: [...]"
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		return "give results such a member, or the column a default"
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_DATATYPE, sqlite3.SQLITE_MISMATCH:
		return "change what the function returns, or the column's definition"
	}
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return "make room in " + filepath.Dir(d.path) + ", or raise PRAGMA max_page_count; the next run goes on from the " +
			"last commit"
	case sqlite3.SQLITE_READONLY:
		return "writing takes the right to write to the file and to its folder, where SQLite has its journal"
	case sqlite3.SQLITE_CANTOPEN:
		return "the file must be readable, and in WAL mode its folder writable, for reading, too; PRAGMA " +
			"journal_mode=DELETE takes it out of that mode"
	case sqlite3.SQLITE_NOTADB:
		return "it is another file, or an encrypted database"
	case sqlite3.SQLITE_CORRUPT:
		return "PRAGMA integrity_check says what is damaged"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return "another program has locked the database: " + holder(d.path)
	case sqlite3.SQLITE_IOERR:
		return "the disk fails, or is one of another machine, where SQLite's locks and its WAL mode don't work"
	}
	return ""
}
