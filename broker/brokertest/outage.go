package brokertest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
)

// RunOutage checks that a storage on a server tells of it in the job's Outages while the server can't be reached, and no
// more once it can: one that comes only after the source was opened, and one that is lost later. Address is the server's;
// open returns the storage as it is reached at another one, with one stream that doesn't end and holds something. It waits
// for a minute at most.
func RunOutage(t *testing.T, address string, open func(address string) broker.Source) {
	t.Helper()
	p := newGate(t, address)
	source := open(p.address)
	outages := &broker.Outages{}
	job := &broker.Job{Name: "brokertest", Inputs: source.Streams(), Logger: slog.New(slog.DiscardHandler), Outages: outages}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	input := openLater(ctx, p, outages, func() (broker.Input, error) { return source.OpenSource(ctx, job) })
	reader, err := input.Reader(ctx, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	reading, stop := context.WithCancel(ctx)
	read := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		seen := sync.OnceFunc(func() { close(read) })
		for {
			_, err := reader.Read(reading)
			if err != nil {
				if reading.Err() == nil {
					t.Errorf("Read ends with %v though its server only was away", err)
				}
				return
			}
			seen()
		}
	})
	defer func() {
		stop()
		running.Wait()
		if err := errors.Join(reader.Close(), input.Close()); err != nil {
			t.Error(err)
		}
	}()
	<-read
	p.expectOutage(ctx, outages)
}

// RunIdleOutage checks that a sink on a server tells in the job's Outages while the server can't be reached, and no more once
// it can, though there is nothing to write: a server that comes only after the sink was opened, and one that is lost later.
// Address is the server's; open returns the sink as it is reached at another one, with one stream. It waits for a minute at
// most.
func RunIdleOutage(t *testing.T, address string, open func(address string) broker.Sink) {
	t.Helper()
	p := newGate(t, address)
	sink := open(p.address)
	outages := &broker.Outages{}
	job := &broker.Job{Name: "brokertest-idle", Outputs: sink.Streams(), Partitions: 1, Logger: slog.New(slog.DiscardHandler),
		Outages: outages}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	output := openLater(ctx, p, outages, func() (broker.Output, error) { return sink.OpenSink(ctx, job) })
	defer func() {
		if err := output.Close(); err != nil {
			t.Error(err)
		}
	}()
	if c, ok := output.(broker.Claimer); ok {
		if _, err := c.Claim(ctx, 0); err != nil {
			t.Fatal(err)
		}
	}
	p.expectOutage(ctx, outages)
}

// expectOutage closes the gate, and opens it again.
func (g *gate) expectOutage(ctx context.Context, outages *broker.Outages) {
	g.Helper()
	g.await(ctx, "the server can be reached", outages, 0)
	g.close()
	g.await(ctx, "the server is away", outages, 1)
	g.open()
	g.await(ctx, "the server is back", outages, 0)
}

// openLater opens a storage while the gate is closed, and opens the gate once that is told.
func openLater[T any](ctx context.Context, g *gate, outages *broker.Outages, open func() (T, error)) T {
	g.Helper()
	g.close()
	var opened T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		opened, err = open()
	}()
	g.await(ctx, "the server isn't there yet", outages, 1)
	g.open()
	<-done
	if err != nil {
		g.Fatalf("a server that comes later ends opening with %v", err)
	}
	return opened
}

// await waits until so many outages are told, one of which names the gate.
func (g *gate) await(ctx context.Context, what string, outages *broker.Outages, count int) {
	g.Helper()
	for {
		all := outages.Now()
		if len(all) == count {
			if count > 0 && (!strings.Contains(all[0].Storage, g.address) || all[0].Err == nil ||
				time.Since(all[0].Since) > time.Minute) {
				g.Errorf("%s: the outage is %+v, and doesn't name %s", what, all[0], g.address)
			}
			return
		}
		select {
		case <-ctx.Done():
			g.Fatalf("%s: the outages are %+v", what, all)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A gate stands before a server, and takes connections to it while it is open.
type gate struct {
	testing.TB
	address, server string

	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
	serving  sync.WaitGroup
}

func newGate(t testing.TB, server string) *gate {
	g := &gate{TB: t, address: "127.0.0.1:0", server: server}
	g.open()
	t.Cleanup(g.close)
	return g
}

func (g *gate) open() {
	g.Helper()
	listener, err := net.Listen("tcp", g.address)
	if err != nil {
		g.Fatal(err)
	}
	g.listener, g.address = listener, listener.Addr().String()
	g.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			g.serving.Go(func() { g.serve(conn) })
		}
	})
}

func (g *gate) serve(client net.Conn) {
	server, err := net.Dial("tcp", g.server)
	if err != nil {
		_ = client.Close()
		return
	}
	g.mu.Lock()
	g.conns = append(g.conns, client, server)
	g.mu.Unlock()
	var copying sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = errors.Join(to.Close(), from.Close())
	}
	copying.Go(func() { pass(server, client) })
	copying.Go(func() { pass(client, server) })
	copying.Wait()
}

func (g *gate) close() {
	_ = g.listener.Close()
	done := make(chan struct{})
	go func() {
		g.serving.Wait()
		close(done)
	}()
	for {
		g.mu.Lock()
		for _, conn := range g.conns {
			_ = conn.Close()
		}
		g.conns = nil
		g.mu.Unlock()
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond): // one may have been made just now
		}
	}
}
