package broker

import "context"

// A Seeker is a [Positioner] in which people look things up: a place in the middle of a stream is found without reading
// up to it. Positions are those of Rewind.Position. No run needs it.
type Seeker interface {
	Positioner
	// Seek returns the offset from which a Reader of the node begins at a position, at the beginning where that is empty.
	// It forgets what the offsets of the node's stream stood for before, so that readers of it must be closed.
	Seek(ctx context.Context, node, partition int, position string) (offset int64, err error)
	// PositionOf returns the position of a record that a Reader has returned since the last Seek.
	PositionOf(node, partition int, offset int64) (string, error)
	// Before returns a position that has n records between itself and another one, empty where there are fewer; the other
	// position is empty for the end.
	Before(ctx context.Context, node, partition int, position string, n int) (string, error)
	// Middle returns a position between two others, about half way as far as their values tell; from is empty for the
	// beginning, and to for the end. It is empty where no record lies between, or the values don't tell.
	Middle(ctx context.Context, node, partition int, from, to string) (string, error)
	// Count returns how many records lie at a position and behind it, at most a limit, without reading them.
	Count(ctx context.Context, node, partition int, position string, limit int64) (int64, error)
}
