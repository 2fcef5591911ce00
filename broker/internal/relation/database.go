package relation

import (
	"context"
	"database/sql"
	"time"

	"github.com/leat-go/leat/internal/suggest"
)

// A Database is what differs from one database to another. It is safe for concurrent use, but for what is done with one
// connection.
type Database interface {
	Connector
	Catalog
	Language
	Fence
	// Explain says of an error what would mend it; what it was about is added by the caller. It shows no secret.
	Explain(err error, about Subject) error
}

// A Subject is what an error was about.
type Subject struct {
	// Name is that of a table; empty for what isn't about one.
	Name string
	// Written says that results were written to it, and it wasn't read.
	Written bool
	// Conflict holds the columns of its conflict clause.
	Conflict []string
}

// A Connector makes connections.
type Connector interface {
	// Product is the name of the storage's package, and Place says in errors which database it is.
	Product() string
	Place() string
	// Connect returns a connection for reading, or for writing. It tells the log and tries again while the database can't
	// be reached but has been before, until ctx ends.
	Connect(ctx context.Context, write bool) (*sql.Conn, error)
	// IsLost reports whether an error says that its connection is gone, and with it what wasn't committed.
	IsLost(err error) bool
	// IsPassing reports whether an error of reading goes away by itself.
	IsPassing(err error) bool
	// IsConflict reports whether an error says that a transaction stood in another one's way, and may be tried again.
	IsConflict(err error) bool
	// Poll is the pause between two looks at a followed table.
	Poll() time.Duration
	// Version changes where what the database holds has changed, for all but the connection's own changes. It is cheap.
	// Where a database has no such number, it is another one whenever it may have changed for so long as a poll.
	Version(ctx context.Context, conn *sql.Conn) (int64, error)
	// Close closes what is left of the connections.
	Close() error
}

// A Catalog says what tables and queries are like.
type Catalog interface {
	// Describe returns what a table or a query is like. A table that doesn't exist is a [*MissingTable].
	Describe(ctx context.Context, conn *sql.Conn, d *Declaration) (*Description, error)
	// Prepare makes the table of an output where it doesn't exist and columns were declared, and refuses one that takes no
	// part in transactions.
	Prepare(ctx context.Context, conn *sql.Conn, d *Declaration) error
	// Rehearsal makes a table like that of an output, for results to be tried in; nil where there can be none. conn is nil
	// where there is no database yet.
	Rehearsal(ctx context.Context, conn *sql.Conn, d *Declaration) (*Rehearsal, error)
	// IsAboutValue reports whether an error says that a table takes a value for no column of its type, or its constraints.
	IsAboutValue(err error) bool
	// Advise returns what a user should know of a stream that is read: a sentence each.
	Advise(ctx context.Context, conn *sql.Conn, t *Table) ([]string, error)
	// IsServed reports whether an index gives the rows of a statement in order, so that they are not sorted.
	IsServed(ctx context.Context, conn *sql.Conn, statement string, parameters []any) (bool, error)
	// MayHold reports whether a statement may stay open for some seconds while its rows are read, without blocking
	// anybody who writes.
	MayHold(ctx context.Context, conn *sql.Conn) (bool, error)
}

// A MissingTable is the error of a table that doesn't exist.
type MissingTable struct {
	Name string
	// Remedy is what may be the matter beside; empty for nothing.
	Remedy string
	// Tables are those that there are, and may be meant.
	Tables []string
}

func (m *MissingTable) Error() string {
	return "there is no such table" + m.Remedy + suggest.Few(m.Name, m.Tables)
}

// A Description is what a table or a query is like.
type Description struct {
	// Name is what the database calls a table, or a view; empty for a query. Positions are kept with it.
	Name string
	// Columns are those that an element has, Hidden those that rows may be ordered by beside.
	Columns, Hidden []Column
	// IsTable says that it is a table, of which Keys holds the columns of each key that tells all rows apart; where
	// Primary, the first of them is the primary key.
	IsTable bool
	Keys    [][]string
	Primary bool
}

