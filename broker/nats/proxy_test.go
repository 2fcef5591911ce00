package nats_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// A proxy stands between clients and a server, and loses connections in ways that a network does.
type proxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	conns map[net.Conn]net.Conn // client to server
	// held is closed when what clients send may go on; nil where it may.
	held chan struct{}
	// cutBefore ends the connection that is about to send this, once; cutAfter has it sent first, and loses the answer.
	cutBefore, cutAfter []byte
	// then is called when a connection was cut because of what it was about to send.
	then func()
}

func newProxy(t testing.TB, server string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: server, conns: map[net.Conn]net.Conn{}}
	var serving sync.WaitGroup
	serving.Go(p.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		p.release()
		p.cut()
		serving.Wait()
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

func (p *proxy) serve() {
	var pipes sync.WaitGroup
	defer pipes.Wait()
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client] = server
		p.mu.Unlock()
		pipes.Go(func() { p.forward(client, server) })
		pipes.Go(func() {
			_, _ = io.Copy(client, server)
			p.end(client)
		})
	}
}

// forward passes on what a client sends.
func (p *proxy) forward(client, server net.Conn) {
	defer p.end(client)
	buffer := make([]byte, 1<<20)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		held := p.held
		before := p.cutBefore != nil && bytes.Contains(buffer[:n], p.cutBefore)
		after := p.cutAfter != nil && bytes.Contains(buffer[:n], p.cutAfter)
		var then func()
		if before {
			then = p.then
			p.cutBefore, p.then = nil, nil
		}
		if after {
			p.cutAfter = nil
		}
		p.mu.Unlock()
		if held != nil {
			<-held
		}
		switch {
		case before:
			if then != nil {
				then()
			}
			return
		case after:
			p.detach(client)
		}
		if _, err := server.Write(buffer[:n]); err != nil || after {
			return
		}
	}
}

// detach closes the client's side alone: the server goes on with what it has got.
func (p *proxy) detach(client net.Conn) { _ = client.Close() }

func (p *proxy) end(client net.Conn) {
	p.mu.Lock()
	server := p.conns[client]
	delete(p.conns, client)
	p.mu.Unlock()
	_ = client.Close()
	if server != nil {
		_ = server.Close()
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	var all []net.Conn
	for client := range p.conns {
		all = append(all, client)
	}
	p.mu.Unlock()
	for _, client := range all {
		p.end(client)
	}
}

// cutAt ends the connection of whoever sends a text next, before it gets to the server, or right after.
func (p *proxy) cutAt(text string, after bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if after {
		p.cutAfter = []byte(text)
	} else {
		p.cutBefore = []byte(text)
	}
}

// cutAtThen ends the connection of whoever is about to send a text next, and calls a function before.
func (p *proxy) cutAtThen(text string, then func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutBefore, p.then = []byte(text), then
}

// hold keeps what clients send until release.
func (p *proxy) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = make(chan struct{})
	}
}

func (p *proxy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}
