package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver that tests look at databases with

	"github.com/leat-go/leat/broker/internal/relation/relationtest"
)

// A database is a file of a test, with a connection of its own.
type database struct {
	*relationtest.Shop
	path string
}

func newDatabase(t testing.TB) *database {
	t.Helper()
	d := databaseAt(t, filepath.Join(t.TempDir(), "shop %1#?.db"))
	d.connect()
	d.Exec("PRAGMA journal_mode=WAL")
	return d
}

// databaseAt is a database that isn't connected.
func databaseAt(t testing.TB, path string) *database {
	d := &database{path: path}
	d.Shop = &relationtest.Shop{Database: &relationtest.Database{TB: t}, NewOrder: "INSERT INTO orders DEFAULT VALUES",
		Mill: d.mill, Environment: []string{"LEAT_HELPER_PATH=" + path}}
	return d
}

func (d *database) connect() {
	d.Helper()
	name := strings.NewReplacer("%", "%25", "#", "%23", "?", "%3f").Replace(filepath.ToSlash(d.path))
	db, err := sql.Open("sqlite", "file:"+name+"?_busy_timeout=60000&_txlock=immediate")
	d.Must(err)
	d.DB = db
	d.Cleanup(func() { _ = db.Close() })
}
