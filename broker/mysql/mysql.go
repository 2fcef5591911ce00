// Package mysql is the broker for streams that are tables and queries of a MySQL or MariaDB database: exactly once, from
// any storage, since results and positions are one transaction.
//
//	mysql.New("mysql://leat@localhost/shop",
//		mysql.Table[Order]("orders", mysql.OrderBy("placed", "id")),
//		mysql.Query[Item]("items", "SELECT o.id, i.sku FROM orders o JOIN items i USING (id)",
//			mysql.OrderBy("id", "sku")),
//		mysql.Table[Total]("totals", mysql.Conflict("id")),
//	)
//
// # Reading
//
// A table or a query is read in the order of columns, which tell its rows apart: those of [OrderBy], and of the primary
// key behind them where they don't do that alone. None of them may be null. A stream ends with the row that was the last
// when the run began. It is read in pages, each a statement of its own, so that no snapshot stays open: a row that is
// changed or added before the end while the run goes on is read as it is when its page is read.
//
// MySQL doesn't tell a reader which transactions are open that may still add rows before those that were read; such rows
// are missed, by this run and by the next. Whoever knows that rows are committed in their order, because one writer
// adds them, or because each takes a lock, says so by [FollowInCommitOrder], and the stream goes on as the table grows.
//
// An index over the order's columns makes reading fast; without one all rows must be sorted, and an advice shows the
// CREATE INDEX.
//
// Columns are the members of an element. DECIMAL keeps its digits, DATETIME and TIMESTAMP are instants, the first in
// UTC, JSON is what it holds, binary columns are base64, BIT(1) and TINYINT(1) have false and true for 0 and 1, a BIT of
// more is a number, NULL is null, and DATE, TIME, ENUM and SET are texts. FLOAT, ENUM, SET, TIME, BIT and JSON can't be
// ordered by: MySQL compares them otherwise than it sorts them.
//
// # Writing
//
// Results are inserted, many by one statement; with [Conflict] a result replaces the row with its key, and of two
// results with one key the last wins. That is MySQL's ON DUPLICATE KEY UPDATE, for which each unique index of the table
// counts. A result's members go to the columns of their names: lists and objects as JSON, base64 to binary columns,
// instants to DATETIME and TIMESTAMP in UTC, and a column without a member gets its default. The session's sql_mode is
// strict: a value that the column doesn't take is an error.
//
// Each commit is one transaction, which holds the results and, in the table leat_positions, the positions to go on
// from. A commit whose answer is lost is looked up there. Tables must be InnoDB's, or of another engine with
// transactions. Positions are kept by the mill's name, or by [Name].
//
// # Taking over
//
// A second run of the same name goes on at once, from what was committed, even if the first one is frozen in the middle
// of a commit: that one's connection is killed. It ends with an error that says so at its next commit, and adds nothing.
//
// A connection that is lost, or a server that is killed and comes back, ends no run: it is told in the log, and tried
// again. One that is away when a run begins is waited for up to a minute. What was committed is there after that with
// the server's default, innodb_flush_log_at_trx_commit=1.
//
// # Rights
//
// It takes SELECT on what is read, INSERT on outputs, with [Conflict] also UPDATE, and CREATE on the database, or SELECT,
// INSERT and UPDATE on leat_positions. To kill the connection of a frozen run of another user takes CONNECTION_ADMIN.
package mysql

import (
	"context"
	"fmt"
	"slices"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/broker/internal/relation"
	"github.com/leat-go/leat/broker/internal/server"
)

// A Broker reads and writes streams that are tables and queries. Make one with [New]. It is a [broker.Source] and a
// [broker.Sink] whose guarantee is [broker.ExactlyOnce], connects when a run opens it, and is safe for concurrent use.
type Broker struct {
	url       string
	configure []func(*driver.Config)
	name      string
	declared  []relation.Declaration
}

// An Option is an argument of [New].
type Option func(*Broker)

// A StreamOption is an option of one table or query.
type StreamOption = relation.StreamOption

