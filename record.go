package leat

import (
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// A Record is where a master element comes from. A parameter of this type gets it; with a window a parameter of type
// []Record gets those of all the window's masters.
type Record struct {
	// Stream is the stream's name: a topic, the path of a file.
	Stream string
	// Partition is the number of the partition, from zero.
	Partition int
	// Offset is the record's position in the partition.
	Offset int64
	// Key and Headers are the record's where the storage has them. They must not be changed.
	Key     []byte
	Headers []broker.Header
	// Time is when the record was made; zero where the storage doesn't know it.
	Time time.Time
}

// fillRecord fills a record, a *Record, with that of an element.
func fillRecord(record any, stream string, partition int, e *engine.Element) {
	*record.(*Record) = Record{
		Stream:    stream,
		Partition: partition,
		Offset:    e.Record.StoredOffset(),
		Key:       e.Record.Key,
		Headers:   e.Record.Headers,
		Time:      e.Record.Time,
	}
}
