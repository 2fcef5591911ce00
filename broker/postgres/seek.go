package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// This file lets people look things up in the middle of a table, as broker.Seeker. Changes can't be looked up: to read
// them leaves a trace.

// Seek implements broker.Seeker.
func (in *input) Seek(_ context.Context, node, partition int, position string) (int64, error) {
	return in.nodes[node].rows.numberings[partition].Seek(position)
}

// PositionOf implements broker.Seeker.
func (in *input) PositionOf(node, partition int, offset int64) (string, error) {
	return in.nodes[node].rows.numberings[partition].PositionOf(offset)
}

// Before implements broker.Seeker.
func (in *input) Before(ctx context.Context, node, partition int, position string, n int) (found string, err error) {
	err = in.find(ctx, node, partition, func(f finder) error {
		found, err = f.numbering().Before(ctx, f, position, n)
		return err
	})
	return found, err
}

// Middle implements broker.Seeker.
func (in *input) Middle(ctx context.Context, node, partition int, from, to string) (found string, err error) {
	err = in.find(ctx, node, partition, func(f finder) error {
		found, err = f.numbering().Middle(ctx, f, from, to)
		return err
	})
	return found, err
}

// Count implements broker.Seeker: by an index where one serves the order.
func (in *input) Count(ctx context.Context, node, partition int, position string, limit int64) (n int64, err error) {
	st := in.nodes[node].rows
	p, err := st.numberings[partition].ReadPosition(position)
	if err == nil && position != "" {
		err = st.checkDivision(p)
	}
	if err != nil {
		return 0, st.explainRead(err)
	}
	return in.count(ctx, st, partition, p, limit)
}

// count counts the rows of a stream's partition from a position on, up to a limit.
func (in *input) count(
	ctx context.Context, st *stream, partition int, from ordered.Position, limit int64,
) (n int64, err error) {
	s, err := in.connector.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.close() }()
	n, err = finder{s, st, partition}.count(ctx, from, limit)
	if err != nil {
		return 0, st.explainRead(err)
	}
	return n, nil
}

// find has rows of a partition found by a connection of its own.
func (in *input) find(ctx context.Context, node, partition int, do func(finder) error) error {
	s, err := in.connector.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	st := in.nodes[node].rows
	if err := do(finder{s, st, partition}); err != nil {
		return st.explainRead(err)
	}
	return nil
}

// A finder finds the rows of a stream's partition, as ordered.Finder.
type finder struct {
	*session
	stream    *stream
	partition int
}

func (f finder) numbering() *ordered.Numbering { return f.stream.numberings[f.partition] }

// First implements ordered.Finder.
func (f finder) First(ctx context.Context) (ordered.Key, error) { return f.key(ctx, "true", "", 1) }

// LastBelow implements ordered.Finder.
func (f finder) LastBelow(ctx context.Context, values ordered.Key) (ordered.Key, error) {
	where := "true"
	if len(values) > 0 {
		where = f.stream.compareFirst("<", 1, len(values))
	}
	return f.key(ctx, where, " DESC", 1, values...)
}

// Nth implements ordered.Finder.
func (f finder) Nth(ctx context.Context, n int, before *ordered.Position) (ordered.Key, error) {
	switch {
	case before == nil:
		return f.key(ctx, "true", " DESC", n)
	case before.At == nil:
		return nil, nil
	case before.After:
		return f.key(ctx, f.stream.compare("<=", 1), " DESC", n, before.At...)
	}
	return f.key(ctx, f.stream.compare("<", 1), " DESC", n, before.At...)
}

// Middle implements ordered.Finder.
func (f finder) Middle(ctx context.Context, from, to ordered.Position) (ordered.Position, error) {
	p, err := ordered.Between(ctx, f, from.At, to.At, func(k ordered.Key) bool {
		// What looks like a value between two others may be none: 'up' between 'infinity' and '2026-11-29'.
		_, err := f.rows(ctx, "SELECT "+f.stream.compare("=", 1)+" FROM "+f.stream.from+" LIMIT 0", k...)
		return err == nil
	})
	return p, cmp.Or(err, ctx.Err())
}

// key returns the key of the n-th row under a condition; nil where there are fewer.
func (f finder) key(
	ctx context.Context, where, direction string, n int, parameters ...string,
) (ordered.Key, error) {
	all, err := f.rows(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s%s%s LIMIT 1 OFFSET %d", f.stream.keyTexts(),
		f.stream.from, where, f.stream.belongs(f.partition), f.stream.ordered(direction), n-1), parameters...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return keyOf(all[0])
}

// count counts the rows from a position on, up to a limit.
func (f finder) count(ctx context.Context, p ordered.Position, limit int64) (n int64, err error) {
	where, parameters := "true", slices.Clone(p.At)
	if p.At != nil {
		where = f.stream.compare(above(p), 1)
	}
	if end := f.stream.end; end != nil {
		where += " AND " + f.stream.compare("<=", 1+len(parameters))
		parameters = append(parameters, end...)
	}
	all, err := f.texts(ctx, fmt.Sprintf("SELECT count(*)::text FROM (SELECT 1 FROM %s WHERE %s%s LIMIT %d) counted",
		f.stream.from, where, f.stream.belongs(f.partition), limit), parameters...)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(all[0], 10, 64)
}
