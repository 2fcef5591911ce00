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

// Streams that are divided into partitions keep what the contract says of partitions. Results have none in a table, so
// that this is about reading and positions.
func TestConformancePartitions(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{OneSession: true, DataTimeouts: true, Partitions: 3, New: divided})
}

// divided makes tables with as many partitions as the inputs have.
func divided(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	d := newDatabase(t)
	var options []postgres.Option
	values := make([][]string, len(setup.Inputs)) // of each input, one that belongs to a partition
	for i, stream := range setup.Inputs {
		name, n := fmt.Sprint("input", i), len(stream)
		d.exec("CREATE TABLE " + name + " (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bigint, text text, " +
			"part text)")
		declared := []postgres.StreamOption{postgres.PartitionBy("part", n)}
		if setup.DataTimeout > 0 {
			declared = append(declared, postgres.DataTimeout(setup.DataTimeout))
		}
		followed := false
		for p, partition := range stream {
			values[i] = append(values[i], d.valueIn(p, n))
			for _, session := range partition {
				d.insertPart(name, values[i][p], session.Elements)
				followed = followed || !session.Ended
			}
		}
		if followed {
			declared = append(declared, postgres.Follow())
		}
		options = append(options, postgres.Table[brokertest.Element](name, declared...))
	}
	b := postgres.New(d.url, options...)
	var mu sync.Mutex // of the connection
	return brokertest.Storage{
		Source: b,
		Append: func(input, partition int, elements ...brokertest.Element) {
			mu.Lock()
			defer mu.Unlock()
			d.insertPart(fmt.Sprint("input", input), values[input][partition], elements)
		},
		Reopen: func() (broker.Source, broker.Sink) { return b, nil },
	}
}

// valueIn returns a text that belongs to a partition, as PartitionBy says.
func (d *database) valueIn(partition, n int) string {
	return d.query(fmt.Sprintf(`SELECT v FROM generate_series(1, 1000) i, CAST(i AS text) v
		WHERE (hashtextextended(v COLLATE "C", 0) & 9223372036854775807) %% %d = %d LIMIT 1`, n, partition))[0][0]
}

func (d *database) insertPart(table, value string, elements []brokertest.Element) {
	d.Helper()
	for _, e := range elements {
		d.must(d.conn.ExecParams(context.Background(), "INSERT INTO "+table+" (id, text, part) VALUES ($1::bigint, $2, $3)",
			[][]byte{fmt.Append(nil, e.ID), []byte(e.Text), []byte(value)}, nil, nil, nil).Read().Err)
	}
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
