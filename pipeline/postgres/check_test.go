package postgres_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/postgresserver"
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

// TestCheckFindsRefusedChanges finds the rights that reading changes takes, without making slot or publication.
func TestCheckFindsRefusedChanges(t *testing.T) {
	w := newWorkplace(t)
	const role = "reader_of_changes"
	w.exec("CREATE TABLE events (id bigint PRIMARY KEY); CREATE ROLE " + role + " LOGIN PASSWORD 'hush-hush'; " +
		"GRANT SELECT ON events TO " + role)
	defer w.exec("DROP OWNED BY " + role + "; DROP ROLE " + role)
	owner := w.URL
	w.URL = strings.Replace(owner, postgresserver.User+":"+postgresserver.Password, role+":hush-hush", 1)
	const changed = `
streams:
  events: {postgres: {changes: [events], slot: checked}}
  log: {file: "-"}
master: events
output: log
`
	_, err := w.Load(changed).Check(t.Context(), storagetest.Quiet())
	if err == nil || !strings.Contains(err.Error(), `ALTER ROLE "`+role+`" REPLICATION`) {
		t.Errorf("without the right to replicate: error %v", err)
	}
	w.exec("ALTER ROLE " + role + " REPLICATION")
	report, err := w.Load(changed).Check(t.Context(), storagetest.Quiet())
	if err != nil || !strings.Contains(strings.Join(report.Problems, "\n"), "have somebody who may CREATE PUBLICATION") {
		t.Errorf("without the right to make the publication: error %v, and the problems %q", err, report.Problems)
	}
	w.exec("CREATE PUBLICATION checked FOR TABLE events")
	report, err = w.Load(changed).Check(t.Context(), storagetest.Quiet())
	if err != nil || len(report.Problems) != 1 || !strings.Contains(report.Problems[0], "the table leat_positions") ||
		!strings.Contains(report.Problems[0], `GRANT CREATE ON SCHEMA "public" TO "`+role+`"`) {
		t.Errorf("without the right to keep positions: error %v, and the problems %q", err, report.Problems)
	}
	w.exec("GRANT CREATE ON SCHEMA public TO " + role)
	report, err = w.Load(changed).Check(t.Context(), storagetest.Quiet())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("with a publication: error %v, and the problems %q", err, report.Problems)
	}
	if got := w.exec("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'checked'"); got != "0\n" {
		t.Error("check has made the slot")
	}
}
