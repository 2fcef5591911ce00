// Package relationtest is what the tests of storages behind database/sql share: a database to look at, and a shop whose
// orders and items a mill joins, which is killed, taken over and run again.
package relationtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
)

// A Database is one of a test, with connections of its own.
type Database struct {
	testing.TB
	DB *sql.DB
}

// Must ends the test where there is an error.
func (d *Database) Must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// Exec runs statements.
func (d *Database) Exec(statements string, parameters ...any) {
	d.Helper()
	_, err := d.DB.ExecContext(context.Background(), statements, parameters...)
	d.Must(err)
}

// Query returns the rows of a statement as texts; NULL is "NULL".
func (d *Database) Query(statement string) (all [][]string) {
	d.Helper()
	rows, err := d.DB.QueryContext(context.Background(), statement)
	d.Must(err)
	defer rows.Close()
	columns, err := rows.Columns()
	d.Must(err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		d.Must(rows.Scan(into...))
		row := make([]string, len(values))
		for i, v := range values {
			switch v := v.(type) {
			case nil:
				row[i] = "NULL"
			case []byte:
				row[i] = string(v)
			default:
				row[i] = fmt.Sprint(v)
			}
		}
		all = append(all, row)
	}
	d.Must(rows.Err())
	return all
}

// Insert adds elements to a table of brokertest's, in one transaction.
func (d *Database) Insert(table string, elements []brokertest.Element) {
	d.Helper()
	tx, err := d.DB.BeginTx(context.Background(), nil)
	d.Must(err)
	for _, e := range elements {
		_, err := tx.ExecContext(context.Background(), "INSERT INTO "+table+" (id, text) VALUES (?, ?)", e.ID, e.Text)
		d.Must(err)
	}
	d.Must(tx.Commit())
}

// Wait waits until a statement gives a row.
func (d *Database) Wait(statement string) {
	d.Helper()
	for begin := time.Now(); len(d.Query(statement)) == 0; {
		if time.Since(begin) > time.Minute {
			d.Fatalf("after a minute, nothing has come of %s", statement)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// A Broker is a storage with its streams.
type Broker interface {
	broker.Source
	broker.Sink
	Streams() []broker.Stream
}

// Open opens source and sink, as far as there are inputs and outputs, and closes them. It returns the source's advice.
func Open(t testing.TB, b Broker, inputs, outputs int) (advice []string, err error) {
	t.Helper()
	job := &broker.Job{Name: "test", Logger: Quiet}
	job.Inputs, job.Outputs = b.Streams()[:inputs], b.Streams()[inputs:inputs+outputs]
	if inputs > 0 {
		in, err := b.OpenSource(t.Context(), job)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		if advice, err = in.(broker.Advisor).Advise(t.Context()); err != nil {
			return nil, err
		}
	}
	if outputs > 0 {
		out, err := b.OpenSink(t.Context(), job)
		if err != nil {
			return nil, err
		}
		defer out.Close()
	}
	return advice, nil
}

// CheckOtherTable checks that a position that is kept for table a, which has a row, isn't read on in table b, nor what is
// behind it there counted, and that both are named, but that a query goes on from it.
func CheckOtherTable(t testing.TB, a, b, query Broker, nameOfA, nameOfB string) {
	t.Helper()
	open := func(b Broker) broker.Input {
		in, err := b.OpenSource(t.Context(), &broker.Job{Name: "other", Inputs: b.Streams(), Logger: Quiet})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	in := open(a)
	defer in.Close()
	r, err := in.Reader(t.Context(), 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := []broker.Rewind{{Node: "n", Offset: r.Next()}}
	if err := in.(broker.Positioner).Positions(0, kept); err != nil {
		t.Fatal(err)
	}
	resume := func(b Broker) error {
		in := open(b)
		defer in.Close()
		return in.(broker.Positioner).Resume(t.Context(), 0, slices.Clone(kept))
	}
	want := "kept for " + nameOfA + ", but " + nameOfB + " is read now"
	if err := resume(b); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("reading table b on ends with %v, want an error with %q", err, want)
	}
	count := func(b Broker) error {
		in := open(b)
		defer in.Close()
		_, err := in.(broker.Seeker).Count(t.Context(), 0, 0, kept[0].Position, 10)
		return err
	}
	if err := count(b); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("what is left of table b is counted, and the error is %v, want one with %q", err, want)
	}
	for _, same := range []Broker{a, query} {
		if err := errors.Join(resume(same), count(same)); err != nil {
			t.Error(err)
		}
	}
}

// Lines is a log that several goroutines write. The zero value is empty.
type Lines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was written.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
