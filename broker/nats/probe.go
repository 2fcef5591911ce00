package nats

import "context"

// Probe implements broker.Prober: it asks for the last message of the subject.
func (r *reader) Probe(ctx context.Context, next int64) (int64, error) {
	last, err := r.message(ctx, r.stream.name, lookup{LastBySubject: r.stream.stream.Name})
	switch {
	case err != nil:
		return 0, explain(r.stream.name, err)
	case last == nil:
		return next, nil
	}
	return max(next, int64(last.Sequence)+1), nil
}
