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
		d.Exec("CREATE TABLE " + name + " (n BIGINT AUTO_INCREMENT PRIMARY KEY, id BIGINT, text MEDIUMTEXT)")
		var declared []mysql.StreamOption
		for _, session := range stream[0] {
			d.Insert(name, session.Elements)
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
			if len(d.Query(fmt.Sprintf("SHOW TABLES LIKE 'output%d'", output))) == 0 {
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
		Reopen:      func() (broker.Source, broker.Sink) { return b, b },
		AbortCommit: d.cut,
		BlockCommits: func() func() {
			conn, err := d.DB.Conn(context.Background())
			d.Must(err)
			_, err = conn.ExecContext(context.Background(), "FLUSH TABLES WITH READ LOCK")
			d.Must(err)
			return sync.OnceFunc(func() {
				_, err := conn.ExecContext(context.Background(), "UNLOCK TABLES")
				d.Must(errors.Join(err, conn.Close()))
			})
		},
	}
}

// cut ends the connections of all runs on the test's database, and the test's own but one.
func (d *database) cut() {
	d.Helper()
	conn, err := d.DB.Conn(context.Background())
	d.Must(err)
	defer func() { _ = conn.Close() }()
	rows, err := conn.QueryContext(context.Background(), "SELECT id FROM information_schema.processlist "+
		"WHERE db = DATABASE() AND id <> CONNECTION_ID()")
	d.Must(err)
	var ids []int64
	for rows.Next() {
		var id int64
		d.Must(rows.Scan(&id))
		ids = append(ids, id)
	}
	d.Must(errors.Join(rows.Err(), rows.Close()))
	for _, id := range ids {
		_, _ = conn.ExecContext(context.Background(), fmt.Sprintf("KILL %d", id)) // it may have gone
	}
}
