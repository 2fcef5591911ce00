package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/internal/wait"
)

// This file keeps readers from passing rows that are committed late. Keys are drawn in order, but committed in any: a
// transaction may draw 7, another one draw 8 and commit, and who has read 8 then would never come back for 7. So a key
// is looked at first, then who could still add rows below it, and only when all of those have ended, rows are read up
// to that key. Locks are asked for after the key was seen: whoever drew a lower one held its lock before that, and
// either holds it still or has ended.

const (
	// firstLook and lastLook are the pauses between two looks at whether those transactions have ended.
	firstLook = 5 * time.Millisecond
	lastLook  = 200 * time.Millisecond
	// noticed is how long a transaction may hold a stream back before it is looked at, and patience until the log tells,
	// and then again and again.
	noticed  = time.Second
	patience = 5 * time.Second
)

// isByTransaction reports whether the rows are ordered by the transactions that have added them, whose order is that of
// PostgreSQL.
func (t *table) isByTransaction() bool { return t.order[0].kind == "pg_catalog.xid8" }

// highest returns the highest key that can be seen; nil where there are no rows.
func (t *table) highest(ctx context.Context, s *session) (ordered.Key, error) {
	where := ""
	if t.isByTransaction() {
		where = " WHERE q." + identifier(t.order[0].name) + " < pg_snapshot_xmin(pg_current_snapshot())"
	}
	all, err := s.rows(ctx, "SELECT "+t.keyTexts()+" FROM "+t.from+where+t.ordered(" DESC")+" LIMIT 1")
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return keyOf(all[0])
}

const writersNow = `SELECT DISTINCT l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
	JOIN pg_database d ON d.oid = a.datid AND d.datname = current_database()
	WHERE l.granted AND l.pid <> pg_backend_pid() AND (l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock'
		OR l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND ($1 = '' OR l.relation::text = ANY
			(string_to_array($1, ',')))
		OR $2 = 'begun' AND l.locktype = 'virtualxid')`

// A prepared transaction has another number than it had before, so all of them count.
const writersLeft = `SELECT DISTINCT virtualtransaction FROM pg_locks WHERE virtualtransaction = ANY
	(string_to_array($1, ','))
	UNION ALL SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts WHERE database = current_database()`

// settle waits until no transaction can add a row below a key that was seen. It calls held, now and then, with one that
// may.
func (t *table) settle(ctx context.Context, s *session, held func(transaction string)) error {
	if t.isByTransaction() {
		return nil
	}
	begun := ""
	for _, c := range t.order {
		if c.byStart {
			begun = "begun"
		}
	}
	left, err := s.texts(ctx, writersNow, strings.Join(t.oids, ","), begun)
	if err != nil {
		return err
	}
	due, pause := time.Now().Add(noticed), firstLook
	for {
		if left, err = s.texts(ctx, writersLeft, strings.Join(left, ",")); err != nil || len(left) == 0 {
			return err
		}
		if now := time.Now(); now.After(due) {
			due = now.Add(patience)
			held(left[0])
		}
		if wait.For(ctx, pause) != nil {
			return ctx.Err()
		}
		pause = min(2*pause, lastLook)
	}
}

// texts runs a statement and returns its first column.
func (s *session) texts(ctx context.Context, sql string, parameters ...string) ([]string, error) {
	all, err := s.rows(ctx, sql, parameters...)
	texts := make([]string, len(all))
	for i, r := range all {
		texts[i] = string(r[0])
	}
	return texts, err
}

// holdsBack reports whether rows can be seen that were added by transactions behind one that is open, and is ordered by
// these. The oldest of those that are open is what they wait for.
func (t *table) holdsBack(ctx context.Context, s *session) (bool, error) {
	if !t.isByTransaction() {
		return false, nil
	}
	all, err := s.texts(ctx, "SELECT '' FROM "+t.from+" WHERE q."+identifier(t.order[0].name)+
		" >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1")
	return len(all) > 0, err
}

const oldestOpen = `SELECT virtualtransaction FROM pg_locks WHERE granted AND locktype = 'transactionid'
	AND mode = 'ExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid() ORDER BY age(transactionid) DESC LIMIT 1`

// A holder is who holds a stream back, as far as the user may see it.
type holder struct{ pid, user, application, since, state string }

// What a session does is for the superuser, pg_read_all_stats and its own user to see.
const heldBy = `SELECT a.pid::text, coalesce(a.usename, ''), coalesce(a.application_name, ''),
	coalesce(a.xact_start::text, ''), coalesce(a.state, '')
	FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.virtualtransaction = $1 LIMIT 1`

func (s *session) holder(ctx context.Context, transaction string) (h holder) {
	all, err := s.rows(ctx, heldBy, transaction)
	if err == nil && len(all) > 0 {
		r := all[0]
		h = holder{string(r[0]), string(r[1]), string(r[2]), string(r[3]), string(r[4])}
	}
	return h
}

// String names the transaction, for the monitor.
func (h holder) String() string {
	if h.pid == "" {
		return "a transaction of the database"
	}
	return fmt.Sprintf("a transaction of the database (pid %s, user %s, application %s)", h.pid, h.user, h.application)
}

// about is what the log says of it.
func (h holder) about(grantee string) []any {
	if h.pid == "" {
		return nil // a prepared transaction has no process
	}
	about := []any{"pid", h.pid, "user", h.user, "application", h.application}
	if h.since == "" {
		return append(about, "since", "not known: GRANT pg_read_all_stats TO "+grantee+" shows it")
	}
	return append(about, "since", h.since, "state", h.state)
}

// checkAhead refuses a position ahead of the database's transactions, whose rows are ordered by these: it is another
// database, or one that was restored from a dump, where they begin anew.
func (t *table) checkAhead(ctx context.Context, s *session, k ordered.Key) error {
	if !t.isByTransaction() || k == nil {
		return nil
	}
	all, err := s.texts(ctx, "SELECT CAST($1::text AS xid8) >= pg_snapshot_xmax(pg_current_snapshot())", k[0])
	if err == nil && all[0] == "t" {
		err = fmt.Errorf("the position is at transaction %s, which this database hasn't come to: it is another one, "+
			"or restored from a dump; "+
			"give the mill another name to begin anew", k[0])
	}
	return err
}
