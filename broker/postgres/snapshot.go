package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
)

// This file reads the rows that tables have when their slot is made, before the changes that come behind it. The
// server's view of that moment ends with the connection that has made the slot, and a run may be killed at any time; so
// the rows are copied, within that view, to a table of the database, from which each run goes on where the one before
// stood. The slot appears under its name only once the copy is there, and who is killed before begins again with nothing
// handed over. The table is dropped when all of its rows are acknowledged.

// snapshotTable is the name of the table that the rows are copied to.
func (c *changes) snapshotTable() string {
	name := "leat_snapshot_" + strings.TrimPrefix(c.slot, "leat_")
	return identifier(name[:min(len(name), longestSlot)])
}

// makeSnapshot makes the slot together with a copy of the rows at that moment.
func (c *changes) makeSnapshot(ctx context.Context, s *session) error {
	link, err := c.connector.replicate(ctx)
	if err != nil {
		return err
	}
	defer link.close()
	temporary := c.slot[:min(len(c.slot), longestSlot-len(link.pid())-1)] + "_" + link.pid()
	made, err := link.rows(ctx, fmt.Sprintf("CREATE_REPLICATION_SLOT %s TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT",
		identifier(temporary)))
	if err != nil {
		return err
	}
	lsn, view := string(made[0][1]), string(made[0][2])
	begun := time.Now()
	if err := c.copyRows(ctx, s, lsn, view); err != nil {
		_ = s.run(ctx, "ROLLBACK")
		return err
	}
	if _, err := s.rows(ctx, "SELECT pg_copy_logical_replication_slot($1, $2, false)", temporary, c.slot); err != nil {
		return err
	}
	c.logger.Info("the replication slot was made, with a copy of the rows that are there: these come first",
		"stream", c.stream.Name, "slot", c.slot, "lsn", lsn, "table", c.snapshotTable(), "took", time.Since(begun))
	return nil
}

// copyRows copies the tables' rows in one transaction.
func (c *changes) copyRows(ctx context.Context, s *session, lsn, view string) error {
	statements := []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SET TRANSACTION SNAPSHOT " + quoted(view),
		"DROP TABLE IF EXISTS " + c.snapshotTable(),
		"CREATE TABLE " + c.snapshotTable() + " (n bigint PRIMARY KEY, schema text, name text, key text, element text, " +
			"lsn pg_lsn, made timestamptz)"}
	for _, published := range c.tables {
		columns, err := s.columns(ctx, published.oid)
		if err != nil {
			return err
		}
		key, _, err := s.uniqueKeys(ctx, published.oid)
		if err != nil {
			return err
		}
		order, keys := "q.ctid", columns
		if len(key) > 0 {
			order, keys = prefixed("q.", key[0]), nil
			for _, name := range key[0] {
				column, err := find(columns, name)
				if err != nil {
					return err
				}
				keys = append(keys, column)
			}
		}
		statements = append(statements, fmt.Sprintf("INSERT INTO %[1]s SELECT (SELECT count(*) FROM %[1]s) - 1 + "+
			"row_number() OVER (ORDER BY %[2]s), %[3]s, %[4]s, %[5]s, %[6]s, %[7]s, now() FROM %[8]s q", c.snapshotTable(),
			order, quoted(published.schema), quoted(published.name), rowObject(keys), rowObject(columns), quoted(lsn),
			published.qualified()))
	}
	return s.run(ctx, strings.Join(append(statements, "COMMIT"), "; "))
}

// rowObject is the expression of a row's columns as a JSON object.
func rowObject(columns []column) string {
	members := make([]string, len(columns))
	for i, c := range columns {
		value := "q." + identifier(c.name)
		switch {
		case c.binary:
			value = "translate(encode(" + value + ", 'base64'), chr(10), '')"
		case c.instantless:
			value += " AT TIME ZONE 'UTC'"
		}
		members[i] = value + " AS " + identifier(c.name)
	}
	return "(SELECT row_to_json(r)::text FROM (SELECT " + strings.Join(members, ", ") + ") r)"
}

// findSnapshot finds out whether there are rows of a copy that come before the changes.
func (c *changes) findSnapshot(ctx context.Context, s *session) error {
	there, err := s.rows(ctx, "SELECT FROM pg_class WHERE oid = to_regclass($1)", c.snapshotTable())
	if err != nil || len(there) == 0 {
		return err
	}
	count, err := s.texts(ctx, "SELECT count(*)::text FROM "+c.snapshotTable())
	if err != nil {
		return err
	}
	var n int64
	if _, err := fmt.Sscan(count[0], &n); err != nil {
		return err
	}
	c.copied.Store(n)
	return nil
}

// dropSnapshot drops the copy when all of its rows are acknowledged.
func (c *changes) dropSnapshot(ctx context.Context, s *session) error {
	if n := c.copied.Load(); n == 0 || !c.timeline.isAcknowledged(n-1) {
		return nil
	}
	err := s.run(ctx, "DROP TABLE IF EXISTS "+c.snapshotTable())
	if err == nil {
		c.copied.Store(0)
	}
	return err
}

// isCopied reports whether a reader is at rows of the copy.
func (r *changeReader) isCopied() bool { return r.at.commit == 0 && r.next < r.changes.copied.Load() }

// readCopied returns the next rows of the copy.
func (r *changeReader) readCopied(ctx context.Context) ([]broker.Record, error) {
	s, err := r.changes.connector.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	for r.bytes < changesBytes && len(r.batch) < changesBatch && r.isCopied() {
		rows, err := s.rows(ctx, fmt.Sprintf("SELECT n, schema, name, key, element, lsn, "+
			"(extract(epoch FROM made) * 1000000)::bigint FROM %s WHERE n >= %d ORDER BY n LIMIT 100",
			r.changes.snapshotTable(), r.next))
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, finalError{fmt.Errorf("the table %s has no row %d, though not all were handed over: it was changed; "+
				"drop the slot and the table, and give the mill another name to begin anew", r.changes.snapshotTable(), r.next)}
		}
		for _, row := range rows {
			if err := r.addCopied(row); err != nil {
				return nil, finalError{err}
			}
		}
	}
	return r.take(), nil
}

func (r *changeReader) addCopied(row row) error {
	var offset, made int64
	if _, err := fmt.Sscan(string(row[0])+" "+string(row[6]), &offset, &made); err != nil {
		return err
	}
	lsn, err := pgoutput.ParseLSN(string(row[5]))
	if err != nil {
		return err
	}
	in := &pgoutput.Begin{Commit: lsn, Time: time.UnixMicro(made).UTC()}
	record := broker.Record{Offset: offset, Key: row[3], Value: row[4], Time: in.Time}
	if !r.changes.relation.changes.rows {
		record.Value = r.elements.copied(&layout{Relation: &pgoutput.Relation{Schema: string(row[1]), Name: string(row[2])}},
			row[4], in)
	}
	r.changes.timeline.returned(r.at, in, offset)
	r.batch, r.next = append(r.batch, record), offset+1
	r.bytes += len(record.Value) + len(record.Key)
	return nil
}

// copied returns the element of a row that was there when the slot was made: an insert.
func (m *elementMaker) copied(t *layout, row []byte, in *pgoutput.Begin) []byte {
	begin := len(m.buffer)
	m.head("insert", t)
	m.buffer = append(append(m.buffer, `,"before":null,"after":`...), row...)
	m.tail(in)
	return m.since(begin)
}
