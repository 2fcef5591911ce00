// Three-streams joins three streams to one master: the items, payments and parcels of each order. Orders that lack one
// of them don't reach the function; matches of an order that isn't there don't either.
//
//	go run ./examples/three-streams
package main

import (
	"context"
	"log"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Order is an element of the master stream.
type Order struct {
	Order    int    `json:"order"`
	Customer string `json:"customer"`
}

// Item is what was ordered.
type Item struct {
	Order int `json:"order"`
	Price int `json:"price"`
}

// Payment is what a customer paid.
type Payment struct {
	Order  int `json:"order"`
	Amount int `json:"amount"`
}

// Parcel is what was sent.
type Parcel struct {
	Order  int    `json:"order"`
	Number string `json:"number"`
}

// Account is the state of an order that was paid, in part at least, and sent.
type Account struct {
	Order    int      `json:"order"`
	Customer string   `json:"customer"`
	Parcels  []string `json:"parcels"`
	Due      int      `json:"due"`
}

func settle(order Order, items []Item, payments []Payment, parcels []Parcel) Account {
	account := Account{Order: order.Order, Customer: order.Customer}
	for _, item := range items {
		account.Due += item.Price
	}
	for _, payment := range payments {
		account.Due -= payment.Amount
	}
	for _, parcel := range parcels {
		account.Parcels = append(account.Parcels, parcel.Number)
	}
	return account
}

func main() {
	folder.Enter() // where the files lie
	number := func(o Order) int { return o.Order }
	mill, err := leat.New(settle,
		leat.Broker(file.New(
			file.At[Order]("orders.jsonl"),
			file.At[Item]("items.jsonl"),
			file.At[Payment]("payments.jsonl"),
			file.At[Parcel]("parcels.jsonl"),
			file.At[Account]("-"), // standard output
		)),
		leat.Join(number, func(i Item) int { return i.Order }),
		leat.Join(number, func(p Payment) int { return p.Order }),
		leat.Join(number, func(p Parcel) int { return p.Order }),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
