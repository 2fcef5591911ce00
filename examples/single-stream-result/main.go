// Single-stream-result makes one result of each element of a file, or none: a nil pointer writes nothing.
//
//	go run ./examples/single-stream-result
package main

import (
	"context"
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

// Offer is what a customer may buy.
type Offer struct {
	Title string `json:"title"`
	Price int    `json:"price"`
}

// offer makes everything dearer by a tenth, and offers only what is there.
func offer(g Goods) *Offer {
	if g.Quantity == 0 {
		return nil
	}
	return &Offer{g.Title, g.Price * 11 / 10}
}

func main() {
	folder.Enter() // where the file lies
	mill, err := leat.New(offer, leat.Broker(file.New(
		file.At[Goods]("goods.json"),
		file.At[Offer]("-"), // standard output
	)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
