package broker

import "context"

// A Lagger is a [Reader] that knows where its partition ends, for metrics and progress: how far a node lags is the
// distance from what it has read to there.
type Lagger interface {
	// End returns the offset behind the last record or mark that can be read in the partition, as far as the storage has
	// reported; -1 where it hasn't yet. It is never below what [Reader.Next] returns after a Read, and equal to it where
	// everything has been read. It does no I/O, and is safe for concurrent use with all methods of the Reader.
	End() int64
}

// An Ender is an [Input] whose offsets last, and that can be asked where its partitions end, for whoever looks something
// up. A [Lagger] may count records only: of a subject that shares a stream with others, offsets are further apart.
type Ender interface {
	Input
	// End returns the offset behind the last record or mark of a node's partition; 0 where there are none.
	End(ctx context.Context, node, partition int) (int64, error)
}
