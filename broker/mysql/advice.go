package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker/internal/relation"
)

// many is how many rows take so long to sort that an index is worth an advice.
const many = 10_000

// IsServed implements relation.Catalog.
func (d *database) IsServed(ctx context.Context, conn *sql.Conn, statement string, parameters []any) (bool, error) {
	found, err := conn.QueryContext(ctx, "EXPLAIN "+statement+" LIMIT 100", parameters...)
	if err != nil {
		return false, err
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		return false, err
	}
	served := true
	for found.Next() {
		texts, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := found.Scan(into...); err != nil {
			return false, err
		}
		for i, name := range columns {
			served = served && !(strings.EqualFold(name, "Extra") && strings.Contains(texts[i].String, "filesort"))
		}
	}
	return served, found.Err()
}

// MayHold implements relation.Catalog: InnoDB's readers are in nobody's way.
func (d *database) MayHold(context.Context, *sql.Conn) (bool, error) { return true, nil }

// Advise implements relation.Catalog.
func (d *database) Advise(ctx context.Context, conn *sql.Conn, t *relation.Table) ([]string, error) {
	if t.Served {
		return nil, nil
	}
	found, err := rows(ctx, conn, fmt.Sprintf("SELECT 1 FROM %s LIMIT %d, 1", t.From, many))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	columns := strings.ReplaceAll(t.KeyList(""), "q.", "")
	if !t.IsTable {
		return []string{"its rows are sorted, all of them; an index over (" + columns + ") of what it is made of may help"}, nil
	}
	return []string{fmt.Sprintf("no index has the rows in their order, so that all of them are sorted: CREATE INDEX %s ON %s "+
		"(%s)", identifier(t.Stream.Name+"_order"), identifier(t.Stream.Name), columns)}, nil
}
