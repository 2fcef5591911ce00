package mysql

import (
	"context"
	"database/sql"
	"errors"

	"github.com/leat-go/leat/broker/internal/relation"
)

// rehearsed is the name of a temporary table, which is a connection's own.
const rehearsed = "`leat_rehearsal`"

// Rehearsal implements relation.Catalog. A table that doesn't exist yet is no model for another one.
func (d *database) Rehearsal(ctx context.Context, conn *sql.Conn, r *relation.Declaration) (*relation.Rehearsal, error) {
	var missing *relation.MissingTable
	if _, err := d.Describe(ctx, conn, r); errors.As(err, &missing) && len(r.Definitions) > 0 {
		return nil, nil
	}
	rehearsal := &relation.Rehearsal{Conn: conn, Close: func() {}}
	for _, statement := range []string{"DROP TEMPORARY TABLE IF EXISTS " + rehearsed,
		"CREATE TEMPORARY TABLE " + rehearsed + " LIKE " + identifier(r.Stream.Name)} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return rehearsal, ctx.Err() // a view, or the right lacks
		}
	}
	rehearsal.Table = rehearsed
	return rehearsal, nil
}

// IsAboutValue implements relation.Catalog.
func (d *database) IsAboutValue(err error) bool {
	switch number(err) {
	case 1264, 1265, 1292, 1366, 1406, 1411, 3140, 4025:
		return true
	}
	return false
}
