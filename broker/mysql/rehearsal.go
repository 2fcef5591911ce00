package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
	if err := mayInsert(ctx, conn, r); err != nil {
		return nil, err
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

// mayInsert finds out whether the user may write to an output that exists. What else is wrong with it is found later.
func mayInsert(ctx context.Context, conn *sql.Conn, r *relation.Declaration) error {
	if r.Query != "" {
		return nil
	}
	statement := "EXPLAIN INSERT INTO " + identifier(r.Stream.Name) + " VALUES ()"
	if len(r.Conflict) > 0 {
		statement += fmt.Sprintf(" ON DUPLICATE KEY UPDATE %s = VALUES(%[1]s)", identifier(r.Conflict[0]))
	}
	_, err := conn.ExecContext(ctx, statement)
	switch number(err) {
	case 1142, 1143, 1044:
		return err
	}
	return ctx.Err()
}
