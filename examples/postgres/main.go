// Postgres joins a table of a PostgreSQL database with what a query gives, and writes to another table, exactly once:
// results and positions are one transaction.
//
//	go run ./examples/postgres -demo
//
// starts a server in a temporary folder, of the programs that are installed (on Debian: apt install postgresql). On a
// server of your own it needs a database:
//
//	sudo apt install postgresql
//	sudo -u postgres createuser --superuser $USER && createdb shop
//	go run ./examples/postgres -url 'postgres:///shop?host=/var/run/postgresql'
//
// Each run adds some orders, and goes on behind those of the run before, also after a kill -9. Without -url the
// environment's PGHOST, PGDATABASE and so on say where the database is.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/examples/internal/server"
	"github.com/leat-go/leat/internal/postgresserver"
)

// Order is a row of the table orders.
type Order struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
}

// Item is a row of a query: an order's item with its price.
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
		leat.Broker(postgres.New(url,
			postgres.Table[Order]("orders"), // in the order of its primary key
			postgres.Query[Item]("items",
				"SELECT order_id, n, amount * cents AS cents FROM items JOIN articles USING (article)",
				postgres.OrderBy("order_id", "n")),
			postgres.Table[Total]("totals", postgres.Conflict("id"), // made where it doesn't exist
				postgres.Columns("id bigint", "customer text", "items int", "cents bigint")),
		)),
		leat.Join(
			func(o Order) int64 { return o.ID },
			func(i Item) int64 { return i.OrderID },
		),
	)
}

func main() { os.Exit(program().Main(os.Args[1:])) }

func program() server.Program { return server.Program{Run: run, Start: postgresserver.Demo} }

// run sells something, runs the mill, and prints the totals.
func run(ctx context.Context, url string, out io.Writer) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := sell(ctx, conn); err != nil {
		return err
	}
	mill, err := newMill(url)
	if err != nil {
		return err
	}
	if err := mill.Run(ctx); err != nil {
		return err
	}
	return show(ctx, conn, out)
}

// sell adds three orders, and makes the tables where they don't exist.
func sell(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS articles (article text PRIMARY KEY, cents bigint NOT NULL);
		CREATE TABLE IF NOT EXISTS orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer text);
		CREATE TABLE IF NOT EXISTS items (order_id bigint REFERENCES orders, n int, article text REFERENCES articles,
			amount int, PRIMARY KEY (order_id, n));
		INSERT INTO articles VALUES ('bread', 350), ('milk', 120) ON CONFLICT DO NOTHING;
		WITH sold AS (INSERT INTO orders (customer) VALUES ('Ada'), ('Blaise'), ('Charles') RETURNING id)
			INSERT INTO items SELECT id, n, article, n FROM sold, (VALUES (1, 'bread'), (2, 'milk')) AS of (n, article)`)
	return err
}

// show prints what the output holds.
func show(ctx context.Context, conn *pgx.Conn, out io.Writer) error {
	rows, err := conn.Query(ctx, "SELECT id, customer, items, cents FROM totals ORDER BY id")
	if err != nil {
		return err
	}
	totals, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Total])
	for _, t := range totals {
		fmt.Fprintf(out, "%d %-8s %d items %5.2f\n", t.ID, t.Customer, t.Items, float64(t.Cents)/100)
	}
	return err
}
