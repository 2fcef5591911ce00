package postgres_test

import (
	"bytes"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker/postgres"
)

// A proxy stands between runs and the server. It lets everything through, but for what cuts says.
type proxy struct {
	testing.TB
	target   string
	listener net.Listener
	// cuts reports whether a connection is cut off at a COMMIT that keeps positions: before the server gets it, or before
	// its answer comes back. nil cuts none.
	cuts func(before bool) bool
	// refuses reports whether a connection is cut off before the server gets some statements; nil refuses none.
	refuses func(text []byte) bool

	mu      sync.Mutex
	conns   []net.Conn
	serving sync.WaitGroup
}

// through makes the connections of a broker go to an address.
func through(address net.Addr) postgres.Option {
	return postgres.Configure(func(c *pgconn.Config) {
		at := address.(*net.TCPAddr)
		c.Host, c.Port = at.IP.String(), uint16(at.Port)
	})
}

// listen takes connections at a port; 0 is a free one.
func (p *proxy) listen(port int) {
	p.Helper()
	var err error
	if p.listener, err = net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err != nil {
		p.Fatal(err)
	}
	listener := p.listener
	p.serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", p.target)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, client, server)
			p.mu.Unlock()
			p.serving.Go(func() { (&link{proxy: p, client: client, server: server}).pass() })
		}
	})
	p.Cleanup(p.close)
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.serving.Wait()
}

// A link is a connection through a proxy.
type link struct {
	*proxy
	client, server net.Conn

	mu sync.Mutex
	// keeps says that the transaction that is open has kept positions, and asked that its COMMIT was sent.
	keeps, asked bool
}

// pass lets bytes through, both ways, until one side is closed.
func (l *link) pass() {
	var both sync.WaitGroup
	both.Go(func() { l.copy(l.server, l.client, l.request) })
	both.Go(func() { l.copy(l.client, l.server, l.answer) })
	both.Wait()
}

func (l *link) copy(to, from net.Conn, passes func([]byte) bool) {
	defer l.server.Close()
	defer l.client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !passes(buffer[:n]) {
			return
		}
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

// request reports whether a request goes through.
func (l *link) request(text []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuses != nil && l.refuses(text) {
		return false
	}
	l.keeps = l.keeps || bytes.Contains(text, []byte("UPDATE leat_positions SET progress"))
	if !l.keeps || !bytes.Contains(text, []byte("COMMIT\x00")) {
		return true
	}
	l.keeps, l.asked = false, true
	return l.cuts == nil || !l.cuts(true)
}

// answer reports whether an answer goes through.
func (l *link) answer([]byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := l.asked
	l.asked = false
	return !asked || l.cuts == nil || !l.cuts(false)
}
