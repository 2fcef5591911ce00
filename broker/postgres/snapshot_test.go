package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/leat-go/leat/broker/postgres"
)

// The rows that are there when the slot is made come first, and changes behind them, with none lost or doubled, whatever
// is killed and whenever.
func TestSnapshotKilled(t *testing.T) {
	d, _ := newEvents(t, false)
	d.addEvents(30_000)
	stop := d.writers()
	defer stop()
	command := d.helper("snapshot")
	for round := range 8 {
		d.wait(fmt.Sprintf("SELECT FROM seen HAVING count(*) >= %d", 4000*round))
		<-time.After(time.Duration(round) * 17 * time.Millisecond)
		d.must(command.Process.Kill())
		command = d.helper("snapshot")
	}
	stop()
	d.wait("SELECT FROM seen HAVING count(*) >= (SELECT count(*) FROM events)")
	wrong := d.query(`SELECT (SELECT count(*) FROM seen) - (SELECT count(*) FROM events), (SELECT count(*) FROM events e
		FULL JOIN seen s USING (id, transaction, n) WHERE e.id IS NULL OR s.id IS NULL),
		(SELECT count(*) FROM (SELECT lsn, lag(lsn) OVER (ORDER BY place) AS l FROM seen) x WHERE lsn < l)`)
	if fmt.Sprint(wrong) != "[[0 0 0]]" {
		t.Errorf("there are more results than events, different ones, and results in disorder: %v", wrong)
	}
	d.wait("SELECT WHERE NOT EXISTS (SELECT FROM pg_class WHERE relname LIKE 'leat_snapshot%')")
}

// Rows look as changes do, and those of a snapshot come again where the slot is made again.
func TestSnapshot(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE a (id int PRIMARY KEY, raw bytea, at timestamp, n numeric, j json); CREATE TABLE b (v text);
		ALTER TABLE b REPLICA IDENTITY FULL; CREATE TABLE none (id int PRIMARY KEY);
		INSERT INTO a VALUES (2, '\x00', '2026-11-28', 1.50, '{"x": 1.0}'), (1, NULL, NULL, NULL, NULL); INSERT INTO b VALUES ('x')`)
	f := d.follow(postgres.Changes[change]("s", []string{"a", "none", "b"}, postgres.Snapshot()))
	d.exec("UPDATE a SET n = 3 WHERE id = 1; INSERT INTO none VALUES (1)")
	f.expectChanges(
		`insert public.a null {"id":1,"raw":null,"at":null,"n":null,"j":null}`,
		`insert public.a null {"id":2,"raw":"AA==","at":"2026-11-28T00:00:00+00:00","n":1.50,"j":{"x": 1.0}}`,
		`insert public.b null {"v":"x"}`,
		`update public.a {"id":1} {"id":1,"raw":null,"at":null,"n":3,"j":null}`,
		`insert public.none null {"id":1}`,
	)
}

// A snapshot whose copy was dropped before all of it was read can't be read on.
func TestSnapshotIsLost(t *testing.T) {
	d, _ := newEvents(t, false)
	d.addEvents(100_000)
	command := d.helper("snapshot")
	d.wait("SELECT FROM seen LIMIT 1")
	d.must(command.Process.Kill())
	d.exec("DROP TABLE " + d.query("SELECT quote_ident(relname) FROM pg_class WHERE relname LIKE 'leat_snapshot%' AND relkind = 'r'")[0][0])
	d.expectEnd("its position is in the snapshot", "another name")
}
