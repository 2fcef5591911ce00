package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker/internal/relation"
)

// many is how many rows take so long to sort that an index is worth a warning.
const many = 10_000

// IsServed implements relation.Catalog.
func (d *database) IsServed(ctx context.Context, conn *sql.Conn, statement string, parameters []any) (bool, error) {
	rows, err := conn.QueryContext(ctx, "EXPLAIN QUERY PLAN "+statement, parameters...)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	served := true
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return false, err
		}
		served = served && !(strings.Contains(detail, "TEMP B-TREE") && strings.Contains(detail, "ORDER BY"))
	}
	return served, rows.Err()
}

// MayHold implements relation.Catalog: in WAL mode readers are in nobody's way.
func (d *database) MayHold(ctx context.Context, conn *sql.Conn) (bool, error) {
	var mode string
	err := conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode)
	return mode == "wal", err
}

// Advise implements relation.Catalog.
func (d *database) Advise(ctx context.Context, conn *sql.Conn, t *relation.Table) (advice []string, err error) {
	if !t.Served {
		rows, err := texts(ctx, conn, fmt.Sprintf("SELECT 1 FROM %s LIMIT 1 OFFSET %d", t.From, many))
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			advice = append(advice, "no index has the rows in their order, so that all of them are sorted: "+toCreate(t))
		}
	}
	first := t.OrderedBy[0]
	safe, err := isAutoincrement(ctx, conn, t)
	if err != nil {
		return nil, err
	}
	isRowid := len(t.Hidden) > 0 && strings.EqualFold(first.Name, t.Hidden[0].Name)
	switch {
	case isRowid:
		advice = append(advice, "the rows are ordered by their rowid, which VACUUM changes, and positions are lost with it: "+
			"give the table a column INTEGER PRIMARY KEY AUTOINCREMENT")
	case t.Stream.Follow && !safe:
		advice = append(advice, fmt.Sprintf("the stream is followed in the order of %s, and rows that are added before "+
			"those that were read are missed; an order by a column INTEGER PRIMARY KEY AUTOINCREMENT is that of the "+
			"commits", first.Name))
	}
	return advice, nil
}

// toCreate is the index that would serve.
func toCreate(t *relation.Table) string {
	columns := strings.ReplaceAll(t.KeyList(""), "q.", "")
	if !t.IsTable {
		return fmt.Sprintf("an index over (%s) of what it is made of may help", columns)
	}
	return fmt.Sprintf("CREATE INDEX %s ON %s (%s)", identifier(t.Stream.Name+"_order"), identifier(t.Stream.Name), columns)
}

// isAutoincrement reports whether rows are ordered by an id that is higher than those of all rows that were ever
// committed before.
func isAutoincrement(ctx context.Context, conn *sql.Conn, t *relation.Table) (bool, error) {
	if !t.IsTable || !t.Primary || len(t.Keys[0]) != 1 || !strings.EqualFold(t.Keys[0][0], t.OrderedBy[0].Name) {
		return false, nil
	}
	definition, err := texts(ctx, conn, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
		t.Stream.Name)
	return len(definition) > 0 && strings.Contains(strings.ToUpper(definition[0]), "AUTOINCREMENT"), err
}
