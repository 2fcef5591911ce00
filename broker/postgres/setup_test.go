package postgres_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/internal/postgresserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
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

// A database is one of a test, with a connection of the superuser.
type database struct {
	testing.TB
	name string
	url  string
	// output is the url of the database that results go to, where that is another one.
	output string
	conn   *pgconn.PgConn
}

func newDatabase(t testing.TB) *database {
	t.Helper()
	if server == nil {
		t.Skip("PostgreSQL isn't installed")
	}
	d := &database{TB: t, name: fmt.Sprintf("test%d", databases.Add(1))}
	d.url = server.URL(postgresserver.User, postgresserver.Password, "postgres")
	d.connect()
	d.exec("CREATE DATABASE " + d.name)
	_ = d.conn.Close(context.Background())
	d.url = server.URL(postgresserver.User, postgresserver.Password, d.name)
	d.connect()
	t.Cleanup(d.dropSlots)
	return d
}

// dropSlots drops the database's replication slots, which hold back the log of the whole server, and closes the
// connection.
func (d *database) dropSlots() {
	slots := "FROM pg_replication_slots WHERE database = current_database()"
	_, err := d.conn.Exec(context.Background(), "SELECT pg_terminate_backend(active_pid, 10000) "+slots+
		" AND active; SELECT pg_drop_replication_slot(slot_name) "+slots).ReadAll()
	if err != nil {
		d.Logf("replication slots are left behind: %v", err)
	}
	_ = d.conn.Close(context.Background())
}

func (d *database) connect() {
	d.Helper()
	conn, err := pgconn.Connect(context.Background(), d.url)
	d.must(err)
	d.conn = conn
}

func (d *database) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// exec runs statements.
func (d *database) exec(sql string) {
	d.Helper()
	_, err := d.conn.Exec(context.Background(), sql).ReadAll()
	d.must(err)
}

// query returns the rows of a statement as texts; NULL is "NULL".
func (d *database) query(sql string) (rows [][]string) {
	d.Helper()
	results, err := d.conn.Exec(context.Background(), sql).ReadAll()
	d.must(err)
	for _, r := range results[0].Rows {
		var row []string
		for _, v := range r {
			if v == nil {
				row = append(row, "NULL")
			} else {
				row = append(row, string(v))
			}
		}
		rows = append(rows, row)
	}
	return rows
}
