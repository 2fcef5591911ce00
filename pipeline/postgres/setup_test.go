package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/internal/postgresserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
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
	storagetest.Workplace
	conn *pgconn.PgConn
}

func newWorkplace(t testing.TB) *workplace {
	t.Helper()
	if server == nil {
		t.Skip("PostgreSQL isn't installed")
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	w := &workplace{Workplace: storagetest.Workplace{TB: t, Kind: postgres.Storage(), Dir: t.TempDir()}}
	w.Exec, w.Query = func(sql string) { w.exec(sql) }, w.exec
	w.connect("postgres")
	w.exec("CREATE DATABASE " + name)
	_ = w.conn.Close(t.Context())
	w.connect(name)
	t.Cleanup(func() { _ = w.conn.Close(context.Background()) })
	return w
}

func (w *workplace) connect(database string) {
	w.Helper()
	w.URL = server.URL(postgresserver.User, postgresserver.Password, database)
	var err error
	if w.conn, err = pgconn.Connect(w.Context(), w.URL); err != nil {
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
