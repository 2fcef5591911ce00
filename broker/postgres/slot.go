package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
	"github.com/leat-go/leat/internal/wait"
)

// longestSlot is how long the name of a slot may be.
const longestSlot = 63

// slotName makes a slot's name of those of a mill and a stream. A slot's name has lower-case letters, digits and
// underscores only: where more was left out than a separator, a digest keeps two names apart.
func slotName(mill, stream string) string {
	name := "leat_" + mill + "_" + stream
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(name))
	if clean == name && len(name) <= longestSlot {
		return name
	}
	digest := sha256.Sum256([]byte(mill + "\x00" + stream))
	suffix := "_" + hex.EncodeToString(digest[:4])
	return clean[:min(len(clean), longestSlot-len(suffix))] + suffix
}

// A slot is what the server knows of a replication slot.
type slot struct {
	plugin, kind, database string
	temporary              bool
	// pid is the backend that reads by it; 0 where none does.
	pid string
	// status is wal_status: lost where the log that it needs was removed.
	status string
	// confirmed is up to where its reader has acknowledged, and end where the server's log ends.
	confirmed, end pgoutput.LSN
	// retained is how many bytes of the log it holds back.
	retained int64
}

const slotNow = `SELECT coalesce(plugin, ''), slot_type, coalesce(database, ''), temporary::text,
	coalesce(active_pid, 0)::text, coalesce(wal_status, ''), coalesce(confirmed_flush_lsn, '0/0')::text,
	pg_current_wal_lsn()::text, coalesce(pg_current_wal_lsn() - restart_lsn, 0)::bigint::text
	FROM pg_replication_slots WHERE slot_name = $1`

// findSlot looks at a slot; nil where it doesn't exist.
func (s *session) findSlot(ctx context.Context, name string) (*slot, error) {
	all, err := s.rows(ctx, slotNow, name)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	r := all[0]
	found := &slot{plugin: string(r[0]), kind: string(r[1]), database: string(r[2]), temporary: string(r[3]) == "true",
		pid: string(r[4]), status: string(r[5])}
	if found.confirmed, err = pgoutput.ParseLSN(string(r[6])); err != nil {
		return nil, err
	}
	if found.end, err = pgoutput.ParseLSN(string(r[7])); err != nil {
		return nil, err
	}
	_, err = fmt.Sscan(string(r[8]), &found.retained)
	return found, err
}

// checkSlot refuses a slot that exists and can't be used.
func (c *changes) checkSlot(s *slot) error {
	switch {
	case s.kind != "logical":
		return fmt.Errorf("the slot %s is a %s one, not a logical one: name another by postgres.Slot", c.slot, s.kind)
	case s.plugin != "pgoutput":
		return fmt.Errorf("the slot %s has the output plugin %s, not pgoutput: name another by postgres.Slot, or drop it "+
			"where nobody needs it: SELECT pg_drop_replication_slot('%[1]s')", c.slot, s.plugin)
	case s.database != c.database:
		return fmt.Errorf("the slot %s is one of the database %s, not of %s: name another by postgres.Slot", c.slot,
			s.database, c.database)
	case s.status == "lost":
		return c.lost("it was invalidated: it held back more of the log than max_slot_wal_keep_size allows, and the server " +
			"has removed what it needs")
	}
	return nil
}

// lost says that changes can't be read any more.
func (c *changes) lost(why string) error {
	return finalError{fmt.Errorf("the slot %s can't be read on: %s. The changes since the positions that are kept are "+
		"lost; to begin anew with those from now on, drop the slot where it exists, SELECT "+
		"pg_drop_replication_slot('%[1]s'), and give the mill another name, or remove its positions", c.slot, why)}
}

