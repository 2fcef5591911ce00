package relation

import "context"

// Probe implements broker.Prober: it looks for a row behind the last one that was read.
func (r *reader) Probe(ctx context.Context, next int64) (int64, error) {
	st := r.stream
	left, err := r.input.count(ctx, st, st.numbering.Start(next), 1)
	if err != nil {
		return 0, st.explain(err)
	}
	return next + left, nil
}
