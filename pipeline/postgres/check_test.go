package postgres_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
)

// TestCheckFindsRefusedResults tries results on the columns of the output, which isn't written, and needs no row to be new.
func TestCheckFindsRefusedResults(t *testing.T) {
	w := newWorkplace(t)
	w.exec(`CREATE TABLE numbers (id bigint PRIMARY KEY, half numeric); INSERT INTO numbers VALUES (1, 1), (2, 0.5);
		CREATE TABLE flags (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), flag boolean)`)
	w.Refuses(w.Load(w.Refused()), "invalid input syntax for type boolean")
	w.exec("ALTER TABLE flags ALTER flag TYPE numeric USING 0; INSERT INTO flags VALUES (1, now(), 1)")
	report, err := w.Load(w.Refused()).Check(t.Context(), storagetest.Quiet())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("error %v, and the problems %q", err, report.Problems)
	}
	w.exec("DROP TABLE flags")
	report, err = w.Load(w.Refused()).Check(t.Context(), storagetest.Quiet())
	if err != nil || !strings.Contains(strings.Join(report.Problems, "\n"), "an output is made where its columns are given") {
		t.Errorf("without the output: error %v, and the problems %q", err, report.Problems)
	}
	made := strings.Replace(w.Refused(), "table: flags", "table: flags, columns: {id: bigint, flag: boolean}", 1)
	report, err = w.Load(made).Check(t.Context(), storagetest.Quiet())
	if err != nil || !strings.Contains(strings.Join(report.Problems, "\n"), "invalid input syntax for type boolean") {
		t.Errorf("where a run makes the output: error %v, and the problems %q", err, report.Problems)
	}
	if got := w.exec("SELECT count(*) FROM pg_class WHERE relname = 'flags'"); got != "0\n" {
		t.Error("check has made the output")
	}
}
