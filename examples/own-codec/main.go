// Own-codec reads and writes elements that travel in envelopes, by a codec of its own: see codec.go. The function knows
// nothing of them.
//
//	go run ./examples/own-codec
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
	Number   int    `json:"number"`
	Customer string `json:"customer"`
	Total    int    `json:"total"`
}

// Refund is what a customer got back for an order.
type Refund struct {
	Order  int `json:"order"`
	Amount int `json:"amount"`
}

// Corrected is an order of which something was given back.
type Corrected struct {
	Number int `json:"number"`
	Total  int `json:"total"`
}

func correct(order Order, refunds []Refund) Corrected {
	c := Corrected{order.Number, order.Total}
	for _, refund := range refunds {
		c.Total -= refund.Amount
	}
	return c
}

func main() {
	folder.Enter() // where the files lie
	mill, err := leat.New(correct,
		leat.Broker(file.New(
			file.At[Order]("orders.jsonl", file.Codec(envelopes{"order"})),
			file.At[Refund]("refunds.jsonl", file.Codec(envelopes{"refund"})),
			file.At[Corrected]("-", file.Codec(envelopes{"corrected"})), // standard output
		)),
		leat.Join(
			func(o Order) int { return o.Number },
			func(r Refund) int { return r.Order },
		),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
