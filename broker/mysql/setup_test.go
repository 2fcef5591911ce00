package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the driver that tests look at databases with

	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/internal/mariadbserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// server is the MariaDB of all tests; nil where there is none. Each test has a database of its own.
var server *mariadbserver.Server

// databases counts them.
var databases atomic.Int32

func TestMain(m *testing.M) { os.Exit(fixture.Main(m, "LEAT_TEST_MARIADB", start)) }

// start starts the server of all tests.
func start(ctx context.Context, dir string) (stop func() error, err error) {
	if server, err = mariadbserver.Start(ctx, dir); err != nil {
		return nil, err
	}
	return server.Stop, nil
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