// awaitSlot looks at a slot, and waits for one that is being made: nothing is known of it before.
func (s *session) awaitSlot(ctx context.Context, name string) (*slot, error) {
	for {
		found, err := s.findSlot(ctx, name)
		if err != nil || found == nil || found.kind != "logical" || found.confirmed > 0 || found.status == "lost" {
			return found, err
		}
		if err := wait.For(ctx, holderPause); err != nil {
			return nil, err
		}
	}
}

// makeSlot makes the slot where it doesn't exist. The server waits for the transactions that are open.
func (c *changes) makeSlot(ctx context.Context) error {
	s, err := c.connector.reconnect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	found, err := s.awaitSlot(ctx, c.slot)
	if err == nil && found != nil {
		err = c.checkSlot(found)
	}
	if err != nil {
		return c.explain(err)
	}
	if found != nil {
		if err := c.findSnapshot(ctx, s); err != nil {
			return c.explain(err)
		}
		return nil
	}
	told := time.AfterFunc(patience, func() {
		c.logger.Warn("the replication slot isn't made yet: the server waits for the transactions that are open",
			"stream", c.stream.Name, "slot", c.slot)
	})
	defer told.Stop()
	if c.relation.changes.snapshot {
		if err := c.makeSnapshot(ctx, s); err != nil {
			return c.explain(err)
		}
		return c.makeSlot(ctx)
	}
	made, err := s.rows(ctx, "SELECT lsn::text FROM pg_create_logical_replication_slot($1, 'pgoutput')", c.slot)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == "42710":
		return c.makeSlot(ctx) // another reader, or another run, makes it
	case err != nil:
		return c.explain(err)
	}
	c.logger.Info("the replication slot was made: changes come from here on", "stream", c.stream.Name, "slot", c.slot,
		"lsn", string(made[0][0]))
	return nil
}

// endHolder ends the backend that reads by the slot, and reports whether there was one. A run that has claimed its
// partition ends that of the run before, whose process may be frozen; later it ends none but its own: the server may still
// have that of a reader that was just closed.
func (c *changes) endHolder(ctx context.Context) error {
	s, err := c.connector.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	found, err := s.findSlot(ctx, c.slot)
	if err != nil || found == nil || found.pid == "0" {
		return err
	}
	claimed, own := c.isClaimed()
	if claimed && found.pid != own {
		return finalError{fmt.Errorf("the slot %s is read by another connection, with the pid %s: %w", c.slot, found.pid,
			broker.ErrTakenOver)}
	}
	ended, err := s.texts(ctx, "SELECT pg_terminate_backend($1::int)::text", found.pid)
	if err != nil {
		return fmt.Errorf("the slot %s is read by the connection with the pid %s, which can't be ended: %w; GRANT "+
			"pg_signal_backend TO %s, or end it", c.slot, found.pid, err, s.grantee)
	}
	if len(ended) > 0 && found.pid != own {
		c.logger.Info("the connection that read by the slot was ended", "slot", c.slot, "pid", found.pid)
	}
	return nil
}

// explain says of an error about changes what would mend it.
func (c *changes) explain(err error) error {
	var explained *failure
	if errors.As(err, &explained) {
		return err
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return fmt.Errorf("postgres: %s: %w", c.describe(), err)
	}
	remedy := ""
	switch refused.Code {
	case "42501":
		remedy = "it takes the right to replicate: ALTER ROLE " + c.connector.grantee() + " REPLICATION"
	case "53400":
		remedy = fmt.Sprintf("raise max_replication_slots on the server, which takes a restart, or drop slots that nobody "+
			"reads: SELECT slot_name, active FROM pg_replication_slots; the stream takes one, %s, and one more for each "+
			"further node that reads it", c.slot)
	case "53300":
		remedy = "raise max_wal_senders and max_connections on the server, which takes a restart"
	case "55000", "42704": // the log that the slot needs was removed; the slot, or the publication, doesn't exist
		return fmt.Errorf("postgres: %s: %w", c.describe(), c.lost(refused.Message))
	}
	return described(c.describe(), refused, remedy)
}
