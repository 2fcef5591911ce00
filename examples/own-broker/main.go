// Own-broker joins two tables of a SQLite database into a third, through a storage written for the purpose: see
// tables.go, and its conformance test in tables_test.go.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
)

// Order is one element of the stream of orders.
type Order struct {
	Order    int64  `json:"order"`
	Customer string `json:"customer"`
}

// Item is one element of the stream of what was ordered.
type Item struct {
	Order int64   `json:"order"`
	Price float64 `json:"price"`
}

// Bill is what an order comes to.
type Bill struct {
	Customer string  `json:"customer"`
	Total    float64 `json:"total"`
}

func bill(order Order, items []Item) Bill {
	b := Bill{Customer: order.Customer}
	for _, item := range items {
		b.Total += item.Price
	}
	return b
}

//go:embed data.sql
var data string

//go:embed more.sql
var more string

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "own-broker")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	db, err := open(filepath.Join(folder, "shop.db"))
	if err != nil {
		return err
	}
	defer db.Close()

	mill, err := leat.New(bill,
		leat.Broker(&tables{db: db, streams: []broker.Stream{
			broker.NewStream[Order]("orders"),
			broker.NewStream[Item]("items"),
			broker.NewStream[Bill]("bills"),
		}}),
		leat.Join(
			func(o Order) int64 { return o.Order },
			func(i Item) int64 { return i.Order },
		),
	)
	if err != nil {
		return err
	}
	// The second run goes on where the first one ended: it writes the bill of the new order only.
	for _, rows := range []string{data, more} {
		if _, err := db.ExecContext(ctx, rows); err != nil {
			return err
		}
		if err := mill.Run(ctx); err != nil {
			return err
		}
		if err := show(ctx, db); err != nil {
			return err
		}
	}
	return nil
}

// open opens a SQLite database for several connections at a time, which wait for each other's writing.
func open(path string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+filepath.ToSlash(path)+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
}

func show(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT id, value FROM bills ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	fmt.Println("bills:")
	for rows.Next() {
		var id int64
		var value string
		if err := rows.Scan(&id, &value); err != nil {
			return err
		}
		fmt.Println(id, value)
	}
	return rows.Err()
}
