package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// A proxy lies between an instance and Kafka, so that their connections can be cut. It is safe for concurrent use.
type proxy struct {
	listener net.Listener
	target   string

	mu          sync.Mutex
	connections map[net.Conn]bool
	// closed until then: connections are refused.
	until time.Time
	ended bool
}

// newProxy listens on loopback for connections to the target.
func newProxy(target string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &proxy{listener: listener, target: target, connections: map[net.Conn]bool{}}, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// run forwards connections until ctx ends, or end was called.
func (p *proxy) run(ctx context.Context) error {
	var forwards sync.WaitGroup
	defer forwards.Wait()
	defer p.end()
	defer context.AfterFunc(ctx, p.end)()
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

// end closes all connections for good.
func (p *proxy) end() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.cut(0)
}

// cut closes all connections, both ends of each, and refuses new ones for some time. It returns how many there were.
func (p *proxy) cut(refuse time.Duration) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Now().Add(refuse)
	for c := range p.connections {
		_ = c.Close()
	}
	return len(p.connections) / 2
}

// add notes a connection; false says that it must be closed.
func (p *proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || time.Now().Before(p.until) {
		return false
	}
	p.connections[c] = true
	return true
}

func (p *proxy) remove(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.connections, c)
}

// forward copies both ways until one end closes.
func (p *proxy) forward(client net.Conn) {
	defer p.remove(client)
	if !p.add(client) {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return // Kafka is down: the client finds its connection closed
	}
	defer p.remove(server)
	if !p.add(server) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	_, _ = io.Copy(server, client)
	_ = server.Close()
	back.Wait()
}

// through returns a dialer that goes to the proxy whatever the address: Kafka tells clients its own.
func through(address string) func(ctx context.Context, network, host string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, fmt.Errorf("dial the proxy: %w", err)
		}
		return connection, nil
	}
}
