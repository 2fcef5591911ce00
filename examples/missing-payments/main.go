// Missing-payments finds orders that were not paid within an hour. From the root of the repository:
//
//	go run ./examples/missing-payments
//
// Payments are in the order in which they came, not in that of the orders, so that the number of the order is a match
// key. On a live stream an order is told as soon as a payment of any order has come that is more than an hour after it:
// then its own can't come any more.
package main

import (
	"context"
	"log"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Order is an element of the master stream.
type Order struct {
	Order    int       `json:"order"`
	Placed   time.Time `json:"placed"`
	Customer string    `json:"customer"`
}

// Payment is what a customer paid for an order.
type Payment struct {
	Order int       `json:"order"`
	Paid  time.Time `json:"paid"`
}

// Reminder is sent to a customer who hasn't paid.
type Reminder struct {
	Order    int       `json:"order"`
	Customer string    `json:"customer"`
	Due      time.Time `json:"due"`
}

// remind is called for orders without a payment only. Payments are no parameter: there are none.
func remind(o Order) Reminder {
	return Reminder{o.Order, o.Customer, o.Placed.Add(time.Hour)}
}

// newMill makes the mill on the storage given: files below, memory in the tests.
func newMill(storage leat.Option) (*leat.Mill, error) {
	return leat.New(remind, storage,
		leat.Join(
			func(o Order) time.Time { return o.Placed },
			func(p Payment) time.Time { return p.Paid },
			leat.By(
				func(o Order) int { return o.Order },
				func(p Payment) int { return p.Order },
			),
			leat.Within(0, time.Hour),
			leat.Absent(),
		),
	)
}

func main() {
	folder.Enter() // where the files lie
	mill, err := newMill(leat.Broker(file.New(
		file.At[Order]("orders.jsonl"),
		file.At[Payment]("payments.jsonl"),
		file.At[Reminder]("-"), // standard output
	)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
