package relation

import (
	"context"
	"database/sql"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// A counter counts the rows of a table, as ordered.Counter.
type counter struct {
	conn  *sql.Conn
	table *Table
}

func (c counter) Exists(ctx context.Context, k ordered.Key) (bool, error) {
	condition, parameters, err := c.table.compare("=", k)
	if err != nil {
		return false, err
	}
	n, err := c.count(ctx, condition, parameters)
	return n > 0, err
}

func (c counter) Between(ctx context.Context, from, to ordered.Position) (int64, error) {
	below := "<"
	if to.After {
		below = "<="
	}
	condition, parameters, err := c.table.compare(below, to.At)
	if err != nil {
		return 0, err
	}
	if from.At != nil {
		lower, more, err := c.table.compare(above(from), from.At)
		if err != nil {
			return 0, err
		}
		condition, parameters = condition+" AND "+lower, append(parameters, more...)
	}
	return c.count(ctx, condition, parameters)
}

func (c counter) count(ctx context.Context, condition string, parameters []any) (n int64, err error) {
	err = c.conn.QueryRowContext(ctx, "SELECT count(*) FROM "+c.table.From+" WHERE "+condition, parameters...).Scan(&n)
	return n, err
}

// isBelow asks the database whether one key comes before another, since only that knows its collations. A row that is
// made of a key takes the columns' collations from a SELECT that gives no rows.
func (t *Table) isBelow(ctx context.Context, conn *sql.Conn, a, b ordered.Key) (bool, error) {
	made := make([]any, len(a))
	for i, text := range a {
		var err error
		if made[i], err = t.OrderedBy[i].Type.Value(text); err != nil {
			return false, err
		}
	}
	condition, parameters, err := t.compare("<", b)
	if err != nil {
		return false, err
	}
	var n int64
	err = conn.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT "+t.KeyList("")+" FROM "+t.From+
		" WHERE 1 = 0 UNION ALL SELECT "+t.marks()+") q WHERE "+condition, append(made, parameters...)...).Scan(&n)
	return n > 0, err
}
