package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// A connection through the proxy reaches the target, whatever address was dialled; a cut ends it, and keeps new ones
// from getting anywhere for its time.
func TestProxy(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	target, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p, err := newProxy(target.Addr().String())
	must(t, err)
	var g errgroup.Group
	g.Go(func() error { return p.run(ctx) })
	g.Go(func() error { return echo(target) })

	connection := ask(t, p)
	if n := p.cut(time.Hour); n != 1 {
		t.Errorf("%d connections were cut, want 1", n)
	}
	if _, err := connection.Read(make([]byte, 1)); err == nil {
		t.Error("the connection that was cut can be read")
	}
	refused, err := through(p.address())(ctx, "tcp", "kafka:9092")
	must(t, err)
	if _, err := refused.Read(make([]byte, 1)); err == nil {
		t.Error("a connection goes through while all are refused")
	}
	p.cut(0)
	ask(t, p)
	cancel()
	_ = target.Close()
	must(t, g.Wait())
}

// ask sends a line through the proxy and wants it back.
func ask(t *testing.T, p *proxy) net.Conn {
	t.Helper()
	connection, err := through(p.address())(t.Context(), "tcp", "kafka:9092")
	must(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	_, err = fmt.Fprintln(connection, "hello")
	must(t, err)
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil || line != "hello\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	return connection
}

// echo sends back what comes until the listener closes.
func echo(listener net.Listener) error {
	var g errgroup.Group
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return g.Wait()
		} else if err != nil {
			return err
		}
		g.Go(func() error {
			defer func() { _ = connection.Close() }()
			_, _ = io.Copy(connection, connection)
			return nil
		})
	}
}
