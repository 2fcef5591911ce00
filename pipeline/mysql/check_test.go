package mysql_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/mariadbserver"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
)

// TestCheckFindsRefusedResults tries results on the columns of the output, which isn't written.
func TestCheckFindsRefusedResults(t *testing.T) {
	w := newWorkplace(t)
	w.exec(`CREATE TABLE numbers (id BIGINT PRIMARY KEY, half DECIMAL(5,2)); INSERT INTO numbers VALUES (1, 1), (2, 0.5);
		CREATE TABLE flags (id BIGINT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, flag DATE)`)
	w.Refuses(w.Load(w.Refused()), "Incorrect date value")
}

// TestMissingRightOnPositions fails when the positions are claimed, behind the opening, with where the file has the storage.
func TestMissingRightOnPositions(t *testing.T) {
	w := newWorkplace(t)
	w.exec("CREATE TABLE a (id BIGINT PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE b (id BIGINT PRIMARY KEY)")
	database := w.URL[strings.LastIndex(w.URL, "/")+1:]
	w.exec("CREATE USER adder@'127.0.0.1' IDENTIFIED BY 'hush-hush'")
	defer w.exec("DROP USER adder@'127.0.0.1'")
	w.exec("GRANT SELECT, INSERT, CREATE ON " + database + ".* TO adder@'127.0.0.1'")
	w.URL = strings.Replace(w.URL, mariadbserver.User+":"+mariadbserver.Password, "adder:hush-hush", 1)
	p := w.Load(`
streams: {a: {mysql: {table: a}}, b: {mysql: {table: b}}}
master: a
output: b
`)
	check := func(want string) {
		t.Helper()
		report, err := p.Check(t.Context(), storagetest.Quiet())
		if err != nil || !strings.Contains(strings.Join(report.Problems, "\n"), want) || want == "" && len(report.Problems) > 0 {
			t.Errorf("check says %v, %v", err, report)
		}
	}
	check("") // what the table lacks is known once it exists
	err := p.Run(t.Context(), storagetest.Quiet())
	if err == nil || !strings.Contains(err.Error(), "shop.yaml:1:1: positions of partition 0: mysql: the table leat_positions") ||
		!strings.Contains(err.Error(), "GRANT SELECT, INSERT, UPDATE, CREATE ON `leat_positions`") {
		t.Errorf("the error is %v", err)
	}
	check("UPDATE command denied")
	w.exec("DROP TABLE leat_positions; REVOKE CREATE ON " + database + ".* FROM adder@'127.0.0.1'")
	check("CREATE command denied")
	w.exec("GRANT CREATE, UPDATE ON " + database + ".* TO adder@'127.0.0.1'; REVOKE INSERT ON " + database +
		".* FROM adder@'127.0.0.1'")
	check("INSERT command denied")
}
