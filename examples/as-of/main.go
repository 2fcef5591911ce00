// As-of gives each trade the last quote of its ticker: the one that was there when the trade was made. From the root of
// the repository:
//
//	go run ./examples/as-of
//
// A quote that is older than two seconds counts as none; such a trade comes without one. Where several quotes have the
// time of the trade, the last of them in the stream is taken.
package main

import (
	"context"
	"log"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Trade is an element of the master stream: shares that changed hands.
type Trade struct {
	Time   time.Time `json:"time"`
	Ticker string    `json:"ticker"`
	Cents  int64     `json:"cents"` // the price of a share
}

// Quote is what was bid and asked for a share from its time on, until the next quote of the ticker.
type Quote struct {
	Time   time.Time `json:"time"`
	Ticker string    `json:"ticker"`
	Bid    int64     `json:"bid"` // in cents
	Ask    int64     `json:"ask"`
}

// Fill is a trade beside its quote. Without one, the last three members are null.
type Fill struct {
	Time   time.Time `json:"time"`
	Ticker string    `json:"ticker"`
	Cents  int64     `json:"cents"`
	Bid    *int64    `json:"bid"`
	Ask    *int64    `json:"ask"`
	Age    *string   `json:"age"` // how old the quote was
}

func fill(trade Trade, quote *Quote) Fill {
	f := Fill{Time: trade.Time, Ticker: trade.Ticker, Cents: trade.Cents}
	if quote != nil {
		age := trade.Time.Sub(quote.Time).String()
		f.Bid, f.Ask, f.Age = &quote.Bid, &quote.Ask, &age
	}
	return f
}

// newMill makes the mill on the storage given: files below, memory in the tests.
func newMill(storage leat.Option) (*leat.Mill, error) {
	return leat.New(fill, storage,
		leat.AsOf(
			func(t Trade) time.Time { return t.Time },
			func(q Quote) time.Time { return q.Time },
			leat.By(
				func(t Trade) string { return t.Ticker },
				func(q Quote) string { return q.Ticker },
			),
			leat.Within(2*time.Second, 0),
			leat.Optional(),
		),
	)
}

func main() {
	folder.Enter() // where the files lie
	mill, err := newMill(leat.Broker(file.New(
		file.At[Trade]("trades.jsonl"),
		file.At[Quote]("quotes.jsonl"),
		file.At[Fill]("-"), // standard output
	)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
