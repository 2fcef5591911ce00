package lookup

import (
	"context"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

const (
	// depth is how often a table is halved to look at elements all over it, whether keys grow along it: that gives
	// fifteen of them.
	depth = 4
	// halvings is how often a table is halved at most. Values that tell little about the order of their rows would go on.
	halvings = 200
	// walked is how many records behind a position are looked at. As many are fetched at once in any case.
	walked = 50
)

// A seeking is a bisection by positions, where a storage has no offsets that last: a table's rows are found by the values
// of the columns that they are ordered by.
type seeking struct {
	*search
	seeker broker.Seeker
	// last is the last key of those that were looked at all over the table; the zero key before the first.
	last expression.Key
	// order is what they must follow where the stream is put in order; nil elsewhere.
	order *tolerance
}

// begin returns a position the slack or more before the first element of the range; empty for the beginning.
func (b *seeking) begin(ctx context.Context, slack int) (string, error) {
	if b.reader.sorting != nil {
		b.order = newTolerance(b.reader.sorting)
	}
	if b.source.isOneSession() {
		if err := b.lookBetween(ctx, "", "", depth); err != nil {
			return "", err
		}
	}
	low, err := b.lastBelow(ctx)
	if err != nil || low == "" {
		return "", err
	}
	return b.seeker.Before(ctx, 0, b.partition, low, slack)
}

// lookBetween looks at elements between two positions, in their order.
func (b *seeking) lookBetween(ctx context.Context, from, to string, depth int) error {
	if depth == 0 {
		return nil
	}
	middle, err := b.seeker.Middle(ctx, 0, b.partition, from, to)
	if err != nil || middle == "" {
		return err
	}
	if err := b.lookBetween(ctx, from, middle, depth-1); err != nil {
		return err
	}
	err = b.keysFrom(ctx, middle, func(i *item) (bool, error) {
		key := i.key(b.by)
		if b.order == nil && !follows(key, b.last, false) || b.order != nil && !b.order.follows(i.sorted) {
			return false, errDisorder
		}
		b.last = key
		return false, nil
	})
	if err != nil {
		return err
	}
	return b.lookBetween(ctx, middle, to, depth-1)
}

// lastBelow returns the position of one of the last elements below the range, after which few others are; empty where
// there is none.
func (b *seeking) lastBelow(ctx context.Context) (low string, err error) {
	high := ""
	for range halvings {
		middle, err := b.seeker.Middle(ctx, 0, b.partition, low, high)
		if err != nil || middle == "" {
			return low, err
		}
		below, isLast, err := b.walk(ctx, middle)
		switch {
		case err != nil:
			return "", err
		case below == "" && middle == low:
			return low, nil
		case below == "":
			high = middle
			continue
		}
		if low = below; isLast {
			return low, nil
		}
	}
	return low, nil
}

// walk looks at the elements from a position on. It returns the position of the last of them that is below the range,
// empty where the first isn't, and whether there are no more behind it.
func (b *seeking) walk(ctx context.Context, from string) (below string, isLast bool, err error) {
	n, isLast := 0, true
	offset := int64(-1)
	err = b.keysFrom(ctx, from, func(i *item) (more bool, err error) {
		if expression.Compare(i.key(b.by), b.low) >= 0 {
			return false, nil
		}
		n++
		offset, isLast = i.offset, n < walked
		return isLast, nil
	})
	if err != nil || offset < 0 {
		return "", isLast, err
	}
	below, err = b.seeker.PositionOf(0, b.partition, offset)
	return below, isLast, err
}

// keysFrom calls visit with the elements from a position on that have a key, until it returns false.
func (b *seeking) keysFrom(ctx context.Context, from string, visit func(*item) (more bool, err error)) error {
	err := b.source.each(ctx, b.partition, mill.Place{Position: from}, glance, func(r broker.Record, mark bool) (bool, error) {
		if mark {
			return true, nil
		}
		i, err := b.reader.read(&r, b.partition)
		if err != nil || i.key(b.by).IsNull() {
			return true, nil // only the elements around the range matter, and null takes no part in the order
		}
		return visit(i)
	})
	if ctx.Err() == nil && isDamage(err) {
		err = nil // it matters where the range lies, and is come across there
	}
	return err
}
