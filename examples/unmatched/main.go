// Unmatched tells why elements of two streams do not meet: orders without a payment, payments without an order.
//
//	go run ./examples/unmatched
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Order is an order of a shop.
type Order struct {
	Number int    `json:"number"`
	Goods  string `json:"goods"`
}

// Payment pays for an order.
type Payment struct {
	Order int `json:"order"`
	Cents int `json:"cents"`
}

func ship(o Order, payments []Payment) {
	fmt.Printf("ship %s: order %d is paid in %d part(s)\n", o.Goods, o.Number, len(payments))
}

// tell is called for each element that the function didn't get.
func tell(u leat.Unmatched) {
	switch e := u.Value.(type) {
	case *Order:
		fmt.Printf("order %d of %s is not paid: %s, its neighbours are %v and %v\n",
			e.Number, e.Goods, u.Verdict, u.Before, u.After)
	case *Payment:
		fmt.Printf("%d cents are for order %d, which nobody made: %s, its neighbours are %v and %v\n",
			e.Cents, e.Order, u.Verdict, u.Before, u.After)
	}
}

func main() {
	folder.Enter() // where the files lie
	mill, err := leat.New(ship,
		leat.From(file.New(
			file.At[Order]("orders.json"),
			file.At[Payment]("payments.json"),
		)),
		leat.Join(func(o Order) int { return o.Number }, func(p Payment) int { return p.Order }),
		leat.OnUnmatched(tell),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
