// Package proxy cuts the connections between a mill and its server for the crash tests.
package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// A Proxy lies between an instance and its server, so that their connections can be cut. It is safe for concurrent use.
type Proxy struct {
	listener net.Listener
	target   string

	mu          sync.Mutex
	connections map[net.Conn]bool
	// closed until then: connections are refused.
	until time.Time
	ended bool
	// doomed is what is lost next, with its connection; nil for nothing.
	doomed *doomed
}

// New listens on loopback for connections to the target.
func New(target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Proxy{listener: listener, target: target, connections: map[net.Conn]bool{}}, nil
}

// Address returns what to connect to.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Run forwards connections until ctx ends, or End was called.
func (p *Proxy) Run(ctx context.Context) error {
	var forwards sync.WaitGroup
	defer forwards.Wait()
	defer p.End()
	defer context.AfterFunc(ctx, p.End)()
	for {
		connection, err := p.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		forwards.Go(func() { p.forward(connection) })
	}
}

// End closes all connections for good.
func (p *Proxy) End() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.Cut(0)
}

// Cut closes all connections, both ends of each, and refuses new ones for some time. It returns how many there were.
func (p *Proxy) Cut(refuse time.Duration) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Now().Add(refuse)
	for c := range p.connections {
		_ = c.Close()
	}
	return len(p.connections) / 2
}

// Connections returns how many there are.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.connections) / 2
}

// add notes a connection; false says that it must be closed.
func (p *Proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || time.Now().Before(p.until) {
		return false
	}
	p.connections[c] = true
	return true
}

func (p *Proxy) remove(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.connections, c)
}

// forward copies both ways until one end closes.
func (p *Proxy) forward(client net.Conn) {
	defer p.remove(client)
	if !p.add(client) {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return // the server is down: the client finds its connection closed
	}
	defer p.remove(server)
	if !p.add(server) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		p.pass(client, server, Answer)
		_ = client.Close()
	})
	p.pass(server, client, Request)
	_ = server.Close()
	back.Wait()
}

// A Direction is the way of some bytes: of requests, or of the server's answers.
type Direction int

// The directions.
const (
	Request Direction = iota
	Answer
)

// doomed is what is lost.
type doomed struct {
	direction Direction
	holding   []byte
	// passing is how many pieces go through before; half says that the first half of the piece goes through, too.
	passing int
	half    bool
	lost    func()
}

// Lose loses what goes into a direction next and holds some bytes, such as those of a commit's answer, and cuts its
// connection; with half, the first half of it still arrives. So many pieces go through before. lost is called then, once. It
// is forgotten with the next call.
func (p *Proxy) Lose(direction Direction, holding []byte, passing int, half bool, lost func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doomed = &doomed{direction, holding, passing, half, lost}
}

// pass copies one direction of a connection until an end closes, or a piece is to be lost.
func (p *Proxy) pass(to, from net.Conn, direction Direction) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		whole := p.survives(piece[:n], direction)
		if _, failed := to.Write(piece[:whole]); failed != nil || err != nil || whole < n {
			return
		}
	}
}

// survives returns how many bytes of a piece go through.
func (p *Proxy) survives(piece []byte, direction Direction) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.doomed
	if d == nil || d.direction != direction || len(piece) == 0 || !bytes.Contains(piece, d.holding) {
		return len(piece)
	}
	if d.passing--; d.passing >= 0 {
		return len(piece)
	}
	p.doomed = nil
	d.lost()
	if d.half {
		return len(piece) / 2
	}
	return 0
}

// Through returns a dialer that goes to the proxy whatever the address: Kafka tells clients its own.
func Through(address string) func(ctx context.Context, network, host string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, fmt.Errorf("dial the proxy: %w", err)
		}
		return connection, nil
	}
}
