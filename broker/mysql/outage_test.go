package mysql_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/brokertest"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/mysql"
)

// A database that can't be reached is told of.
func TestOutages(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE orders (id BIGINT PRIMARY KEY, placed TIMESTAMP DEFAULT CURRENT_TIMESTAMP); " +
		"INSERT INTO orders (id) VALUES (1)")
	brokertest.RunOutage(t, server.Address(), func(address string) broker.Source {
		return mysql.New(strings.Replace(d.url, server.Address(), address, 1),
			mysql.Table[relationtest.Order]("orders", mysql.FollowInCommitOrder()))
	})
}

// So is one that can't be reached while there is nothing to write.
func TestIdleOutages(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE orders (id BIGINT PRIMARY KEY, placed TIMESTAMP DEFAULT CURRENT_TIMESTAMP)")
	brokertest.RunIdleOutage(t, server.Address(), func(address string) broker.Sink {
		return mysql.New(strings.Replace(d.url, server.Address(), address, 1), mysql.Table[relationtest.Order]("orders"))
	})
}
