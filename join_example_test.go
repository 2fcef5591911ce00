package leat_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

// Deal and Price are of a market. Prices of all tickers are in one stream.
type Deal struct {
	Time   time.Time `json:"time"`
	Ticker string    `json:"ticker"`
}

type Price struct {
	Time   time.Time `json:"time"`
	Ticker string    `json:"ticker"`
	Bid    float64   `json:"bid"`
}

func (d Deal) at() time.Time   { return d.Time }
func (p Price) at() time.Time  { return p.Time }
func (d Deal) ticker() string  { return d.Ticker }
func (p Price) ticker() string { return p.Ticker }

// runMarket runs a function over three deals and three prices.
func runMarket(fn any, options ...leat.Option) {
	second := func(n int) time.Time { return time.Date(2026, 11, 29, 12, 0, n, 0, time.UTC) }
	market := memory.New(memory.Stream[Deal]("deals"), memory.Stream[Price]("prices"))
	if err := errors.Join(
		memory.Append(market, "deals", 0, Deal{second(1), "A"}, Deal{second(5), "B"}, Deal{second(9), "A"}),
		memory.Append(market, "prices", 0, Price{second(0), "A", 10.5}, Price{second(3), "B", 7}, Price{second(4), "A", 11}),
		market.End("deals"),
		market.End("prices"),
	); err != nil {
		log.Fatal(err)
	}
	silent := leat.Logger(slog.New(slog.DiscardHandler))
	mill, err := leat.New(fn, append(options, leat.Broker(market), silent)...)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// Each deal gets the last price of its ticker, where there was one in the two seconds before.
func ExampleAsOf() {
	runMarket(func(d Deal, last *Price) {
		if last == nil {
			fmt.Println(d.Ticker, "without a price")
			return
		}
		fmt.Println(d.Ticker, last.Bid)
	}, leat.AsOf(Deal.at, Price.at,
		leat.By(Deal.ticker, Price.ticker),
		leat.Within(2*time.Second, 0),
		leat.Optional()))
	// Output:
	// A 10.5
	// B 7
	// A without a price
}

// Each deal gets the prices of all tickers from two seconds before it to one after.
func ExampleWithin() {
	runMarket(func(d Deal, around []Price) {
		fmt.Println(d.Ticker, len(around))
	}, leat.Join(Deal.at, Price.at, leat.Within(2*time.Second, time.Second)))
	// Output:
	// A 1
	// B 2
}

// Only deals of whose ticker no price was there in the two seconds before reach the function.
func ExampleAbsent() {
	runMarket(func(d Deal) {
		fmt.Println(d.Ticker, d.Time.Second())
	}, leat.Join(Deal.at, Price.at,
		leat.By(Deal.ticker, Price.ticker),
		leat.Within(2*time.Second, 0),
		leat.Absent()))
	// Output:
	// A 9
}

// Each deal gets the price that is nearest in time, of any ticker and on either side, at most a second away.
func ExampleNearest() {
	runMarket(func(d Deal, p Price) {
		fmt.Println(d.Time.Second(), p.Time.Second())
	}, leat.Join(Deal.at, Price.at, leat.Nearest(), leat.Within(time.Second, time.Second)))
	// Output:
	// 1 0
	// 5 4
}
