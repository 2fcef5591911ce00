package broker

import "context"

// A Positioner is an [Input] whose streams have no offsets that outlast a run. A position there is a value, such as
// those of the columns that a table's rows are ordered by. The input numbers the records as it reads them, alike for
// all nodes that read one stream, and translates between these numbers, which the engine goes on with, and the values,
// which are kept.
type Positioner interface {
	Input
	// Positions sets Position in the rewind points of a partition, which are those of all nodes in the order of
	// Job.Inputs. The engine calls it for each commit, whether anybody keeps positions or not, and never goes back behind
	// their offsets: the input may forget the values before. Positions does no I/O, and is safe for concurrent use with
	// all other methods.
	Positions(partition int, nodes []Rewind) error
	// Resume sets Offset, Behind, Seen and Accounted of rewind points that an earlier run has kept to what their positions
	// are in this run; the record at a position may be gone meanwhile. Where their session ended before the node had
	// reached its end, and the position tells where that was, or there is none, Resume goes there and clears NextSession.
	// The engine calls it when the task of a partition begins, before it makes readers for it, and not at all where
	// nothing was kept.
	Resume(ctx context.Context, partition int, nodes []Rewind) error
}
