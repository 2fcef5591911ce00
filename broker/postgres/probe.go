package postgres

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// Probe implements broker.Prober: it looks for a row behind the last one that was read.
func (r *reader) Probe(ctx context.Context, next int64) (int64, error) {
	st := r.stream
	left, err := r.input.count(ctx, st, r.partition, st.numberings[r.partition].Start(next), 1)
	return next + left, err
}

// Withheld implements broker.Withholder: rows can be seen that aren't read before the transactions have ended that may
// add others below them. Of more than a hundred thousand it tells as many.
func (r *reader) Withheld() broker.Withheld { return r.stream.horizon.withheld(r.partition) }

// Probe implements broker.Prober. The server sends changes by itself, and says with each answer that there are no others:
// what is to be known is whether it can be reached.
func (r *changeReader) Probe(ctx context.Context, next int64) (int64, error) {
	s, err := r.changes.connector.connect(ctx)
	if err != nil {
		return 0, err
	}
	if err = s.run(ctx, "SELECT 1"); err != nil {
		err = fmt.Errorf("asking whether the database is there: %w", err)
	}
	_ = s.close()
	return max(next, r.End()), err
}
