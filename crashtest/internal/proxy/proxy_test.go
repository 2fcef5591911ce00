package proxy

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
	p, err := New(target.Addr().String())
	must(t, err)
	var g errgroup.Group
	g.Go(func() error { return p.Run(ctx) })
	g.Go(func() error { return echo(target) })

	connection := ask(t, p)
	if n := p.Connections(); n != 1 {
		t.Errorf("there are %d connections, want 1", n)
	}
	if n := p.Cut(time.Hour); n != 1 {
		t.Errorf("%d connections were cut, want 1", n)
	}
	if _, err := connection.Read(make([]byte, 1)); err == nil {
		t.Error("the connection that was cut can be read")
	}
	refused, err := Through(p.Address())(ctx, "tcp", "kafka:9092")
	must(t, err)
	if _, err := refused.Read(make([]byte, 1)); err == nil {
		t.Error("a connection goes through while all are refused")
	}
	p.Cut(0)
	ask(t, p)
	cancel()
	_ = target.Close()
	must(t, g.Wait())
}

// ask sends a line through the proxy and wants it back.
func ask(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	connection, err := Through(p.Address())(t.Context(), "tcp", "kafka:9092")
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

// What is lost cuts its connection, and what comes before it goes through.
func TestLose(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	target, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p, err := New(target.Addr().String())
	must(t, err)
	var g errgroup.Group
	g.Go(func() error { return p.Run(ctx) })
	g.Go(func() error { return echo(target) })
	for _, c := range []struct {
		direction Direction
		half      bool
		want      string
	}{{Answer, false, ""}, {Answer, true, "COM"}, {Request, true, "COM"}, {Request, false, ""}} {
		connection := ask(t, p)
		lost := 0
		p.Lose(c.direction, []byte("COMMIT"), 1, c.half, func() { lost++ })
		for _, piece := range []string{"other\n", "COMMIT\n"} {
			_, err := io.WriteString(connection, piece)
			must(t, err)
			reply := make([]byte, len(piece))
			_, err = io.ReadFull(connection, reply)
			must(t, err)
		}
		_, err := io.WriteString(connection, "COMMIT")
		must(t, err)
		// The echo of half a request may be lost, too.
		got, _ := io.ReadAll(connection)
		if lost != 1 || string(got) != c.want && (c.direction == Answer || len(got) > 0) {
			t.Errorf("%v: %q has arrived, and %d were lost", c, got, lost)
		}
	}
	cancel()
	_ = target.Close()
	must(t, g.Wait())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