// A Column is one of a table or of a query's result.
type Column struct {
	Name string
	// Read is the expression in SQL that reads it; "" for its name alone. Key is the one that reads its value for a
	// position; "" where it is the same.
	Read, Key string
	// As says what its values are compared as, such as "number", for positions: types with one order have one word. It is
	// empty where that isn't known.
	As string
	// Mark is the parameter that it is compared with in SQL; "" for a question mark.
	Mark    string
	NotNull bool
	// Generated says that it can't be written.
	Generated bool
	Type      Type
}

// A Type is how a column's values are read and written. Values are those of package database/sql/driver.
type Type interface {
	// AppendJSON appends a value that isn't nil.
	AppendJSON(to []byte, value any) ([]byte, error)
	// AppendValue appends JSON that isn't null, as a value to write, to a statement.
	AppendValue(to *Statement, json []byte) error
	// Text returns a value as it is kept in positions, and Value the value of such a text.
	Text(value any) (string, error)
	Value(text string) (any, error)
}

// A Statement is one that is being put together: its text, and the parameters of the question marks in it. The zero value
// is empty.
type Statement struct {
	Text       []byte
	Parameters []any
}

// Append appends text.
func (s *Statement) Append(text string) { s.Text = append(s.Text, text...) }

// AppendParameter appends a question mark with its value.
func (s *Statement) AppendParameter(value any) {
	s.Text, s.Parameters = append(s.Text, '?'), append(s.Parameters, value)
}

// Reset empties the statement, whose memory is used again.
func (s *Statement) Reset() {
	clear(s.Parameters)
	s.Text, s.Parameters = s.Text[:0], s.Parameters[:0]
}

// Language is what SQL differs in.
type Language interface {
	// Quote quotes a name.
	Quote(name string) string
	// EqualNames reports whether two names are those of one column.
	EqualNames(a, b string) bool
	// RowValues says that an index serves comparisons of rows.
	RowValues() bool
	// Replace is the clause of an INSERT that replaces rows with equal values in the conflict columns.
	Replace(conflict, replaced []string) string
	// TypeFor is a column's type for a member's value, for an ALTER TABLE that is proposed.
	TypeFor(json []byte) string
	// LockRow ends a SELECT of a row that is about to be changed.
	LockRow() string
	// InsertNew begins an INSERT that leaves a row with the same key as it is.
	InsertNew() string
}

// A Fence keeps runs of one name apart.
type Fence interface {
	// HasLedger reports whether the table leat_positions exists.
	HasLedger(ctx context.Context, conn *sql.Conn) (bool, error)
	// MakeLedger makes the table leat_positions where it doesn't exist.
	MakeLedger(ctx context.Context, conn *sql.Conn) error
	// TryLedger finds out whether positions can be kept in the table, or it can be made, and changes nothing.
	TryLedger(ctx context.Context, conn *sql.Conn) error
	// Weaknesses tells by which settings the database may lose what it has committed, and what would be right.
	Weaknesses(ctx context.Context, conn *sql.Conn) ([]string, error)
	// Begin begins a transaction that writes. Commit ends it: its error is one of [Connector].IsLost, or says that nothing
	// was committed.
	Begin(ctx context.Context, conn *sql.Conn) error
	Commit(ctx context.Context, conn *sql.Conn) error
	// Claiming is called within the transaction that raises a partition's epoch, so that a successor finds this connection.
	Claiming(ctx context.Context, conn *sql.Conn, c Claim) error
	// Oust ends the connection that has made a claim, as far as the database can: it may be frozen within a transaction.
	Oust(ctx context.Context, conn *sql.Conn, c Claim)
}

// A Claim is one of a partition.
type Claim struct {
	Name      string
	Partition int
	Epoch     int64
	// Holder says who has made it.
	Holder string
}
