package postgres_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/postgres"
)

func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{OneSession: true, NoMarks: true, DataTimeouts: true, New: storage})
}

// storage makes tables for a check of the suite. A session without an end is a table that is followed.
func storage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	d := newDatabase(t)
	var options []postgres.Option
	for i, stream := range setup.Inputs {
		name := fmt.Sprint("input", i)
		d.exec("CREATE TABLE " + name + " (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bigint, text text)")
		var declared []postgres.StreamOption
		for _, session := range stream[0] {
			d.insert(name, session.Elements)
			if !session.Ended {
				declared = append(declared, postgres.Follow())
			}
		}
		if setup.DataTimeout > 0 {
			declared = append(declared, postgres.DataTimeout(setup.DataTimeout))
		}
		options = append(options, postgres.Table[brokertest.Element](name, declared...))
	}
	for i := range setup.Outputs {
		name := fmt.Sprint("output", i)
		d.exec("CREATE TABLE " + name + " (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bigint, text text)")
		options = append(options, postgres.Table[brokertest.Element](name))
	}
	b := postgres.New(d.url, options...)
	var mu sync.Mutex // of the connection
	return brokertest.Storage{
		Source: b,
		Sink:   b,
		Visible: func(output, _ int) brokertest.Partition {
			mu.Lock()
			defer mu.Unlock()
			var session brokertest.Session
			for _, row := range d.query(fmt.Sprintf("SELECT id, text FROM output%d ORDER BY n", output)) {
				id, err := strconv.ParseInt(row[0], 10, 64)
				d.must(err)
				session.Elements = append(session.Elements, brokertest.Element{ID: id, Text: row[1]})
			}
			return brokertest.Partition{session}
		},
		Append: func(input, _ int, elements ...brokertest.Element) {
			mu.Lock()
			defer mu.Unlock()
			d.insert(fmt.Sprint("input", input), elements)
		},
		AppendLate: func(input, _ int, elements ...brokertest.Element) func() {
			late := *d
			late.connect()
			late.exec("BEGIN")
			late.add(fmt.Sprint("input", input), elements)
			return func() {
				late.exec("COMMIT")
				_ = late.conn.Close(context.Background())
			}
		},
		Reopen:      func() (broker.Source, broker.Sink) { return b, b },
		AbortCommit: d.cut,
		BlockCommits: func() func() {
			d.exec("BEGIN; LOCK TABLE leat_positions IN EXCLUSIVE MODE")
			return sync.OnceFunc(func() { d.exec("COMMIT") })
		},
	}
}

func (d *database) insert(table string, elements []brokertest.Element) {
	d.exec("BEGIN")
	d.add(table, elements)
	d.exec("COMMIT")
}

func (d *database) add(table string, elements []brokertest.Element) {
	for _, e := range elements {
		result := d.conn.ExecParams(context.Background(), "INSERT INTO "+table+" (id, text) VALUES ($1::bigint, $2)",
			[][]byte{fmt.Append(nil, e.ID), []byte(e.Text)}, nil, nil, nil).Read()
		d.must(result.Err)
	}
}

// cut ends the connections of all runs.
func (d *database) cut() {
	d.query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'leat' AND " +
		"datname = current_database()")
}
