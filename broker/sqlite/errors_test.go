package sqlite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/sqlite"
)

type object = map[string]any

// A wrong setup is refused at the start, with what would be right.
func TestWrongSetupIsRefused(t *testing.T) {
	d := newDatabase(t)
	d.Exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, placed TIMESTAMP, name TEXT COLLATE NOCASE, total NUMERIC);
		INSERT INTO orders VALUES (1, NULL, 'x', 2);
		CREATE UNIQUE INDEX by_name ON orders (name COLLATE BINARY);
		CREATE TABLE log (line TEXT, PRIMARY KEY (line)) WITHOUT ROWID;
		CREATE VIEW lines AS SELECT line FROM log`)
	other := filepath.Join(filepath.Dir(d.path), "other.db")
	d.Must(os.WriteFile(other, []byte(strings.Repeat("this is no database. ", 100)), 0o600))
	for _, test := range []struct {
		name, path      string
		inputs, outputs int
		stream          sqlite.Option
		want            []string
	}{
		{"no file", filepath.Join(filepath.Dir(d.path), "othre.db"), 1, 0, sqlite.Table[object]("orders"),
			[]string{"there is no file", "did you mean other.db?"}},
		{"no output file", other + ".none", 0, 1, sqlite.Table[object]("orders"), []string{"there is no file",
			"sqlite.Columns"}},
		{"folder", filepath.Dir(d.path), 1, 0, sqlite.Table[object]("orders"), []string{"is a folder"}},
		{"in memory", ":memory:", 1, 0, sqlite.Table[object]("orders"), []string{"isn't that of a file"}},
		{"another file", other, 1, 0, sqlite.Table[object]("orders"), []string{other, "not a database", "encrypted"}},
		{"no table", d.path, 1, 0, sqlite.Table[object]("oders"), []string{"there is no such table",
			"did you mean orders?"}},
		{"no table like it", d.path, 1, 0, sqlite.Table[object]("nothing"), []string{"there are lines, log, orders"}},
		{"no output", d.path, 0, 1, sqlite.Table[object]("oders"), []string{"there is no such table",
			"did you mean orders?", "an output is made where its columns are given: sqlite.Columns"}},
		{"no such column", d.path, 1, 0, sqlite.Table[object]("orders", sqlite.OrderBy("place")),
			[]string{"there is no column place, did you mean placed?"}},
		{"null", d.path, 1, 0, sqlite.Table[object]("orders", sqlite.OrderBy("placed")),
			[]string{"rows whose placed is null"}},
		{"wrong query", d.path, 1, 0, sqlite.Query[object]("q", "SELEC 1"), []string{"query q", "syntax error"}},
		{"same columns", d.path, 1, 0, sqlite.Query[object]("q", "SELECT 1 AS a, 2 AS A"), []string{"two columns A"}},
		{"query without order", d.path, 1, 0, sqlite.Query[object]("q", "SELECT 1 AS a"), []string{"sqlite.OrderBy"}},
		{"query with equal texts", d.path, 1, 0, sqlite.Query[object]("q", "SELECT name FROM orders", sqlite.OrderBy("name")),
			[]string{"NOCASE", "COLLATE BINARY AS name"}},
		{"view without order", d.path, 1, 0, sqlite.Table[object]("lines"), []string{"sqlite.OrderBy"}},
		{"view as output", d.path, 0, 1, sqlite.Table[object]("lines"), []string{"is a view"}},
		{"query as output", d.path, 0, 1, sqlite.Query[object]("q", "SELECT 1 AS a"), []string{"can be read only"}},
		{"conflict without index", d.path, 0, 1, sqlite.Table[object]("orders", sqlite.Conflict("placed")),
			[]string{`CREATE UNIQUE INDEX "orders_key" ON "orders" ("placed")`}},
		{"conflict without column", d.path, 0, 1, sqlite.Table[object]("orders", sqlite.Conflict("ids")),
			[]string{"there is no column ids, did you mean id?"}},
		{"wrong columns", d.path, 0, 1, sqlite.Table[object]("made", sqlite.Columns("id INTEGER,")),
			[]string{"table made of", "syntax error"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := relationtest.Open(t, sqlite.New(test.path, test.stream), test.inputs, test.outputs)
			if err == nil {
				t.Fatal("it was opened")
			}
			if test.inputs > 0 && strings.Contains(err.Error(), "an output is made") {
				t.Errorf("the remedy of what is read is that of an output: %v", err)
			}
			for _, want := range append(test.want, "sqlite: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", err, want)
				}
			}
		})
	}
	if _, err := os.Stat(other + ".none"); err == nil {
		t.Error("a file was made that nobody has asked for")
	}
}

// What a user should know of an order is told.
func TestAdvice(t *testing.T) {
	d := newDatabase(t)
	d.Exec(`CREATE TABLE safe (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL);
		CREATE TABLE again (id INTEGER PRIMARY KEY, at TEXT NOT NULL);
		CREATE TABLE plain (at TEXT NOT NULL);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
			INSERT INTO safe SELECT i, i FROM n;`)
	for _, test := range []struct {
		name   string
		stream sqlite.Option
		want   string // "" for nothing
	}{
		{"safe", sqlite.Table[object]("safe", sqlite.Follow()), ""},
		{"finite", sqlite.Table[object]("again"), ""},
		{"numbers that come again", sqlite.Table[object]("again", sqlite.Follow()), "AUTOINCREMENT"},
		{"query", sqlite.Query[object]("q", "SELECT * FROM again", sqlite.OrderBy("id"), sqlite.Follow()), "AUTOINCREMENT"},
		{"rowid", sqlite.Table[object]("plain"), "VACUUM"},
		{"no index", sqlite.Table[object]("safe", sqlite.OrderBy("at")), `CREATE INDEX "safe_order" ON "safe" ("at", "id")`},
		{"few rows", sqlite.Table[object]("again", sqlite.OrderBy("at")), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			advice, err := relationtest.Open(t, sqlite.New(d.path, test.stream), 1, 0)
			if err != nil || !strings.Contains(fmt.Sprint(advice), test.want) || test.want == "" && advice != nil {
				t.Errorf("the advice is %q, wanted %q; error %v", advice, test.want, err)
			}
		})
	}
	d.Exec("CREATE INDEX safe_order ON safe (at, id)")
	advice, err := relationtest.Open(t, sqlite.New(d.path, sqlite.Table[object]("safe", sqlite.OrderBy("at"))), 1, 0)
	if advice != nil || err != nil {
		t.Errorf("with the index, the advice is %q; error %v", advice, err)
	}
}

// A result that the table doesn't take ends the run with what would mend it, and leaves nothing.
func TestWrongResults(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE results (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, n NUMERIC CHECK (n < 5), raw BLOB); " +
		"INSERT INTO results VALUES (7, 'seven', 1, NULL)")
	for what, test := range map[string]struct {
		result object
		want   []string
	}{
		"no column": {object{"id": 1, "names": "x"}, []string{"has no column names, did you mean name?",
			`ADD COLUMN "names" TEXT`}},
		"no member":  {object{"id": 1}, []string{"NOT NULL", "a default"}},
		"no members": {object{}, []string{"no members"}},
		"digits":     {object{"id": 1, "name": "x", "n": json.Number("1.00000000000000000001")}, []string{"more digits", "REAL", "TEXT"}},
		"check":      {object{"id": 1, "name": "x", "n": 5}, []string{"CHECK constraint", "change what"}},
		"base64":     {object{"id": 1, "name": "x", "raw": "?"}, []string{"column raw", "base64"}},
		"there":      {object{"id": 1, "name": "seven"}, []string{"UNIQUE constraint", "sqlite.Conflict"}},
	} {
		t.Run(what, func(t *testing.T) {
			input := memory.New(memory.Stream[relationtest.Order]("orders"))
			d.Must(memory.Append(input, "orders", 0, relationtest.Order{ID: 1}, relationtest.Order{ID: 2}))
			d.Must(input.End("orders"))
			mill, err := leat.New(func(relationtest.Order) object { return test.result }, leat.Name(what), quiet, leat.From(input),
				leat.To(sqlite.New(d.path, sqlite.Table[object]("results"))))
			d.Must(err)
			err = mill.Run(context.Background())
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", fmt.Sprint(err), want)
				}
			}
			if got := d.Query("SELECT count(*) FROM results"); got[0][0] != "1" {
				t.Errorf("there are %v rows, not the one from before", got)
			}
		})
	}
}

// A run whose file is removed, or replaced by another one, ends: nobody would find what it writes.
func TestFileIsRemoved(t *testing.T) {
	for _, what := range []string{"removed", "replaced"} {
		t.Run(what, func(t *testing.T) {
			d := shop(t, 20)
			_, wait := d.Follow(relationtest.Quiet)
			d.Wait("SELECT 1 FROM totals WHERE id >= 18")
			d.Must(os.Rename(d.path, d.path+".away"))
			if what == "replaced" {
				d.Must(os.WriteFile(d.path, nil, 0o600))
			}
			if err := wait(); err == nil || !strings.Contains(err.Error(), "removed or replaced") {
				t.Errorf("the run ends with %v", err)
			}
		})
	}
}
