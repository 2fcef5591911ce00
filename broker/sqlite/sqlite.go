// Package sqlite is the broker for streams that are tables and queries of an SQLite database, a file: exactly once, from
// any storage and without a server, since results and positions are one transaction.
//
//	sqlite.New("shop.db",
//		sqlite.Table[Order]("orders", sqlite.OrderBy("placed", "id")),
//		sqlite.Query[Item]("items", "SELECT o.id, i.sku FROM orders o JOIN items i USING (id)",
//			sqlite.OrderBy("id", "sku")),
//		sqlite.Table[Total]("totals", sqlite.Conflict("id"), sqlite.Columns("id INTEGER", "total NUMERIC")),
//	)
//
// It needs no cgo.
//
// # Reading
//
// A table or a query is read in the order of columns, which tell its rows apart: those of [OrderBy], and of the primary
// key behind them where they don't do that alone; a table without one has its rowid instead, which VACUUM may change.
// None of them may be null. The order is SQLite's: numbers before texts before blobs, and texts by their column's
// collation. A stream ends with what was there when the run began; with [Follow] it goes on as the table grows.
//
// SQLite has one writer at a time, so that an id INTEGER PRIMARY KEY AUTOINCREMENT is in the order of commits: whoever
// follows a table in that order misses nothing. Along other columns, rows that are added before those that were read
// are missed, and a warning says so; that goes for an id without AUTOINCREMENT, too, since SQLite gives the number of
// the last row again once that is deleted.
//
// Rows are read in pages, each a statement of its own, so that no snapshot stays open and nobody's commit waits. An
// index over the order's columns makes that fast; without one all rows must be sorted, and a warning shows the CREATE
// INDEX.
//
// Columns are the members of an element. Integers and reals are numbers, text is text, a blob is base64, NULL is null.
// A column's declared type says more: JSON and JSONB hold documents; BOOLEAN has false and true for 0 and 1; texts in
// DATETIME and TIMESTAMP are instants, in UTC where they don't say. What doesn't fit its column's type is what it is
// otherwise, as everywhere in SQLite: text that is no time stays text.
//
// # Writing
//
// Results are inserted; with [Conflict] a result replaces the row with its key, and of two results with one key the last
// wins. A result's members go to the columns of their names, in upper or lower case: lists and objects as JSON,
// truth values as 1 and 0, base64 to columns declared as BLOB, instants to DATETIME and TIMESTAMP as SQLite's functions
// write them, and a column without a member gets its default. Columns of type REAL take the nearest number that they can
// hold, TEXT keeps all digits, and elsewhere a number with more digits than SQLite keeps is an error.
//
// Each commit is one transaction, which holds the results and, in the table leat_positions, the positions to go on
// from. The database is put into WAL mode, in which readers and writers don't wait for each other, and a commit is on
// the disk when it has returned (synchronous=FULL). WAL doesn't work on network drives. Positions are kept by the mill's
// name, or by [Name].
//
// # Taking over
//
// A second run of the same name goes on from what was committed. The first one ends with an error that says so at its
// next commit, and adds nothing. What SQLite can't do is end a transaction of somebody else: where another process is
// frozen in the middle of one, whoever writes waits for it, and the log says which process it is.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/broker/internal/relation"
)

// A Broker reads and writes streams that are tables and queries. Make one with [New]. It is a [broker.Source] and a
// [broker.Sink] whose guarantee is [broker.ExactlyOnce], opens the file when a run opens it, and is safe for concurrent
// use.
type Broker struct {
	path     string
	name     string
	declared []relation.Declaration
}

// An Option is an argument of [New].
type Option func(*Broker)

// A StreamOption is an option of one table or query.
type StreamOption = relation.StreamOption

