package postgres_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/postgres"
)

// serve has each connection to an address of its own served by a function.
func serve(t *testing.T, each func(client net.Conn)) net.Addr {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go each(client)
		}
	}()
	return listener.Addr()
}

// A pooler that doesn't know what a connection begins with ends the run at once, with what mends it: waiting doesn't.
func TestPoolerThatRefusesSettings(t *testing.T) {
	at := serve(t, func(client net.Conn) {
		defer func() { _ = client.Close() }()
		pooler := pgproto3.NewBackend(client, client)
		if _, err := pooler.ReceiveStartupMessage(); err != nil {
			return
		}
		pooler.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "08P01",
			Message: "unsupported startup parameter: extra_float_digits"})
		_ = pooler.Flush()
	})
	b := postgres.New("postgres://leat@"+at.String()+"/shop?sslmode=disable", postgres.Table[object]("orders"))
	mill, err := leat.New(func(object) {}, leat.Name("read"), leat.Logger(slog.New(slog.DiscardHandler)), leat.From(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "connect to PostgreSQL itself") {
		t.Errorf("error %v", err)
	}
}

// A pooler that lets a run through is told of in the log.
func TestPoolerIsToldOf(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders VALUES (1)")
	at := serve(t, func(client net.Conn) {
		defer func() { _ = client.Close() }()
		behind, err := net.Dial("tcp", server.Address())
		if err != nil {
			return
		}
		defer func() { _ = behind.Close() }()
		go func() { _, _ = io.Copy(behind, client) }()
		_, _ = io.Copy(client, &renumbering{Reader: behind})
	})
	var log bytes.Buffer
	b := postgres.New(d.url, through(at), postgres.Table[object]("orders"))
	mill, err := leat.New(func(object) {}, leat.Name("read"), leat.Logger(slog.New(slog.NewTextHandler(&log, nil))),
		leat.From(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "a pooler such as PgBouncer stands before the database") {
		t.Errorf("the log is\n%s", log.String())
	}
}

// A renumbering reader gives the server's first answers another number of the process that serves, as a pooler does.
type renumbering struct {
	io.Reader
	done bool
}

func (r *renumbering) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	key := bytes.Index(p[:n], []byte{'K', 0, 0, 0, 12})
	if !r.done && key >= 0 {
		p[key+5] ^= 1 // the highest byte of the number
		r.done = true
	}
	return n, err
}
