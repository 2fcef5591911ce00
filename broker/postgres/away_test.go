package postgres_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/postgres"
)

// address is where the server of the tests listens.
func (d *database) address() string {
	d.Helper()
	u, err := url.Parse(d.url)
	d.must(err)
	return u.Host
}

// loggedMill is the mill of a shop behind a proxy, and what it logs.
func (d *database) loggedMill(p *proxy, options ...postgres.StreamOption) (*leat.Mill, *lines) {
	d.Helper()
	log := &lines{}
	mill, err := leat.New(sum, leat.Name("totals"), leat.Logger(slog.New(slog.NewTextHandler(log, nil))),
		leat.Broker(postgres.New(d.url, through(p.listener.Addr()),
			postgres.Table[order]("orders", options...), postgres.Table[item]("items", options...),
			postgres.Table[total]("totals"))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
	d.must(err)
	return mill, log
}

// A run that begins before its database, as both do after a power cut, waits for it.
func TestDatabaseComesLater(t *testing.T) {
	d := shop(t, 20)
	p := &proxy{TB: t, target: d.address()}
	p.listen(0)
	mill, log := d.loggedMill(p)
	port := p.listener.Addr().(*net.TCPAddr).Port
	p.close()
	var running sync.WaitGroup
	running.Go(func() {
		if err := mill.Run(t.Context()); err != nil {
			t.Errorf("the run ends with %v", err)
		}
	})
	for !strings.Contains(log.String(), "can't be reached") {
		<-time.After(5 * time.Millisecond)
	}
	p.listen(port)
	running.Wait()
	d.expectTotals()
}

// Where a connection is lost at a COMMIT, before the server gets it or before its answer comes back, the commit is
// neither made twice nor given up.
func TestConnectionIsLostAtCommit(t *testing.T) {
	for name, before := range map[string]bool{"before": true, "behind": false} {
		t.Run(name, func(t *testing.T) {
			d := shop(t, 40)
			var cuts atomic.Int32
			p := &proxy{TB: t, target: d.address(), cuts: func(b bool) bool { return b == before && cuts.Add(1) <= 3 }}
			p.listen(0)
			mill, log := d.loggedMill(p)
			d.must(mill.Run(t.Context()))
			d.expectTotals()
			if made := strings.Count(log.String(), "the answer to a commit was lost, and it was made"); made > 0 == before ||
				cuts.Load() == 0 {
				t.Errorf("of %d connections that were cut %s a commit, %d were found to have been made:\n%s", cuts.Load(), name,
					made, log)
			}
		})
	}
}

// Where the connection is lost while kept positions are looked up, they are looked up again.
func TestConnectionIsLostWhilePositionsAreLookedUp(t *testing.T) {
	d := shop(t, 40)
	var cuts atomic.Int32
	p := &proxy{TB: t, target: d.address(), refuses: func(text []byte) bool {
		return bytes.Contains(text, []byte("SELECT count(*)::text")) && cuts.Add(1) <= 3
	}}
	p.listen(0)
	mill, log := d.loggedMill(p)
	d.must(mill.Run(t.Context()))
	d.grow(20)
	d.must(mill.Run(t.Context()))
	d.expectTotals()
	if cuts.Load() < 3 {
		t.Errorf("%d connections were cut: %s", cuts.Load(), log)
	}
}