// New returns a broker for a database, with the streams given by [Table] and [Query], for reading and for writing. url
// is "mysql://user:password@host:port/database", with ?tls=true where the server's certificate is to be checked,
// tls=preferred or tls=skip-verify where it isn't, and socket=/path for one of Unix. What it doesn't say, the environment
// does: MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_UNIX_PORT, MYSQL_USER, MYSQL_PWD and MYSQL_DATABASE; see [ParseURL]. It doesn't
// connect yet. It panics where an option is nil.
func New(url string, options ...Option) *Broker {
	b := &Broker{url: url}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("mysql.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	return b
}

// Table declares a table, or a view, as a stream of elements of type T, or of *T, which is the same. Which way the
// stream flows is up to the mill: what its function takes is read, what it returns is written. It panics where an option
// is nil.
func Table[T any](name string, options ...StreamOption) Option {
	return declare("mysql.Table", relation.Declaration{Stream: broker.NewStream[T](name)}, options)
}

// Query declares what a SELECT gives as a stream, for reading. Its name is that of the stream in errors and logs. It
// panics where an option is nil.
func Query[T any](name, query string, options ...StreamOption) Option {
	if query = ordered.WithoutEnd(query); query == "" {
		panic(fmt.Sprintf("mysql.Query(%q): the query is empty", name))
	}
	return declare("mysql.Query", relation.Declaration{Stream: broker.NewStream[T](name), Query: query}, options)
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

// Columns makes the table of an output where it doesn't exist, with columns as in CREATE TABLE: "id BIGINT",
// "total DECIMAL(20,2) NOT NULL". Those of [Conflict] become the primary key, unless a definition has one.
func Columns(definitions ...string) StreamOption {
	return func(d *relation.Declaration) { d.Definitions = slices.Clone(definitions) }
}

// FollowInCommitOrder reads on as a table grows, in place of ending the stream at what was there when the run began. It is
// the user's promise that rows are committed in the order of the stream: MySQL doesn't tell readers what would be needed
// to wait for a row that is committed late, behind rows with higher keys, and one that is would be missed. An
// AUTO_INCREMENT id alone doesn't make it so, for ids are given out before the commit. The stream then ends with the run's
// context, or by [DataTimeout]. There is no end-of-stream mark in a table: the next run goes on where this one has stood.
func FollowInCommitOrder() StreamOption {
	return func(d *relation.Declaration) { d.Stream.Follow = true }
}

// DataTimeout ends a followed stream for the session when no row has come for so long; without it a run waits for ever.
// It panics where d isn't above zero.
func DataTimeout(d time.Duration) StreamOption { return relation.DataTimeout("mysql.DataTimeout", d) }

// Named tells several streams of one element type apart; the join carries the same name.
func Named(name string) StreamOption {
	return func(d *relation.Declaration) { d.Stream.As = name }
}

// MaxElement sets how many bytes an element may have as JSON, in place of [broker.DefaultMaxElement]. It panics where
// bytes isn't above zero.
func MaxElement(bytes int) StreamOption { return relation.MaxElement("mysql.MaxElement", bytes) }

// Name sets the name under which positions are kept, in place of the mill's.
func Name(name string) Option {
	return func(b *Broker) { b.name = name }
}

// Configure changes what New has made of its url before each connection: certificates, a password from elsewhere, a
// dialer. It panics where change is nil.
func Configure(change func(config *driver.Config)) Option {
	if change == nil {
		panic("mysql.Configure: the function is nil; leave the option out")
	}
	return func(b *Broker) { b.configure = append(b.configure, change) }
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
	db, err := b.open(job)
	if err != nil {
		return nil, err
	}
	return relation.Open(ctx, &relation.Job{Job: job, Database: db, Declared: b.declared, Name: b.name})
}

// OpenSink implements [broker.Sink]. It checks that the outputs exist, or makes them, and makes the table of positions.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	db, err := b.open(job)
	if err != nil {
		return nil, err
	}
	watch := func(look func(ctx context.Context) error) (stop func()) { return server.NewWatch(look).Stop }
	return relation.Create(ctx, &relation.Job{Job: job, Database: db, Declared: b.declared, Name: b.name, Watch: watch})
}

// Rehearse implements [broker.Rehearser]: results are tried in a temporary table like the output. Who has no right to make
// one is told of names of columns only.
func (b *Broker) Rehearse(
	ctx context.Context, job *broker.Job, results []broker.Result,
) (advice []string, refused int, err error) {
	db, err := b.open(job)
	if err != nil {
		return nil, -1, err
	}
	defer func() { _ = db.Close() }()
	conn, err := db.Connect(ctx, false)
	if err != nil {
		return nil, -1, err
	}
	defer func() { _ = conn.Close() }()
	return relation.Rehearse(ctx, &relation.Job{Job: job, Database: db, Declared: b.declared, Name: b.name}, conn, results)
}

var _ broker.Rehearser = (*Broker)(nil)