// New returns a broker for a database, which is a file, with the streams given by [Table] and [Query], for reading and
// for writing. It doesn't open the file yet, which is made only where it doesn't exist and an output has [Columns]. It
// panics where an option is nil.
func New(path string, options ...Option) *Broker {
	b := &Broker{path: path}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("sqlite.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	return b
}

// Table declares a table, or a view, as a stream of elements of type T, or of *T, which is the same. Which way the
// stream flows is up to the mill: what its function takes is read, what it returns is written. It panics where an option
// is nil.
func Table[T any](name string, options ...StreamOption) Option {
	return declare("sqlite.Table", relation.Declaration{Stream: broker.NewStream[T](name)}, options)
}

// Query declares what a SELECT gives as a stream, for reading. Its name is that of the stream in errors and logs. It
// panics where an option is nil.
func Query[T any](name, query string, options ...StreamOption) Option {
	if query = ordered.WithoutEnd(query); query == "" {
		panic(fmt.Sprintf("sqlite.Query(%q): the query is empty", name))
	}
	return declare("sqlite.Query", relation.Declaration{Stream: broker.NewStream[T](name), Query: query}, options)
}

func declare(what string, d relation.Declaration, options []StreamOption) Option {
	d = relation.Declare(what, d, options)
	return func(b *Broker) { b.declared = append(b.declared, d) }
}

// OrderBy sets the columns that a stream's rows are ordered by, in place of the primary key. They are the order that
// the join needs: an order key of the join must not decrease along them.
func OrderBy(columns ...string) StreamOption {
	return func(d *relation.Declaration) { d.Order = slices.Clone(columns) }
}

// Conflict makes an output's insert replace the row with the same values in these columns, which must have a unique
// index. Columns that a result has no member for stay as they are.
func Conflict(columns ...string) StreamOption {
	return func(d *relation.Declaration) { d.Conflict = slices.Clone(columns) }
}

// Columns makes the table of an output where it doesn't exist, and the file, with columns as in CREATE TABLE:
// "id INTEGER", "total NUMERIC NOT NULL". Those of [Conflict] become the primary key, unless a definition has one.
func Columns(definitions ...string) StreamOption {
	return func(d *relation.Declaration) { d.Definitions = slices.Clone(definitions) }
}

// Follow reads on as a table grows, in place of ending the stream at what was there when the run began. The stream then
// ends with the run's context, or by [DataTimeout]. There is no end-of-stream mark in a table: the next run goes on
// where this one has stood.
func Follow() StreamOption {
	return func(d *relation.Declaration) { d.Stream.Follow = true }
}

// DataTimeout ends a followed stream for the session when no row has come for so long; without it a run waits for ever.
// It panics where d isn't above zero.
func DataTimeout(d time.Duration) StreamOption { return relation.DataTimeout("sqlite.DataTimeout", d) }

// Named tells several streams of one element type apart; the join carries the same name.
func Named(name string) StreamOption {
	return func(d *relation.Declaration) { d.Stream.As = name }
}

// MaxElement sets how many bytes an element may have as JSON, in place of [broker.DefaultMaxElement]. It panics where
// bytes isn't above zero.
func MaxElement(bytes int) StreamOption { return relation.MaxElement("sqlite.MaxElement", bytes) }

// Name sets the name under which positions are kept, in place of the mill's.
func Name(name string) Option {
	return func(b *Broker) { b.name = name }
}

// Streams returns the streams that the broker was made with.
func (b *Broker) Streams() []broker.Stream {
	streams := make([]broker.Stream, len(b.declared))
	for i := range b.declared {
		streams[i] = b.declared[i].Stream
	}
	return streams
}

// Guarantee returns [broker.ExactlyOnce].
func (b *Broker) Guarantee() broker.Guarantee { return broker.ExactlyOnce }

// OpenSource implements [broker.Source]. It checks that what is read exists, may be read, and has an order.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	db, err := b.open(job, false)
	if err != nil {
		return nil, err
	}
	return relation.Open(ctx, &relation.Job{Job: job, Database: db, Declared: b.declared, Name: b.name})
}

// OpenSink implements [broker.Sink]. It checks that the outputs exist, or makes them, and makes the table of positions.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	db, err := b.open(job, true)
	if err != nil {
		return nil, err
	}
	return relation.Create(ctx, &relation.Job{Job: job, Database: db, Declared: b.declared, Name: b.name})
}

// Rehearse implements [broker.Rehearser]: results are tried in a table like the output, in memory.
func (b *Broker) Rehearse(
	ctx context.Context, job *broker.Job, results []broker.Result,
) (advice []string, refused int, err error) {
	db, err := b.open(job, true)
	var conn *sql.Conn
	switch {
	case errors.Is(err, broker.ErrNothingKept): // there is no file
		if !b.makes() {
			_, err := find(b.path, true, false)
			return nil, -1, err
		}
		db = &database{path: b.path, logger: job.Logger}
	case err != nil:
		return nil, -1, err
	default:
		defer func() { _ = db.Close() }()
		if conn, err = db.Connect(ctx, false); err != nil {
			return nil, -1, err
		}
		defer func() { _ = conn.Close() }()
	}
	if err := mayWrite(b.path); err != nil {
		return nil, -1, err
	}
	return relation.Rehearse(ctx, &relation.Job{Job: job, Database: db, Declared: b.declared, Name: b.name}, conn, results)
}

// makes reports whether the file is made where there is none.
func (b *Broker) makes() bool {
	return slices.ContainsFunc(b.declared, func(d relation.Declaration) bool { return len(d.Definitions) > 0 })
}

var _ broker.Rehearser = (*Broker)(nil)
