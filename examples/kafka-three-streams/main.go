// Kafka-three-streams joins three topics to one master: the items, payments and parcels of each order. All four have
// equal partition counts, and the order's number as record key, so that what belongs together is in one partition.
//
//	go run ./examples/kafka-three-streams -demo
package main

import (
	"context"
	_ "embed"
	"os"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
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

func run(ctx context.Context, at demo.Kafka) error {
	number := func(o Order) int { return o.Order }
	mill, err := leat.New(settle,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Order]("orders"),
			kafka.Topic[Item]("items"),
			kafka.Topic[Payment]("payments"),
			kafka.Topic[Parcel]("parcels"),
			kafka.Topic[Account]("accounts"),
			kafka.Group("accounts"),
		)),
		leat.Join(number, func(i Item) int { return i.Order }),
		leat.Join(number, func(p Payment) int { return p.Order }),
		leat.Join(number, func(p Parcel) int { return p.Order }),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed orders.jsonl
var orders string

//go:embed items.jsonl
var items string

//go:embed payments.jsonl
var payments string

//go:embed parcels.jsonl
var parcels string

func program() demo.Program {
	return demo.Program{
		Run: run,
		Data: map[string]string{
			"orders":   orders,
			"items":    items,
			"payments": payments,
			"parcels":  parcels,
		},
		Show: []string{"accounts"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
