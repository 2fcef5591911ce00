package ordered

import "context"

// A Finder finds rows of a partition by their keys.
type Finder interface {
	// First returns the key of the first row; nil where there is none.
	First(ctx context.Context) (Key, error)
	// LastBelow returns the key of the last row whose first columns are below some values, of the last row at all where
	// there are none; nil where there is none.
	LastBelow(ctx context.Context, values Key) (Key, error)
	// Nth returns the key of the n-th row before a position, counted from one; nil where there are fewer. The position is
	// nil for the end.
	Nth(ctx context.Context, n int, before *Position) (Key, error)
	// Middle returns a position between two, of which neither is the beginning; the zero one where none is known. Where
	// the second is behind a row, that is the last one.
	Middle(ctx context.Context, from, to Position) (Position, error)
}

// Seek makes offset 0 stand for a position, the beginning where that is empty, and forgets what was before. It returns
// that offset.
func (n *Numbering) Seek(position string) (int64, error) {
	p, err := n.ReadPosition(position)
	if err != nil {
		return 0, err
	}
	n.reset(0, nil)
	n.anchor(0, p)
	return 0, nil
}

// PositionOf returns the position of a row that was numbered.
func (n *Numbering) PositionOf(offset int64) (string, error) {
	return n.text(n.Position(offset))
}

// Before returns a position with up to n rows between itself and another one, as [broker.Seeker].Before.
func (n *Numbering) Before(ctx context.Context, f Finder, position string, rows int) (string, error) {
	p, err := n.ReadPosition(position)
	if err != nil {
		return "", err
	}
	before := &p
	if position == "" {
		before = nil
	}
	key, err := f.Nth(ctx, rows, before)
	if err != nil || key == nil {
		return "", err
	}
	return n.text(Position{At: key})
}

// Middle returns a position between two others, as [broker.Seeker].Middle.
func (n *Numbering) Middle(ctx context.Context, f Finder, from, to string) (string, error) {
	low, err := n.ReadPosition(from)
	if err != nil {
		return "", err
	}
	high, err := n.ReadPosition(to)
	if err != nil {
		return "", err
	}
	if low.At == nil {
		if low.At, err = f.First(ctx); err != nil || low.At == nil {
			return "", err
		}
	}
	if high.At == nil {
		high.After = true
		if high.At, err = f.LastBelow(ctx, nil); err != nil || high.At == nil {
			return "", err
		}
	}
	p, err := f.Middle(ctx, low, high)
	if err != nil || p.At == nil {
		return "", err
	}
	return n.text(p)
}

// Between returns a position between two keys, as [Finder].Middle. It halves the first column in which the two differ.
// Where the values there lie side by side, or holds says that the column can't hold the half, it goes to their border:
//
//	(5, 1) (5, 2) … (5, 900)   behind the last row with 5, so that the rest is bisected by the second column
//	(6, 1) (6, 2) … (6, 700)
func Between(ctx context.Context, f Finder, low, high Key, holds func(Key) bool) (Position, error) {
	column := 0
	for column < len(low) && low[column] == high[column] {
		column++
	}
	if column == len(low) {
		return Position{}, nil
	}
	if value, ok := Middle(low[column], high[column]); ok {
		key := append(Key{}, low...)
		if key[column] = value; holds(key) {
			return Position{At: key}, nil
		}
	}
	if column == len(low)-1 {
		return Position{}, nil
	}
	key, err := f.LastBelow(ctx, high[:column+1])
	return Position{At: key, After: true}, err
}
