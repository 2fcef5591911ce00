//go:build unix

package postgres_test

import (
	"testing"

	"github.com/leat-go/leat/internal/testserver"
)

// A run that is frozen within a commit, with locks on the positions and on an output, doesn't block the one that takes
// over.
func TestFrozen(t *testing.T) {
	d := shop(t, 20)
	d.exec("CREATE UNIQUE INDEX ON totals (id)")
	d.exec(`CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$`)
	first := d.helper("follow")
	d.wait("SELECT FROM totals WHERE id >= 18")
	// The next commit waits behind the change of the positions' row, which it has locked, and is frozen there.
	d.exec("CREATE TRIGGER stop AFTER UPDATE OF progress ON leat_positions FOR EACH ROW EXECUTE FUNCTION stop()")
	d.exec("SELECT pg_advisory_lock(1)")
	d.grow(5)
	d.wait("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory' AND datname = " +
		"current_database()")
	d.must(testserver.Freeze(first.Process))
	d.exec("SELECT pg_advisory_unlock(1)")
	d.wait("SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE 'UPDATE leat_positions%'")
	d.grow(5)
	d.helper("follow")
	d.wait("SELECT FROM totals WHERE id >= 27")
	if got := d.query("SELECT epoch FROM leat_positions"); got[0][0] != "2" {
		t.Errorf("the epoch is %v after one takeover", got)
	}
	d.must(testserver.Thaw(first.Process))
	if err := first.Wait(); err == nil {
		t.Error("the first run goes on, or ends well")
	}
	d.exec("DELETE FROM items WHERE order_id > (SELECT max(id) FROM totals)")
	d.expectTotals()
}

// A run that is frozen while the server sends it changes doesn't keep the slot: the one that takes over goes on.
func TestChangesFrozen(t *testing.T) {
	d, _ := newEvents(t, false)
	first := d.helper("changes")
	d.waitForSlot()
	d.addEvents(100)
	d.wait("SELECT FROM seen HAVING count(*) >= 100")
	d.must(testserver.Freeze(first.Process))
	d.addEvents(100_000) // more than the connection holds
	d.helper("changes")
	d.expectSeen(d)
	d.must(testserver.Thaw(first.Process))
	if err := first.Wait(); err == nil {
		t.Error("the first run goes on, or ends well")
	}
	d.addEvents(10)
	d.expectSeen(d)
}
