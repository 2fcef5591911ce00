package mysql_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/mysql"
)

// dialing has a run connect by a function, which is told how many connections there were before.
func dialing(dial func(conn net.Conn, n int) (net.Conn, error)) mysql.Option {
	var connections atomic.Int64
	return mysql.Configure(func(c *driver.Config) {
		c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return dial(conn, int(connections.Add(1))-1)
		}
	})
}

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

// A losingConn is a connection that is lost at a COMMIT where loses says so: before the server gets it, or before its
// answer comes back.
type losingConn struct {
	net.Conn
	before bool
	loses  func() bool
	lost   bool
}

func (c *losingConn) Write(p []byte) (int, error) {
	if !bytes.Contains(p, []byte("COMMIT")) || !c.loses() {
		return c.Conn.Write(p)
	}
	c.lost = true
	if c.before {
		return 0, errors.Join(net.ErrClosed, c.Close())
	}
	return c.Conn.Write(p)
}

func (c *losingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.lost {
		return 0, errors.Join(net.ErrClosed, c.Close()) // the server has done it
	}
	return n, err
}

// A connection that is lost in the middle of a page leaves out no row and doubles none.
func TestCutWithinPages(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE orders (id BIGINT PRIMARY KEY, placed TIMESTAMP DEFAULT CURRENT_TIMESTAMP); " +
		"INSERT INTO orders (id) SELECT seq FROM seq_1_to_5000")
	cutting := dialing(func(conn net.Conn, n int) (net.Conn, error) {
		if 0 < n && n < 6 { // the first one opens the source
			conn = &cutConn{conn, 6500 + 5000*n}
		}
		return conn, nil
	})
	output := memory.New(memory.Stream[relationtest.Total]("totals"))
	mill, err := leat.New(func(o relationtest.Order) relationtest.Total { return relationtest.Total{ID: o.ID} }, quiet,
		leat.From(mysql.New(d.url, cutting, mysql.Table[relationtest.Order]("orders"))), leat.To(output))
	d.Must(err)
	d.Must(mill.Run(t.Context()))
	totals, err := memory.Elements[relationtest.Total](output, "totals", 0)
	d.Must(err)
	if len(totals) != 5000 {
		t.Fatalf("there are %d results, not 5000", len(totals))
	}
	for i, total := range totals {
		if total.ID != int64(i+1) {
			t.Fatalf("result %d is %d", i+1, total.ID)
		}
	}
}

// loggedMill is the mill of a shop whose connections are made in a way of the test, and what it logs.
func (d *database) loggedMill(option mysql.Option) (*leat.Mill, *relationtest.Lines) {
	d.Helper()
	log := &relationtest.Lines{}
	mill, err := relationtest.NewMill(mysql.New(d.url, option, mysql.Table[relationtest.Order]("orders"),
		mysql.Table[relationtest.Item]("items"), mysql.Table[relationtest.Total]("totals")),
		slog.New(slog.NewTextHandler(log, nil)))
	d.Must(err)
	return mill, log
}

// A run that begins before its database, as both do after a power cut, waits for it, also where it goes again at once.
func TestDatabaseComesLater(t *testing.T) {
	d := shop(t, 20)
	mill, log := d.loggedMill(dialing(func(conn net.Conn, n int) (net.Conn, error) {
		switch {
		case n < 2:
			return nil, errors.Join(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, conn.Close())
		case n < 7:
			return &cutConn{conn, 400 * n}, nil
		}
		return conn, nil
	}))
	d.Must(mill.Run(t.Context()))
	d.ExpectTotals()
	if !strings.Contains(log.String(), "trying again for up to a minute") || strings.Contains(log.String(), "secret") {
		t.Errorf("the log says nothing of it, or too much:\n%s", log)
	}
}

// Where a connection is lost at a COMMIT, before the server gets it or before its answer comes back, what is committed is
// neither made twice nor given up. That goes for claims, too, of the run and of connections behind the first.
func TestConnectionIsLostAtCommit(t *testing.T) {
	for name, before := range map[string]bool{"before": true, "behind": false} {
		t.Run(name, func(t *testing.T) {
			d := shop(t, 40)
			var commits atomic.Int32
			mill, log := d.loggedMill(dialing(func(conn net.Conn, _ int) (net.Conn, error) {
				return &losingConn{Conn: conn, before: before, loses: func() bool {
					n := commits.Add(1)
					return n < 9 && n != 2 && n != 6
				}}, nil
			}))
			d.Must(mill.Run(t.Context()))
			d.ExpectTotals()
			if n := strings.Count(log.String(), "level=WARN"); n < 3 || commits.Load() < 6 {
				t.Errorf("of %d commits, the log has %d warnings:\n%s", commits.Load(), n, log)
			}
			if made := strings.Contains(log.String(), "the answer to a commit was lost, and it was made"); made == before {
				t.Errorf("that a commit was made which was cut %s is %v:\n%s", name, made, log)
			}
		})
	}
}

// A database that is away when a run begins is waited for for a minute; a host that nobody knows isn't.
func TestDatabaseStaysAway(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want time.Duration
		text string
	}{
		"refused": {&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, 55 * time.Second, "connection refused"},
		"silent":  {context.DeadlineExceeded, 55 * time.Second, "it doesn't answer: see whether host and port"},
		"unknown": {&net.DNSError{Err: "no such host", Name: "nowhere", IsNotFound: true}, 0, "no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := mysql.New("mysql://leat:hush-hush@nowhere/shop", mysql.Table[relationtest.Order]("orders"),
					mysql.Configure(func(c *driver.Config) {
						c.DialFunc = func(context.Context, string, string) (net.Conn, error) { return nil, test.err }
					}))
				begun := time.Now()
				_, err := relationtest.Open(t, b, 1, 0)
				took := time.Since(begun)
				if err == nil || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "hush-hush") {
					t.Errorf("the error is %v, wanted one with %q", err, test.text)
				}
				if took < test.want || took > test.want+5*time.Second {
					t.Errorf("it took %v, wanted about %v", took, test.want)
				}
			})
		})
	}
}
