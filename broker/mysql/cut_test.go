package mysql_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/mysql"
)

// A cutConn is a connection that is lost when so many bytes have come.
type cutConn struct {
	net.Conn
	left int
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.Join(net.ErrClosed, c.Close())
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// A connection that is lost in the middle of a page leaves out no row and doubles none.
func TestCutWithinPages(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE orders (id BIGINT PRIMARY KEY, placed TIMESTAMP DEFAULT CURRENT_TIMESTAMP); " +
		"INSERT INTO orders (id) SELECT seq FROM seq_1_to_5000")
	var connections atomic.Int64
	cutting := mysql.Configure(func(c *driver.Config) {
		c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if n := int(connections.Add(1)); err == nil && n > 1 && n <= 6 { // the first one opens the source
				conn = &cutConn{conn, 1500 + 5000*n}
			}
			return conn, err
		}
	})
	output := memory.New(memory.Stream[relationtest.Total]("totals"))
	mill, err := leat.New(func(o relationtest.Order) relationtest.Total { return relationtest.Total{ID: o.ID} }, quiet,
		leat.From(mysql.New(d.url, cutting, mysql.Table[relationtest.Order]("orders"))), leat.To(output))
	d.Must(err)
	d.Must(mill.Run(t.Context()))
	totals, err := memory.Elements[relationtest.Total](output, "totals", 0)
	d.Must(err)
	if len(totals) != 5000 || connections.Load() < 5 {
		t.Fatalf("by %d connections, there are %d results, not 5000", connections.Load(), len(totals))
	}
	for i, total := range totals {
		if total.ID != int64(i+1) {
			t.Fatalf("result %d is %d", i+1, total.ID)
		}
	}
}
