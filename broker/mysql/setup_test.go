package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the driver that tests look at databases with

	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/internal/mariadbserver"
)

// server is the MariaDB of all tests; nil where there is none. Each test has a database of its own.
var server *mariadbserver.Server

// databases counts them.
var databases atomic.Int32

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run runs the tests on a server of their own. Where none is installed they are skipped, unless LEAT_TEST_MARIADB says
// "must". A process that a test starts uses the server of that test: one of its own would be left behind by kill -9.
func run(m *testing.M) (status int) {
	if os.Getenv("LEAT_HELPER") != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "leat-mariadb-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	server, err = mariadbserver.Start(context.Background(), filepath.Join(dir, "server"))
	if err != nil {
		server = nil
		if !errors.Is(err, mariadbserver.ErrNotInstalled) || os.Getenv("LEAT_TEST_MARIADB") == "must" {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}
	defer func() {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}()
	return m.Run()
}

// A database is one of a test, with connections of the user who may do everything.
type database struct {
	*relationtest.Shop
	name, url string
}

func newDatabase(t testing.TB) *database {
	t.Helper()
	if server == nil {
		t.Skip("MariaDB isn't installed")
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	d := databaseAt(t, name, urlOf(mariadbserver.User, mariadbserver.Password, name))
	d.connect("")
	d.Exec("CREATE DATABASE " + d.name + " CHARACTER SET utf8mb4")
	d.Must(d.DB.Close())
	d.connect(d.name)
	t.Cleanup(func() { _ = d.DB.Close() })
	return d
}

// databaseAt is a database that isn't connected.
func databaseAt(t testing.TB, name, url string) *database {
	d := &database{name: name, url: url}
	d.Shop = &relationtest.Shop{Database: &relationtest.Database{TB: t}, NewOrder: "INSERT INTO orders VALUES ()", Mill: d.mill,
		Environment: []string{"LEAT_HELPER_URL=" + url}}
	return d
}

func urlOf(user, password, database string) string {
	return server.URL(user, password, database)
}

func (d *database) connect(name string) {
	d.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/%s?multiStatements=true&interpolateParams=true&charset=utf8mb4",
		mariadbserver.User, mariadbserver.Password, server.Address(), name))
	d.Must(err)
	d.DB = db
}
