// Package postgres is the broker for streams that are tables, queries and changes of a PostgreSQL database: exactly once,
// from any storage, since results and positions are one transaction.
//
//	postgres.New("postgres://leat@localhost/shop",
//		postgres.Table[Order]("orders", postgres.OrderBy("placed", "id")),
//		postgres.Query[Item]("items", "SELECT o.id, i.sku FROM orders o JOIN items i USING (id)",
//			postgres.OrderBy("id", "sku")),
//		postgres.Table[Total]("totals", postgres.Conflict("id")),
//	)
//
// # Reading
//
// A table or a query is read in the order of columns, which tell its rows apart: those of [OrderBy], and of the primary
// key behind them where they don't do that alone. None of them may be null. Columns are the members of an element:
// numeric keeps its digits, timestamptz is an instant, timestamp is one in UTC, json and jsonb are what they hold,
// bytea is base64, and everything else is as PostgreSQL's row_to_json has it. A stream ends with what was there when
// the run began; with [Follow] it goes on as the table grows.
//
// A row that is committed late, behind rows with higher keys, isn't missed: before the rows up to a key are read, all
// transactions that could still add lower ones must have ended. Those are the transactions that have written something,
// or are about to write to the table, when the key is seen. A transaction that holds everything back is named in the
// log, and since when. Where an order column's default is now() or the like, they are all transactions that have begun
// by then. A first order column of type xid8 with the default pg_current_xact_id() is read below the oldest transaction
// that is still open, and needs none of this. What no reader can know is keys that are drawn before their transaction
// writes anything: by a sequence with a CACHE above 1, of which the log warns, or by an application. Rows that such a
// transaction adds below what was read before are missed.
//
// An index over the order's columns makes reading fast; without one the server sorts, and the log says which to create.
//
// # Changes
//
// [Changes] reads the changes of tables by logical replication: whole transactions in the order of their commits, each
// insert, update, delete and truncate as an element (see [Change]), or the rows after them ([AsRows]). Values look as
// those of a table's rows. Nothing is missed or passed by a late commit, and no order column is needed. The changes of a
// transaction are handed over as they come, whatever its size: none is held in memory as a whole.
//
// The server keeps changes by a replication slot, and a publication says whose. Both are made where they don't exist,
// and stay when the run ends; changes are those since the slot was made. A publication makes UPDATE and DELETE of a
// table fail that has neither a primary key nor another replica identity, so that such a table is refused. What is
// known of the row before a change is its key, unless ALTER TABLE … REPLICA IDENTITY FULL was said; a large value that an
// update has left as it was is missing then, too. Columns that are added, renamed or dropped while the stream is read
// are members from their first change on. With [Snapshot] the rows that are there when the slot is made come first.
//
// The slot is acknowledged up to the lowest rewind point of all nodes that is committed, with the results or without,
// and where nothing is left up to the end of the server's log. What the join needs again is kept by the server: a mill that
// stands still, or is gone, makes the server keep its log until the disk is full, or up to max_slot_wal_keep_size. The log
// tells of a slot that holds back much. Whoever gives a mill up drops its slot: SELECT pg_drop_replication_slot(name).
// A slot that was dropped or invalidated is an error that says what is lost.
//
// Nodes that read one stream share a connection while they are as far; each further one reads by a temporary copy of
// the slot, since a slot serves one connection.
//
// # Writing
//
// Results are inserted, by COPY; with [Conflict] a result replaces the row with its key, and of two results with one
// key in a commit the last wins. A result's members go to the columns of their names: lists and objects into json and
// jsonb, null is NULL, text goes to timestamps, uuid and the like as PostgreSQL reads it, base64 to bytea, and a column
// without a member gets its default.
//
// Each commit is one transaction, which holds the results and, in the table leat_positions, the positions to go on
// from. A commit whose answer is lost is looked up there. The table is made where it doesn't exist, in the schema that
// comes first in search_path. Positions are kept by the mill's name, or by [Name].
//
// # Taking over
//
// A second run of the same name goes on at once, from what was committed, even if the first one is frozen in the middle
// of a commit: that one's connection is ended. It ends with an error that says so at its next commit, and adds nothing.
//
// A connection that is lost, or a server that is killed and comes back, ends no run: it is told in the log, and tried
// again. A server that is away when a run begins is waited for up to a minute.
//
// # Several instances
//
// With [PartitionBy] several processes run the same mill at a time and share its partitions.
//
// # Rights
//
// It takes SELECT on what is read, INSERT on outputs, with [Conflict] also SELECT and UPDATE, and on the schema CREATE,
// or on leat_positions SELECT, INSERT and UPDATE; with [PartitionBy] also DELETE, on leat_instances and leat_shares.
// [Changes] take the attribute REPLICATION, and wal_level = logical on the server; to make the publication, CREATE on
// the database and the ownership of the tables. To end the connection of a frozen run of another user takes
// pg_signal_backend.
package postgres

import (
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
)

// A Broker reads and writes streams that are tables and queries. Make one with [New]. It is a [broker.Source] and a
// [broker.Sink] whose guarantee is [broker.ExactlyOnce], connects when a run opens it, and is safe for concurrent use.
type Broker struct {
	url       string
	configure []func(*pgconn.Config)
	name      string
	relations []relation
}

