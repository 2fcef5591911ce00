package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/internal/postgresserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/postgres"
)

// server is the PostgreSQL of all tests; nil where there is none. Each test has a database of its own.
var server *postgresserver.Server

// databases counts them.
var databases atomic.Int32

func TestMain(m *testing.M) { os.Exit(fixture.Main(m, "LEAT_TEST_POSTGRES", start)) }

// start starts the server of all tests.
func start(ctx context.Context, dir string) (stop func() error, err error) {
	if server, err = postgresserver.Start(ctx, dir); err != nil {
		return nil, err
	}
	return server.Stop, nil
}

// A workplace is a directory and a database of a test.
type workplace struct {
	testing.TB
	dir, url string
	conn     *pgconn.PgConn
}

func newWorkplace(t testing.TB) *workplace {
	t.Helper()
	if server == nil {
		t.Skip("PostgreSQL isn't installed")
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	w := &workplace{TB: t, dir: t.TempDir()}
	w.connect("postgres")
	w.exec("CREATE DATABASE " + name)
	_ = w.conn.Close(t.Context())
	w.connect(name)
	t.Cleanup(func() { _ = w.conn.Close(context.Background()) })
	return w
}

func (w *workplace) connect(database string) {
	w.Helper()
	w.url = server.URL(postgresserver.User, postgresserver.Password, database)
	var err error
	if w.conn, err = pgconn.Connect(w.Context(), w.url); err != nil {
		w.Fatal(err)
	}
}

// exec runs SQL, and returns the texts of what it gives, a line for each row.
func (w *workplace) exec(sql string) string {
	w.Helper()
	results, err := w.conn.Exec(w.Context(), sql).ReadAll()
	if err != nil {
		w.Fatalf("%s: %v", sql, err)
	}
	var text strings.Builder
	for _, row := range results[len(results)-1].Rows {
		text.Write(bytes.Join(row, []byte(" ")))
		text.WriteByte('\n')
	}
	return text.String()
}

func (w *workplace) write(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w *workplace) read(name string) string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

// load makes a pipeline of a text behind the one that says how the database is reached.
func (w *workplace) load(text string) *pipeline.Pipeline {
	w.Helper()
	p, err := pipeline.Parse(filepath.Join(w.dir, "shop.yaml"), []byte("postgres: {url: '"+w.url+"'}\n"+text),
		postgres.Storage())
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// run runs a pipeline with a logger that keeps what is said.
func (w *workplace) run(p *pipeline.Pipeline) (log string) {
	w.Helper()
	var text bytes.Buffer
	if err := p.Run(w.Context(), pipeline.Options{Logger: slog.New(slog.NewTextHandler(&text, nil))}); err != nil {
		w.Fatal(err)
	}
	return text.String()
}

func quiet() pipeline.Options {
	return pipeline.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
}
