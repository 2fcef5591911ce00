package postgres

import (
	"fmt"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
)

// captured is what a user has declared by [Changes].
type captured struct {
	tables            []string
	slot, publication string
	temporary         bool
	rows              bool
	snapshot          bool
}

// A Change is an element of a stream that [Changes] has declared, for tables whose rows look like Row. A type of your
// own with the members that you need does as well, and so does json.RawMessage for a Row.
type Change[Row any] struct {
	// Op is "insert", "update", "delete" or "truncate".
	Op     string `json:"op"`
	Schema string `json:"schema"`
	Table  string `json:"table"`
	// Before is the row before an update or a delete, as far as the table's replica identity gives it: its key, unless ALTER
	// TABLE … REPLICA IDENTITY FULL was said. After is the row after an insert or an update, without large values that an
	// update has left as they were, unless the replica identity is full. They are nil where there is none.
	Before *Row `json:"before"`
	After  *Row `json:"after"`
	// LSN is where the transaction's commit is in the write-ahead log, as a number of bytes. It never decreases, and is
	// the same for all changes of a transaction: it serves as an order key.
	LSN int64 `json:"lsn"`
	// Committed is when the transaction was committed, by the clock of the server. It may decrease by a little.
	Committed time.Time `json:"committed"`
}

// Changes declares the changes of tables as a stream, for reading: whole transactions in the order of their commits, by
// logical replication. Its name is that of the stream in errors and logs, and "schema.table" is a table outside of
// search_path. Its elements look like [Change], or, with [AsRows], like the tables' rows. It is followed for ever, or
// until [DataTimeout]. It panics where an option is nil or one of tables and queries, or there is no table.
func Changes[T any](name string, tables []string, options ...StreamOption) Option {
	if len(tables) == 0 {
		panic(fmt.Sprintf("postgres.Changes(%q): there is no table; name those whose changes are to be read", name))
	}
	r := relation{stream: broker.NewStream[T](name), changes: &captured{tables: slices.Clone(tables)}}
	r.stream.Follow = true
	return declare("Changes", r, append(slices.Clone(options), onlyOfChanges(name)))
}

// onlyOfChanges refuses options that mean nothing for changes.
func onlyOfChanges(name string) StreamOption {
	return func(r *relation) {
		if r.order != nil || r.conflict != nil || r.partitions > 0 {
			panic(fmt.Sprintf("postgres.Changes(%q): OrderBy, Conflict and PartitionBy are options of tables; changes come in "+
				"the order of commits, in one partition, and are read only", name))
		}
		if r.changes.snapshot && r.changes.temporary {
			panic(fmt.Sprintf("postgres.Changes(%q): Snapshot needs a slot that lasts, and is no option beside Temporary", name))
		}
	}
}

// changesOption makes an option of streams of changes.
func changesOption(name string, set func(c *captured)) StreamOption {
	return func(r *relation) {
		if r.changes == nil {
			panic(fmt.Sprintf("postgres.%s is an option of postgres.Changes, not of the stream %q", name, r.stream.Name))
		}
		set(r.changes)
	}
}

// Slot names the replication slot that changes are read by, in place of a name made of the mill's and the stream's. It
// is made where it doesn't exist.
func Slot(name string) StreamOption {
	return changesOption("Slot", func(c *captured) { c.slot = name })
}

// Publication names the publication that says whose changes are sent, in place of the slot's name. It is made where it
// doesn't exist; one that exists must have the tables.
func Publication(name string) StreamOption {
	return changesOption("Publication", func(c *captured) { c.publication = name })
}

// Temporary makes a slot that ends with the run: each run begins with the changes that are made from then on, and ends
// where the connection is lost. Nothing holds back the server's log between runs.
func Temporary() StreamOption {
	return changesOption("Temporary", func(c *captured) { c.temporary = true })
}

// Snapshot reads the rows that the tables have when the slot is made, before the changes that come then: each as an
// insert, in the order of the primary key, with the LSN of that moment. They are copied to a table of the database first,
// leat_snapshot_ and the slot's name, which takes as much room as they have as JSON, and the right to CREATE in the first
// schema of search_path; it is dropped when they are done. A run that ends meanwhile, however, goes on where it stood. A
// slot that exists has no snapshot any more. It panics together with [Temporary].
func Snapshot() StreamOption {
	return changesOption("Snapshot", func(c *captured) { c.snapshot = true })
}

// AsRows makes the row after a change the element, and a deletion a record without a value, whose key is that of the
// row: see [Tombstones]. Where an update changes the key, it is both. A TRUNCATE, which names no rows, is passed over
// and told in the log.
func AsRows() StreamOption {
	return changesOption("AsRows", func(c *captured) { c.rows = true })
}

// Tombstones makes elements of deletions, with [AsRows]: their fields are those of the row's key, and zero otherwise.
// Without it deletions are passed over and counted.
func Tombstones() StreamOption {
	return func(r *relation) {
		changesOption("Tombstones", func(*captured) {})(r)
		r.stream.TakeTombstones()
	}
}
