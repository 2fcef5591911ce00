package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/mysql"
)

func TestConformance(t *testing.T) {
	brokertest.Run(t, brokertest.Harness{OneSession: true, NoMarks: true, DataTimeouts: true, New: storage})
}

// storage makes tables for a check of the suite. A session without an end is a table that is followed. Elements aren't
// committed late: the user promises that.
func storage(t testing.TB, setup brokertest.Setup) brokertest.Storage {
	d := newDatabase(t)
	var options []mysql.Option
	for i, stream := range setup.Inputs {
		name := fmt.Sprint("input", i)
		d.exec("CREATE TABLE " + name + " (n BIGINT AUTO_INCREMENT PRIMARY KEY, id BIGINT, text MEDIUMTEXT)")
		var declared []mysql.StreamOption
		for _, session := range stream[0] {
			d.insert(name, session.Elements)
			if !session.Ended {
				declared = append(declared, mysql.FollowInCommitOrder())
			}
		}
		if setup.DataTimeout > 0 {
			declared = append(declared, mysql.DataTimeout(setup.DataTimeout))
		}
		options = append(options, mysql.Table[brokertest.Element](name, declared...))
	}
	for i := range setup.Outputs {
		options = append(options, mysql.Table[brokertest.Element](fmt.Sprint("output", i),
			mysql.Columns("n BIGINT AUTO_INCREMENT PRIMARY KEY", "id BIGINT", "text MEDIUMTEXT")))
	}
	b := mysql.New(d.url, options...)
	return brokertest.Storage{
		Source: b,
		Sink:   b,
		Visible: func(output, _ int) brokertest.Partition {
			if len(d.query(fmt.Sprintf("SHOW TABLES LIKE 'output%d'", output))) == 0 {
				return nil
			}
			var session brokertest.Session
			for _, row := range d.query(fmt.Sprintf("SELECT id, text FROM output%d ORDER BY n", output)) {
				id, err := strconv.ParseInt(row[0], 10, 64)
				d.must(err)
				session.Elements = append(session.Elements, brokertest.Element{ID: id, Text: row[1]})
			}
			return brokertest.Partition{session}
		},
		Append: func(input, _ int, elements ...brokertest.Element) {
			d.insert(fmt.Sprint("input", input), elements)
		},
		Reopen:      func() (broker.Source, broker.Sink) { return b, b },
		AbortCommit: d.cut,
		BlockCommits: func() func() {
			conn, err := d.db.Conn(context.Background())
			d.must(err)
			_, err = conn.ExecContext(context.Background(), "FLUSH TABLES WITH READ LOCK")
			d.must(err)
			return sync.OnceFunc(func() {
				_, err := conn.ExecContext(context.Background(), "UNLOCK TABLES")
				d.must(errors.Join(err, conn.Close()))
			})
		},
	}
}

func (d *database) insert(table string, elements []brokertest.Element) {
	d.Helper()
	tx, err := d.db.BeginTx(context.Background(), nil)
	d.must(err)
	for _, e := range elements {
		_, err := tx.ExecContext(context.Background(), "INSERT INTO "+table+" (id, text) VALUES (?, ?)", e.ID, e.Text)
		d.must(err)
	}
	d.must(tx.Commit())
}

// cut ends the connections of all runs on the test's database, and the test's own but one.
func (d *database) cut() {
	d.Helper()
	conn, err := d.db.Conn(context.Background())
	d.must(err)
	defer func() { _ = conn.Close() }()
	rows, err := conn.QueryContext(context.Background(), "SELECT id FROM information_schema.processlist "+
		"WHERE db = DATABASE() AND id <> CONNECTION_ID()")
	d.must(err)
	var ids []int64
	for rows.Next() {
		var id int64
		d.must(rows.Scan(&id))
		ids = append(ids, id)
	}
	d.must(errors.Join(rows.Err(), rows.Close()))
	for _, id := range ids {
		_, _ = conn.ExecContext(context.Background(), fmt.Sprintf("KILL %d", id)) // it may have gone
	}
}
