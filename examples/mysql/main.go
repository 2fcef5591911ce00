// Mysql joins two tables of a MySQL or MariaDB database and writes to a third one, exactly once: results and positions
// are one transaction.
//
//	go run ./examples/mysql -demo
//
// starts a MariaDB in a temporary folder, of the programs that are installed (on Debian: apt install mariadb-server). On
// a server of your own it needs a database:
//
//	sudo apt install mariadb-server
//	sudo mariadb -e "CREATE DATABASE shop; GRANT ALL ON shop.* TO $USER@localhost IDENTIFIED VIA unix_socket"
//	go run ./examples/mysql -url 'mysql:///shop?socket=/run/mysqld/mysqld.sock'
//
// Each run adds some orders, and goes on behind those of the run before, also after a kill -9. Without -url the
// environment's MYSQL_HOST, MYSQL_USER, MYSQL_PWD, MYSQL_DATABASE and so on say where the database is.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/mysql"
	"github.com/leat-go/leat/examples/internal/server"
	"github.com/leat-go/leat/internal/mariadbserver"
)

// Order is a row of the table orders.
type Order struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
}

// Item is a row of the table items, in the order of order_id and n.
type Item struct {
	OrderID int64 `json:"order_id"`
	Cents   int64 `json:"cents"`
}

// Total is a row of the table totals.
type Total struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
	Items    int    `json:"items"`
	Cents    int64  `json:"cents"`
}

func total(o Order, items []Item) Total {
	t := Total{ID: o.ID, Customer: o.Customer, Items: len(items)}
	for _, i := range items {
		t.Cents += i.Cents
	}
	return t
}

func newMill(url string) (*leat.Mill, error) {
	return leat.New(total,
		leat.Name("totals"), // positions are kept under it
		leat.Broker(mysql.New(url,
			mysql.Table[Order]("orders"), // in the order of its primary key
			mysql.Table[Item]("items", mysql.OrderBy("order_id", "n")),
			mysql.Table[Total]("totals", mysql.Conflict("id"), // made where it doesn't exist
				mysql.Columns("id BIGINT", "customer TEXT", "items INT", "cents BIGINT")),
		)),
		leat.Join(
			func(o Order) int64 { return o.ID },
			func(i Item) int64 { return i.OrderID },
		),
	)
}

func main() { os.Exit(program().Main(os.Args[1:])) }

func program() server.Program { return server.Program{Run: run, Start: mariadbserver.Demo} }

// run sells something, runs the mill, and prints the totals.
func run(ctx context.Context, url string, out io.Writer) (err error) {
	config, err := mysql.ParseURL(url)
	if err != nil {
		return err
	}
	connector, err := driver.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := sell(ctx, db); err != nil {
		return err
	}
	mill, err := newMill(url)
	if err != nil {
		return err
	}
	if err := mill.Run(ctx); err != nil {
		return err
	}
	return show(ctx, db, out)
}

// sell adds three orders, and makes the tables where they don't exist.
func sell(ctx context.Context, db *sql.DB) error {
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, customer TEXT)",
		"CREATE TABLE IF NOT EXISTS items (order_id BIGINT, n INT, cents BIGINT, PRIMARY KEY (order_id, n))",
		"INSERT INTO orders (customer) VALUES ('Ada'), ('Blaise'), ('Charles')",
		`INSERT INTO items SELECT id, n, 120 * n FROM orders, (SELECT 1 AS n UNION SELECT 2) AS numbers
			WHERE id > (SELECT coalesce(max(order_id), 0) FROM items)`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// show prints what the output holds.
func show(ctx context.Context, db *sql.DB, out io.Writer) error {
	rows, err := db.QueryContext(ctx, "SELECT id, customer, items, cents FROM totals ORDER BY id")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t Total
		if err := rows.Scan(&t.ID, &t.Customer, &t.Items, &t.Cents); err != nil {
			return err
		}
		fmt.Fprintf(out, "%d %-8s %d items %5.2f\n", t.ID, t.Customer, t.Items, float64(t.Cents)/100)
	}
	return rows.Err()
}
