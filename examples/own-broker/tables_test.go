package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
)

func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{New: newStorage, OneSession: true, NoMarks: true})
}

func newStorage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	db, err := open(filepath.Join(t.TempDir(), "test.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	b := &tables{db: db}
	for i, stream := range setup.Inputs {
		name := fmt.Sprintf("input %d", i)
		b.streams = append(b.streams, broker.NewStream[brokertest.Element](name))
		fill(t, db, name, stream[0][0].Elements)
	}
	for i := range setup.Outputs {
		b.streams = append(b.streams, broker.NewStream[brokertest.Element](outputName(i)))
	}
	return brokertest.Storage{
		Source:  b,
		Sink:    b,
		Visible: func(output, _ int) brokertest.Partition { return visible(t, db, outputName(output)) },
		Reopen: func() (broker.Source, broker.Sink) {
			again := &tables{db: db, streams: b.streams}
			return again, again
		},
		BlockCommits: func() func() { return lock(t, db) },
	}
}

func outputName(i int) string { return fmt.Sprintf("output %d", i) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fill(t testing.TB, db *sql.DB, name string, elements []brokertest.Element) {
	tx, err := db.Begin()
	must(t, err)
	_, err = tx.Exec("CREATE TABLE " + quote(name) + " (id INTEGER PRIMARY KEY, value TEXT)")
	must(t, err)
	for i, e := range elements {
		value, err := json.Marshal(e)
		must(t, err)
		_, err = tx.Exec("INSERT INTO "+quote(name)+" VALUES (?, ?)", 10*i, string(value))
		must(t, err)
	}
	must(t, tx.Commit())
}

func visible(t testing.TB, db *sql.DB, name string) brokertest.Partition {
	var exists bool
	must(t, db.QueryRow("SELECT count(*) > 0 FROM sqlite_schema WHERE name = ?", name).Scan(&exists))
	if !exists {
		return nil
	}
	rows, err := db.Query("SELECT value FROM " + quote(name) + " ORDER BY id")
	must(t, err)
	defer rows.Close()
	var session brokertest.Session
	for rows.Next() {
		var value []byte
		must(t, rows.Scan(&value))
		var e brokertest.Element
		must(t, json.Unmarshal(value, &e))
		session.Elements = append(session.Elements, e)
	}
	must(t, rows.Err())
	return brokertest.Partition{session}
}

// lock holds the database's write lock until it is released.
func lock(t testing.TB, db *sql.DB) (release func()) {
	tx, err := db.Begin()
	must(t, err)
	return func() { _ = tx.Rollback() }
}
