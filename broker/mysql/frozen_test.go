//go:build unix

package mysql_test

import (
	"context"
	"testing"

	"github.com/leat-go/leat/internal/testserver"
)

// A run that is frozen within a commit, with locks on the positions and on an output, doesn't block the one that takes
// over.
func TestFrozen(t *testing.T) {
	d := shop(t, 20)
	first := d.Start("follow")
	d.Wait("SELECT 1 FROM totals WHERE id >= 18")
	// The next commit waits within its transaction for a user's lock, which a trigger asks for, and is frozen there.
	d.Exec("CREATE TRIGGER stop BEFORE UPDATE ON leat_positions FOR EACH ROW BEGIN IF new.epoch = 1 THEN " +
		"DO GET_LOCK('stop', 1000); DO RELEASE_LOCK('stop'); END IF; END")
	conn, err := d.DB.Conn(context.Background())
	d.Must(err)
	_, err = conn.ExecContext(context.Background(), "DO GET_LOCK('stop', 0)")
	d.Must(err)
	d.Grow(5)
	d.Wait("SELECT 1 FROM information_schema.processlist WHERE state = 'User lock' AND db = DATABASE()")
	d.Must(testserver.Freeze(first.Process))
	_, err = conn.ExecContext(context.Background(), "DO RELEASE_LOCK('stop')")
	d.Must(err)
	d.Must(conn.Close())
	d.Wait("SELECT 1 FROM information_schema.innodb_trx WHERE trx_rows_locked > 0")
	d.Grow(5)
	d.Start("follow")
	d.Wait("SELECT 1 FROM totals WHERE id >= 27")
	if got := d.Query("SELECT epoch FROM leat_positions"); got[0][0] != "2" {
		t.Errorf("the epoch is %v after one takeover", got)
	}
	d.Must(testserver.Thaw(first.Process))
	if err := first.Wait(); err == nil {
		t.Error("the first run goes on, or ends well")
	}
	d.ExpectTotalsSoFar()
}
