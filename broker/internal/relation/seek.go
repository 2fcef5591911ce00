package relation

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// This file lets people look things up in the middle of a table, as broker.Seeker.

// Seek implements broker.Seeker.
func (in *input) Seek(_ context.Context, node, _ int, position string) (int64, error) {
	return in.streams[node].numbering.Seek(position)
}

// PositionOf implements broker.Seeker.
func (in *input) PositionOf(node, _ int, offset int64) (string, error) {
	return in.streams[node].numbering.PositionOf(offset)
}

// Before implements broker.Seeker.
func (in *input) Before(ctx context.Context, node, _ int, position string, n int) (found string, err error) {
	err = in.find(ctx, node, func(f finder) error {
		found, err = f.stream.numbering.Before(ctx, f, position, n)
		return err
	})
	return found, err
}

// Middle implements broker.Seeker.
func (in *input) Middle(ctx context.Context, node, _ int, from, to string) (found string, err error) {
	err = in.find(ctx, node, func(f finder) error {
		found, err = f.stream.numbering.Middle(ctx, f, from, to)
		return err
	})
	return found, err
}

// Count implements broker.Seeker: by an index where one serves the order.
func (in *input) Count(ctx context.Context, node, _ int, position string, limit int64) (n int64, err error) {
	st := in.streams[node]
	p, err := st.numbering.ReadPosition(position)
	if err != nil {
		return 0, st.explain(err)
	}
	return in.count(ctx, st, p, limit)
}

// count counts the rows of a stream from a position on, up to a limit.
func (in *input) count(ctx context.Context, st *stream, from ordered.Position, limit int64) (n int64, err error) {
	err = in.job.withConn(ctx, func(conn *sql.Conn) error {
		n, err = finder{conn, st}.count(ctx, from, limit)
		return err
	})
	return n, err
}

// find has rows found by a connection of its own.
func (in *input) find(ctx context.Context, node int, do func(finder) error) error {
	st := in.streams[node]
	return in.job.withConn(ctx, func(conn *sql.Conn) error {
		if err := do(finder{conn, st}); err != nil {
			return st.explain(err)
		}
		return nil
	})
}

// A finder finds the rows of a stream, as ordered.Finder.
type finder struct {
	conn   *sql.Conn
	stream *stream
}

// First implements ordered.Finder.
func (f finder) First(ctx context.Context) (ordered.Key, error) {
	return f.stream.firstKey(ctx, f.conn, " ORDER BY "+f.stream.KeyList("")+" LIMIT 1")
}

// LastBelow implements ordered.Finder.
func (f finder) LastBelow(ctx context.Context, values ordered.Key) (ordered.Key, error) {
	where := ""
	var parameters []any
	if len(values) > 0 {
		all, err := f.stream.values(values)
		if err != nil {
			return nil, err
		}
		where, parameters = f.stream.compareFirst("<", all)
		where = " WHERE " + where
	}
	return f.stream.firstKey(ctx, f.conn, where+" ORDER BY "+f.stream.KeyList(" DESC")+" LIMIT 1", parameters...)
}

// Nth implements ordered.Finder.
func (f finder) Nth(ctx context.Context, n int, before *ordered.Position) (ordered.Key, error) {
	where, parameters := "", []any(nil)
	switch {
	case before == nil:
	case before.At == nil:
		return nil, nil
	default:
		below := "<"
		if before.After {
			below = "<="
		}
		condition, values, err := f.stream.compare(below, before.At)
		if err != nil {
			return nil, err
		}
		where, parameters = " WHERE "+condition, values
	}
	return f.stream.firstKey(ctx, f.conn, fmt.Sprintf("%s ORDER BY %s LIMIT 1 OFFSET %d", where,
		f.stream.KeyList(" DESC"), n-1), parameters...)
}

// Middle implements ordered.Finder.
func (f finder) Middle(ctx context.Context, from, to ordered.Position) (ordered.Position, error) {
	return ordered.Between(ctx, f, from.At, to.At, func(k ordered.Key) bool {
		_, err := f.stream.values(k)
		return err == nil
	})
}

// count counts the rows from a position on, up to a limit.
func (f finder) count(ctx context.Context, from ordered.Position, limit int64) (n int64, err error) {
	var conditions []string
	var parameters []any
	add := func(operator string, k ordered.Key) {
		if k == nil || err != nil {
			return
		}
		var condition string
		var values []any
		condition, values, err = f.stream.compare(operator, k)
		conditions, parameters = append(conditions, condition), append(parameters, values...)
	}
	add(above(from), from.At)
	add("<=", f.stream.end)
	if err != nil {
		return 0, err
	}
	where := ""
	if len(conditions) > 0 {
		where = " WHERE " + strings.Join(conditions, " AND ")
	}
	err = f.conn.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s%s LIMIT %d) counted",
		f.stream.From, where, limit), parameters...).Scan(&n)
	return n, err
}
