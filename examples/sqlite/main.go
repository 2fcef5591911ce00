// Sqlite joins two tables of an SQLite database and writes to a third one, exactly once: results and positions are one
// transaction. It makes leat-shop.db in the folder for temporary files, with some orders; each run adds more of them and
// goes on behind those of the run before, also after a kill -9.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // makes the shop

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/sqlite"
)

// Order is a row of the table orders.
type Order struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
}

// Item is a row of the table items, in the order of order_id and n.
type Item struct {
	OrderID int64   `json:"order_id"`
	Price   float64 `json:"price"`
}

// Total is a row of the table totals.
type Total struct {
	ID       int64   `json:"id"`
	Customer string  `json:"customer"`
	Items    int     `json:"items"`
	Total    float64 `json:"total"`
}

func total(o Order, items []Item) Total {
	t := Total{ID: o.ID, Customer: o.Customer, Items: len(items)}
	for _, i := range items {
		t.Total += i.Price
	}
	return t
}

func main() {
	if err := run(context.Background(), filepath.Join(os.TempDir(), "leat-shop.db")); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := sell(ctx, db); err != nil {
		return err
	}
	mill, err := leat.New(total,
		leat.Name("totals"),
		leat.Broker(sqlite.New(path,
			sqlite.Table[Order]("orders"),
			sqlite.Table[Item]("items"),
			sqlite.Table[Total]("totals", sqlite.Conflict("id"),
				sqlite.Columns("id INTEGER", "customer TEXT", "items INTEGER", "total REAL")),
		)),
		leat.Join(
			func(o Order) int64 { return o.ID },
			func(i Item) int64 { return i.OrderID },
		),
	)
	if err != nil {
		return err
	}
	if err := mill.Run(ctx); err != nil {
		return err
	}
	var totals int
	var sum float64
	if err := db.QueryRowContext(ctx, "SELECT count(*), sum(total) FROM totals").Scan(&totals, &sum); err != nil {
		return err
	}
	fmt.Printf("%s has %d totals, of %.2f in all\n", path, totals, sum)
	return nil
}

// sell adds three orders, and makes the tables where they don't exist.
func sell(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT);
		CREATE TABLE IF NOT EXISTS items (order_id INTEGER, n INTEGER, price REAL, PRIMARY KEY (order_id, n));
		INSERT INTO orders (customer) VALUES ('Ada'), ('Blaise'), ('Charles');
		INSERT INTO items SELECT id, n, 2.5 * n FROM orders, (SELECT 1 AS n UNION SELECT 2)
			WHERE id > (SELECT coalesce(max(order_id), 0) FROM items)`)
	return err
}
