package redis

import (
	"context"
)

// Probe implements broker.Prober: it asks for the last entry, on a connection of its own.
func (r *reader) Probe(ctx context.Context, next int64) (int64, error) {
	l := r.connector.link()
	defer l.close()
	last, err := finder{l, r.stream}.Nth(ctx, 1, nil)
	if err != nil {
		return 0, r.stream.explainRead(err)
	}
	if last == nil {
		return next, nil
	}
	read := r.stream.numbering.Start(next)
	isNew := true
	if read.At != nil {
		if isNew, err = isBelow(read.At, last); err != nil {
			return 0, err
		}
		isNew = isNew || !read.After && read.At.Equal(last)
	}
	if !isNew {
		return next, nil
	}
	return max(next+1, r.End()), nil
}
