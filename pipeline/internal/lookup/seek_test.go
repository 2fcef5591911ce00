package lookup

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/storage"
	"github.com/leat-go/leat/pipeline/sqlite"
)

// counted is a source that counts the records that are read of it.
type counted struct {
	source
	read *int
}

func (c counted) each(ctx context.Context, partition int, from mill.Place, how amount, visit mill.Visitor) error {
	return c.source.each(ctx, partition, from, how, func(record broker.Record, mark bool) (bool, error) {
		*c.read++
		return visit(record, mark)
	})
}

// tables are as the key t of a row is found from its number i, with the columns that rows are ordered by.
var tables = map[string]struct{ columns, values, order string }{
	"integers":            {"t BIGINT PRIMARY KEY", "3 * i", "t"},
	"integers far apart":  {"t BIGINT PRIMARY KEY", "CASE WHEN i < 19990 THEN i ELSE i * 100000000000000 END", "t"},
	"reals":               {"t BIGINT, f REAL PRIMARY KEY", "i, i / 7.0", "f"},
	"times":               {"t BIGINT, at TIMESTAMP PRIMARY KEY", "i, datetime(1700000000 + 7 * i, 'unixepoch')", "at"},
	"texts":               {"t BIGINT, name TEXT PRIMARY KEY", "i, printf('user-%06x', i)", "name"},
	"few days, many ids":  {"t BIGINT, day DATE, id BIGINT, PRIMARY KEY (day, id)", "i, date(1700000000 + i / 9000 * 86400, 'unixepoch'), i % 9000 * 2", "[day, id]"},
	"one day, many ids":   {"t BIGINT, day BIGINT, id BIGINT, PRIMARY KEY (day, id)", "i, 7, i", "[day, id]"},
	"equal keys":          {"t BIGINT, id BIGINT PRIMARY KEY", "i / 300, i", "id"},
	"a column of another": {"t BIGINT, id BIGINT PRIMARY KEY", "i, i * i", "id"},
}

// rows is how many rows those tables have.
const rows = 20_000

// openTable opens a mill that joins a table to itself.
func openTable(t *testing.T, columns, values, order, change string) *mill.Mill {
	t.Helper()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, statement := range []string{"CREATE TABLE a (" + columns + ")", fmt.Sprintf("WITH RECURSIVE n(i) AS "+
		"(SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO a SELECT %s FROM n", rows-1, values), change} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	d, err := description.Parse(filepath.Join(dir, "p.yaml"), []byte("sqlite: {file: a.db}\nstreams: {a: {sqlite: {table: a, "+
		"order: "+order+"}}, b: {sqlite: {table: a, order: "+order+"}}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n"+
		"join: [{left: a, right: b, on: a.t == b.t}]\n"), "sqlite")
	if err != nil {
		t.Fatal(err)
	}
	m, err := mill.Build(d, []storage.Kind{sqlite.Storage()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// explain looks a key up, in tables that are bisected or read from their beginning. It returns what is said, and how many
// rows were read.
func explain(t *testing.T, m *mill.Mill, key string, scans bool) (said string, read int) {
	t.Helper()
	streams, err := Open(t.Context(), m, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer streams.Close()
	for n, s := range streams.sources {
		s.(*storedSource).scans = scans
		streams.sources[n] = counted{s, &read}
	}
	e := &explainer{Streams: streams, node: m.Master, explanation: &Explanation{Broken: map[string]bool{}}}
	if err := e.understand(t.Context(), key, nil); err != nil {
		t.Fatal(err)
	}
	if err := e.explainPartitions(t.Context()); err != nil {
		t.Fatal(err)
	}
	return strings.Join(e.explanation.Partitions[0].Sentences, "\n"), read
}

// TestBisectTables: of a table that is bisected, the same is said as of one that is read from its beginning, and few of
// its rows are read.
func TestBisectTables(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, and minutes with the race detector")
	}
	for name, table := range tables {
		t.Run(name, func(t *testing.T) {
			m := openTable(t, table.columns, table.values, table.order, "DELETE FROM a WHERE t = 15000")
			for _, key := range []string{"-1", "60", "9001", "15000", "19999", "1000000"} {
				want, _ := explain(t, m, key, true)
				got, read := explain(t, m, key, false)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: - read from the beginning, + bisected\n%s", key, diff)
				}
				if read > rows/3 {
					t.Errorf("%s: %d rows of two tables were read, of %d", key, read, 2*rows)
				}
			}
		})
	}
}

// TestTablesOutOfOrder: a table whose keys fall is read from its beginning, so that what a run stops at is found.
func TestTablesOutOfOrder(t *testing.T) {
	m := openTable(t, "t BIGINT, id BIGINT PRIMARY KEY", "i, i", "id", "UPDATE a SET t = t - 15000 WHERE id > 9000")
	for _, key := range []string{"3", "8000", "9001"} {
		want, _ := explain(t, m, key, true)
		got, _ := explain(t, m, key, false)
		if got != want || strings.Contains(got, "stops") != (key == "9001") {
			t.Errorf("%s: got\n%s\nwant\n%s", key, got, want)
		}
	}
}