// A relation is a stream as a user has declared it.
type relation struct {
	stream broker.Stream
	// query is what is read; empty for a table.
	query string
	// order holds the columns that rows are ordered by, conflict those by which a result replaces a row.
	order, conflict []string
	// definitions are the columns that an output is made with; nil where it isn't made.
	definitions []string
	// changes says that the changes of tables are read; nil for a table or query.
	changes *captured
	// partitionBy is the column by whose values the stream is divided into partitions; 0 partitions are one.
	partitionBy string
	partitions  int
}

// An Option is an argument of [New].
type Option func(*Broker)

// A StreamOption is an option of one table or query.
type StreamOption func(*relation)

// New returns a broker for a database, with the streams given by [Table], [Query] and [Changes], for reading and for writing. url
// is as for psql, "postgres://user:password@host:port/database?sslmode=verify-full" or "host=… user=…"; what it doesn't
// say, the environment's PG… variables and ~/.pgpass do. It doesn't connect yet. It panics where an option is nil.
func New(url string, options ...Option) *Broker {
	b := &Broker{url: url}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("postgres.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	return b
}

// Table declares a table as a stream of elements of type T, or of *T, which is the same; "schema.table" is one outside
// of search_path. Which way the stream flows is up to the mill: what its function takes is read, what it returns is
// written. It panics where an option is nil.
func Table[T any](name string, options ...StreamOption) Option {
	return declare("Table", relation{stream: broker.NewStream[T](name)}, options)
}

// Query declares what a SELECT gives as a stream, for reading. Its name is that of the stream in errors and logs. It
// panics where an option is nil.
func Query[T any](name, query string, options ...StreamOption) Option {
	if query = ordered.WithoutEnd(query); query == "" {
		panic(fmt.Sprintf("postgres.Query(%q): the query is empty", name))
	}
	return declare("Query", relation{stream: broker.NewStream[T](name), query: query}, options)
}

func declare(what string, r relation, options []StreamOption) Option {
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("postgres.%s(%q): option %d is nil; leave it out", what, r.stream.Name, i+1))
		}
		option(&r)
	}
	return func(b *Broker) { b.relations = append(b.relations, r) }
}

// OrderBy sets the columns that a stream's rows are ordered by, in place of the primary key. They are the order that
// the join needs: an order key of the join must not decrease along them.
func OrderBy(columns ...string) StreamOption {
	return func(r *relation) { r.order = slices.Clone(columns) }
}

// Conflict makes an output's insert replace the row with the same values in these columns, which must have a unique
// index. Columns that a result has no member for stay as they are.
func Conflict(columns ...string) StreamOption {
	return func(r *relation) { r.conflict = slices.Clone(columns) }
}

// Columns makes the table of an output where it doesn't exist, with columns as in CREATE TABLE: "id bigint",
// "total numeric NOT NULL". Those of [Conflict] become the primary key, unless a definition has one.
func Columns(definitions ...string) StreamOption {
	return func(r *relation) { r.definitions = slices.Clone(definitions) }
}

// Follow reads on as a table grows, in place of ending the stream at what was there when the run began. The stream then
// ends with the run's context, or by [DataTimeout]. There is no end-of-stream mark in a table: the next run goes on
// where this one has stood.
func Follow() StreamOption {
	return func(r *relation) { r.stream.Follow = true }
}

// DataTimeout ends a followed stream for the session when no row has come for so long; without it a run waits for ever.
// It panics where d isn't above zero.
func DataTimeout(d time.Duration) StreamOption {
	if d <= 0 {
		panic(fmt.Sprintf("postgres.DataTimeout(%v): a time to wait must be above zero", d))
	}
	return func(r *relation) { r.stream.DataTimeout = d }
}

// Named tells several streams of one element type apart; the join carries the same name.
func Named(name string) StreamOption {
	return func(r *relation) { r.stream.As = name }
}

// MaxElement sets how many bytes an element may have as JSON, in place of [broker.DefaultMaxElement]. It panics where
// bytes isn't above zero.
func MaxElement(bytes int) StreamOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("postgres.MaxElement(%d): an element has at least one byte", bytes))
	}
	return func(r *relation) { r.stream.MaxElement = bytes }
}

// Name sets the name under which positions are kept, in place of the mill's.
func Name(name string) Option {
	return func(b *Broker) { b.name = name }
}

// Configure changes what New has made of its url before each connection: certificates, a password from elsewhere, a
// dialer. It panics where change is nil.
func Configure(change func(config *pgconn.Config)) Option {
	if change == nil {
		panic("postgres.Configure: the function is nil; leave the option out")
	}
	return func(b *Broker) { b.configure = append(b.configure, change) }
}

// Streams returns the streams that the broker was made with.
func (b *Broker) Streams() []broker.Stream {
	streams := make([]broker.Stream, len(b.relations))
	for i := range b.relations {
		streams[i] = b.relations[i].stream
	}
	return streams
}

// Guarantee returns [broker.ExactlyOnce].
func (b *Broker) Guarantee() broker.Guarantee { return broker.ExactlyOnce }

// relation returns the declaration of a job's stream.
func (b *Broker) relation(s broker.Stream) (*relation, error) {
	for i := range b.relations {
		r := &b.relations[i]
		if r.stream.Name == s.Name && r.stream.Type == s.Type && r.stream.As == s.As {
			return r, nil
		}
	}
	return nil, fmt.Errorf("postgres: the stream %q isn't among those that postgres.New was given", s.Name)
}
