package sqlite_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/sqlite"
)

func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{OneSession: true, NoMarks: true, DataTimeouts: true, New: storage})
}

// storage makes tables for a check of the suite. A session without an end is a table that is followed. Elements are
// never committed late, for there is one writer at a time; and a commit is never aborted, for it waits for that one.
func storage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	d := newDatabase(t)
	var options []sqlite.Option
	for i, stream := range setup.Inputs {
		name := fmt.Sprint("input", i)
		d.Exec("CREATE TABLE " + name + " (n INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER, text TEXT)")
		var declared []sqlite.StreamOption
		for _, session := range stream[0] {
			d.Insert(name, session.Elements)
			if !session.Ended {
				declared = append(declared, sqlite.Follow())
			}
		}
		if setup.DataTimeout > 0 {
			declared = append(declared, sqlite.DataTimeout(setup.DataTimeout))
		}
		options = append(options, sqlite.Table[brokertest.Element](name, declared...))
	}
	for i := range setup.Outputs {
		options = append(options, sqlite.Table[brokertest.Element](fmt.Sprint("output", i),
			sqlite.Columns("n INTEGER PRIMARY KEY AUTOINCREMENT", "id INTEGER", "text TEXT")))
	}
	b := sqlite.New(d.path, options...)
	return brokertest.Storage{
		Source: b,
		Sink:   b,
		Visible: func(output, _ int) brokertest.Partition {
			if len(d.Query(fmt.Sprintf("SELECT 1 FROM sqlite_schema WHERE name = 'output%d'", output))) == 0 {
				return nil
			}
			var session brokertest.Session
			for _, row := range d.Query(fmt.Sprintf("SELECT id, text FROM output%d ORDER BY n", output)) {
				id, err := strconv.ParseInt(row[0], 10, 64)
				d.Must(err)
				session.Elements = append(session.Elements, brokertest.Element{ID: id, Text: row[1]})
			}
			return brokertest.Partition{session}
		},
		Append: func(input, _ int, elements ...brokertest.Element) {
			d.Insert(fmt.Sprint("input", input), elements)
		},
		Reopen: func() (broker.Source, broker.Sink) { return b, b },
		BlockCommits: func() func() {
			tx, err := d.DB.BeginTx(context.Background(), nil)
			d.Must(err)
			return sync.OnceFunc(func() { d.Must(tx.Rollback()) })
		},
	}
}
