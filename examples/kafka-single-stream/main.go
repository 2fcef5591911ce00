// Kafka-single-stream calls a function for each element of a topic. The function returns nothing, so nothing is
// written: it is a sink itself. The group keeps how far it has come.
//
//	go run ./examples/kafka-single-stream -demo
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
)

// Goods is one line of a shop's stock.
type Goods struct {
	Title    string `json:"title"`
	Quantity int    `json:"quantity"`
	Price    int    `json:"price"` // in cents
}

func list(g Goods) {
	fmt.Printf("%-8s %3d for %4d cents each\n", g.Title, g.Quantity, g.Price)
}

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(list, leat.From(kafka.New(at.Brokers,
		kafka.Topic[Goods]("goods"),
		kafka.Group("list"),
	)))
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed goods.json
var goods string

func program() demo.Program {
	return demo.Program{
		Run:  run,
		Data: map[string]string{"goods": goods},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
