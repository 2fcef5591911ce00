package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat/internal/mariadbserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
	"github.com/leat-go/leat/pipeline/mysql"
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

// A workplace is a directory and a database of a test.
type workplace struct {
	storagetest.Workplace
	db *sql.DB
}

// workplaceIn returns a workplace that isn't connected yet.
func workplaceIn(t testing.TB, dir string) *workplace {
	w := &workplace{Workplace: storagetest.Workplace{TB: t, Kind: mysql.Storage(), Dir: dir}}
	w.Exec, w.Query = w.exec, w.query
	return w
}

func newWorkplace(t testing.TB) *workplace {
	t.Helper()
	if server == nil {
		t.Skip("MariaDB isn't installed")
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	w := workplaceIn(t, t.TempDir())
	w.connectTo(server, "")
	w.exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4")
	_ = w.db.Close()
	w.connectTo(server, name)
	w.URL = server.URL(mariadbserver.User, mariadbserver.Password, name)
	t.Cleanup(func() { _ = w.db.Close() })
	return w
}

func (w *workplace) connectTo(server *mariadbserver.Server, database string) {
	w.Helper()
	config := driver.NewConfig()
	config.User, config.Passwd, config.DBName = mariadbserver.User, mariadbserver.Password, database
	config.Net, config.Addr, config.MultiStatements = "tcp", server.Address(), true
	connector, err := driver.NewConnector(config)
	if err != nil {
		w.Fatal(err)
	}
	w.db = sql.OpenDB(connector)
}

// exec runs statements.
func (w *workplace) exec(statements string) {
	w.Helper()
	if _, err := w.db.ExecContext(w.Context(), statements); err != nil {
		w.Fatalf("%s: %v", statements, err)
	}
}

// query returns the texts of what a statement gives, a line for each row.
func (w *workplace) query(statement string) string {
	w.Helper()
	rows, err := w.db.QueryContext(w.Context(), statement)
	if err != nil {
		w.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		w.Fatal(err)
	}
	var text strings.Builder
	for rows.Next() {
		row, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			w.Fatal(err)
		}
		texts := make([]string, len(row))
		for i := range row {
			texts[i] = row[i].String
		}
		text.WriteString(strings.Join(texts, " ") + "\n")
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
	return text.String()
}
