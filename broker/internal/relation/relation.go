// Package relation has what the storages of relational databases share that are reached by database/sql: tables and
// queries as streams in the order of columns, results as rows, and a ledger of positions in the same transaction. What
// differs from one database to another is a [Database].
package relation

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// A Declaration is a stream as a user has declared it.
type Declaration struct {
	Stream broker.Stream
	// Query is what is read; empty for a table.
	Query string
	// Order holds the columns that rows are ordered by, Conflict those by which a result replaces a row.
	Order, Conflict []string
	// Definitions are those of the columns of an output that is made where it doesn't exist.
	Definitions []string
}

// describe names the stream in errors.
func (d *Declaration) describe() string {
	if d.Query != "" {
		return "query " + d.Stream.Name
	}
	return "table " + d.Stream.Name
}

// A StreamOption is an option of one table or query.
type StreamOption func(*Declaration)

// Declare applies options to a declaration; what is the function that a user has called, for panics.
func Declare(what string, d Declaration, options []StreamOption) Declaration {
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("%s(%q): option %d is nil; leave it out", what, d.Stream.Name, i+1))
		}
		option(&d)
	}
	return d
}

// DataTimeout returns the option of a stream that is given up after d; what is the function that a user has called.
func DataTimeout(what string, d time.Duration) StreamOption {
	if d <= 0 {
		panic(fmt.Sprintf("%s(%v): a time to wait must be above zero", what, d))
	}
	return func(declared *Declaration) { declared.Stream.DataTimeout = d }
}

// MaxElement returns the option of a stream's largest element; what is the function that a user has called.
func MaxElement(what string, bytes int) StreamOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("%s(%d): an element has at least one byte", what, bytes))
	}
	return func(d *Declaration) { d.Stream.MaxElement = bytes }
}

// A Job is one run of a storage that was declared with streams.
type Job struct {
	*broker.Job
	Database Database
	// Declared holds all streams of the storage, Name the name that positions are kept under; the mill's where it is
	// empty.
	Declared []Declaration
	Name     string
	// Watch calls look now and then while there is nothing to write, until stop is called; nil where the database is no
	// server, which may be away.
	Watch func(look func(ctx context.Context) error) (stop func())
}

// declaration returns that of a job's stream.
func (j *Job) declaration(s broker.Stream) (*Declaration, error) {
	i := slices.IndexFunc(j.Declared, func(d Declaration) bool {
		return d.Stream.Name == s.Name && d.Stream.Type == s.Type && d.Stream.As == s.As
	})
	if i < 0 {
		return nil, j.errorf("the stream %q isn't among those that %[2]s.New was given", s.Name, j.Database.Product())
	}
	return &j.Declared[i], nil
}

// A finalError is one that trying again doesn't mend.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// withConn has do use a connection for reading, and another one again where that is lost meanwhile.
func (j *Job) withConn(ctx context.Context, do func(conn *sql.Conn) error) error {
	return j.untilKept(ctx, func() error {
		conn, err := j.Database.Connect(ctx, false)
		if err != nil {
			return finalError{err} // Connect has tried again itself
		}
		defer func() { _ = conn.Close() }()
		return do(conn)
	})
}

// untilKept calls do, and again where the connection that it uses is lost meanwhile, until ctx ends.
func (j *Job) untilKept(ctx context.Context, do func() error) error {
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		err := do()
		var final finalError
		switch {
		case err == nil || errors.As(err, &final) || !j.Database.IsLost(err):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		j.Logger.Warn("the connection was lost, trying again", "error", err, "pause", backoff)
		if err := wait.For(ctx, backoff); err != nil {
			return err
		}
	}
}

// errorf makes an error that begins with the database's name.
func (j *Job) errorf(format string, arguments ...any) error {
	return fmt.Errorf(j.Database.Product()+": "+format, arguments...)
}
