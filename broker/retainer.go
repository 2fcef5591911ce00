package broker

import (
	"context"
	"time"
)

// A Retainer is a [Lagger] whose storage holds back what the reader may need again, at a cost: a replication slot holds
// back a database's log.
type Retainer interface {
	Lagger
	// Retained returns how many bytes that is, as far as the storage has reported, and when the oldest record was made that
	// isn't acknowledged (see [Acknowledger]); the zero time where all are. It does no I/O, and is safe for concurrent use
	// with all methods of the Reader.
	Retained() (bytes int64, since time.Time)
}

// A Backlogger is an [Input] with streams that can't be read without a trace, such as the changes that a replication slot
// sends. How much lies behind a position is known as a part of the storage's log, for whoever looks.
type Backlogger interface {
	Input
	// Backlog returns what there is behind a rewind point that an earlier run has kept, or behind where the next run begins
	// where that is nil. It reads no records and changes nothing. It returns nil for a node whose records can be counted.
	Backlog(ctx context.Context, node, partition int, kept *Rewind) (*Backlog, error)
}

// A Backlog is a part of a storage's log that is still to be read.
type Backlog struct {
	// From and End say where it begins and ends, in the storage's words.
	From, End string
	// Bytes is how long it is, with what is in it of other streams.
	Bytes int64
	// By is what holds the log back, empty where nothing does yet, and Retained how many bytes it holds back: Bytes, and what
	// the storage needs in order to read them.
	By       string
	Retained int64
	// Through is when the last record was made that was dealt with; the zero time where that isn't known.
	Through time.Time
}
