package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver that the test looks at the file with

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
	"github.com/leat-go/leat/pipeline/sqlite"
)

// TestCheckFindsRefusedResults tries results on a copy of the output in memory, also of one whose file a run would make.
func TestCheckFindsRefusedResults(t *testing.T) {
	w := &storagetest.Workplace{TB: t, Kind: sqlite.Storage(), Dir: t.TempDir()}
	path := filepath.Join(w.Dir, "shop.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w.Query = func(statement string) string {
		var n int
		if err := db.QueryRowContext(t.Context(), statement).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintln(n)
	}
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE numbers (id INTEGER PRIMARY KEY, half NUMERIC);
		INSERT INTO numbers VALUES (1, 1), (2, 0.5);
		CREATE TABLE flags (id INTEGER PRIMARY KEY, flag INTEGER) STRICT`); err != nil {
		t.Fatal(err)
	}
	load := func(text string) *pipeline.Pipeline {
		t.Helper()
		p, err := pipeline.Parse(filepath.Join(w.Dir, "shop.yaml"), []byte(text), w.Kind)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	w.Refuses(load("sqlite: {file: shop.db}\n"+w.Refused()), "cannot store REAL value in INTEGER column flags.flag")
	w.Write("in.jsonl", `{"id":1,"half":-0.5}`+"\n")
	report, err := load(`sqlite: {file: made.db}
streams:
  numbers: {file: in.jsonl}
  out: {sqlite: {table: flags, columns: {id: INTEGER, flag: "NUMERIC CHECK (flag > 0)"}}}
master: numbers
output: out
emit: {id: numbers.id, flag: numbers.half}
`).Check(t.Context(), storagetest.Quiet())
	if err != nil || !strings.Contains(strings.Join(report.Problems, "\n"), "CHECK constraint failed") {
		t.Errorf("error %v, and the problems %q", err, report.Problems)
	}
	if _, err := os.Stat(filepath.Join(w.Dir, "made.db")); err == nil {
		t.Error("check has made the file")
	}
}
