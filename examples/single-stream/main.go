// Single-stream calls a function for each element of a file. The function returns nothing, so nothing is written: it is
// a sink itself.
//
//	go run ./examples/single-stream
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
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

func main() {
	folder.Enter() // where the file lies
	mill, err := leat.New(list, leat.From(file.New(
		file.At[Goods]("goods.json"),
	)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
