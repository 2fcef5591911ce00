package ordered

import (
	"cmp"
	"context"
	"slices"
)

// A Counter counts the rows that a stream has now.
type Counter interface {
	// Between returns the number of rows from one position on up to another one.
	Between(ctx context.Context, from, to Position) (int64, error)
	// Exists reports whether there is a row with a key.
	Exists(ctx context.Context, k Key) (bool, error)
}

// Resume sets the offsets of rewind points that were kept: those of all nodes that read the stream, of which there is
// one at least. It counts rows from the lowest of them on, so that they get the offsets that readers will give them.
func (n *Numbering) Resume(ctx context.Context, c Counter, all []Resumed) error {
	base := slices.MinFunc(all, func(a, b Resumed) int {
		return cmp.Or(cmp.Compare(a.Rewind.Offset, b.Rewind.Offset), boolean(a.After)-boolean(b.After))
	})
	first := base.Rewind.Offset
	if base.At == nil {
		first = 0
	}
	if base.After {
		n.reset(first, base.At)
	} else {
		n.reset(first, nil)
	}
	for _, r := range all {
		if err := n.resume(ctx, c, base.Position, first, r); err != nil {
			return err
		}
	}
	return nil
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// resume sets a rewind point's offsets by the rows between the base and its position, and from there to what it has
// seen.
func (n *Numbering) resume(ctx context.Context, c Counter, base Position, first int64, r Resumed) error {
	to := r.Rewind
	to.NextSession = false
	to.Offset = first
	if r.At != nil {
		between, err := c.Between(ctx, base, r.Position)
		if err != nil {
			return err
		}
		to.Offset += between
	}
	if r.At == nil || r.After {
		to.Behind = false
	} else if to.Behind {
		exists, err := c.Exists(ctx, r.At)
		if err != nil {
			return err
		}
		to.Behind = exists
	}
	n.anchor(to.Offset, r.Position)
	to.Seen, to.Accounted = to.Offset, to.Offset
	for _, what := range []struct {
		key Key
		to  *int64
	}{{r.Seen, &to.Seen}, {r.Accounted, &to.Accounted}} {
		if what.key == nil {
			continue
		}
		behind := Position{At: what.key, After: true}
		between, err := c.Between(ctx, r.Position, behind)
		if err != nil {
			return err
		}
		if between > 0 {
			*what.to += between
			n.anchor(*what.to, behind)
		}
	}
	return nil
}
