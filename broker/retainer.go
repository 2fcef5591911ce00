package broker

import "time"

// A Retainer is a [Lagger] whose storage holds back what the reader may need again, at a cost: a replication slot holds
// back a database's log.
type Retainer interface {
	Lagger
	// Retained returns how many bytes that is, as far as the storage has reported, and when the oldest record was made that
	// isn't acknowledged (see [Acknowledger]); the zero time where all are. It does no I/O, and is safe for concurrent use
	// with all methods of the Reader.
	Retained() (bytes int64, since time.Time)
}
