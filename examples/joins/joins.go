// Package joins has a mill for each kind of join, all over the same trades and quotes. docs/joins.md shows them, beside
// the pipeline file of the same name and a picture; the test holds page, mills and pipeline files together.
package joins

import (
	"context"
	"io"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
)

//go:generate go run ./draw

// Trade is an element of the master stream.
type Trade struct {
	Time   int64  `json:"time"`
	Ticker string `json:"ticker"`
}

// Quote is what was bid from its time on.
type Quote struct {
	Time   int64  `json:"time"`
	Ticker string `json:"ticker"`
	Bid    int64  `json:"bid"`
}

func (t Trade) at() int64      { return t.Time }
func (t Trade) ticker() string { return t.Ticker }
func (q Quote) at() int64      { return q.Time }
func (q Quote) ticker() string { return q.Ticker }

// Bids has the bids of all quotes that match a trade.
type Bids struct {
	Time int64   `json:"time"`
	Bids []int64 `json:"bids"`
}

// Bid has the bid of the one quote that matches a trade, or null.
type Bid struct {
	Time int64  `json:"time"`
	Bid  *int64 `json:"bid"`
}

// Alone is a trade without a quote.
type Alone struct {
	Time int64 `json:"time"`
}

func bids(t Trade, quotes []Quote) Bids {
	r := Bids{Time: t.Time}
	for _, q := range quotes {
		r.Bids = append(r.Bids, q.Bid)
	}
	return r
}

func bid(t Trade, q Quote) Bid { return Bid{t.Time, &q.Bid} }

func bidOrNone(t Trade, q *Quote) Bid {
	if q == nil {
		return Bid{Time: t.Time}
	}
	return bid(t, *q)
}

func alone(t Trade) Alone { return Alone{t.Time} }

// A Kind is a join of trades with quotes.
type Kind struct {
	Name   string // of the pipeline file, the picture and the part of docs/joins.md
	New    func(storage leat.Option) (*leat.Mill, error)
	Quotes string // the file of the quotes
	result file.Option
}

// Kinds returns all joins, in the order of docs/joins.md.
func Kinds() []Kind {
	manyBids, oneBid, none := file.At[Bids]("-"), file.At[Bid]("-"), file.At[Alone]("-")
	const quotes = "quotes.jsonl"
	return []Kind{
		{"exact", exact, quotes, manyBids},
		{"last", last, quotes, oneBid},
		{"first", first, quotes, oneBid},
		{"nearest", nearest, quotes, oneBid},
		{"within", within, quotes, manyBids},
		{"optional", optional, quotes, oneBid},
		{"absent", absent, quotes, none},
		{"by", by, quotes, oneBid},
		{"sort", sort, "quotes-disordered.jsonl", oneBid},
	}
}

// Run joins the files of this folder, which must be the working directory, and writes the results as JSON lines.
func (k Kind) Run(ctx context.Context, results io.Writer) error {
	mill, err := k.New(leat.Broker(file.New(
		file.At[Trade]("trades.jsonl"),
		file.At[Quote](k.Quotes),
		k.result,
		file.Stdout(results),
	)))
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

func exact(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bids, storage,
		leat.Join(Trade.at, Quote.at),
	)
}

func last(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bid, storage,
		leat.AsOf(Trade.at, Quote.at, leat.Within(2, 0)),
	)
}

func first(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bid, storage,
		leat.Join(Trade.at, Quote.at, leat.First(), leat.Within(0, 3)),
	)
}

func nearest(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bid, storage,
		leat.Join(Trade.at, Quote.at, leat.Nearest(), leat.Within(2, 2)),
	)
}

func within(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bids, storage,
		leat.Join(Trade.at, Quote.at, leat.Within(2, 1)),
	)
}

func optional(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bidOrNone, storage,
		leat.AsOf(Trade.at, Quote.at, leat.Within(2, 0), leat.Optional()),
	)
}

func absent(storage leat.Option) (*leat.Mill, error) {
	return leat.New(alone, storage,
		leat.Join(Trade.at, Quote.at, leat.Within(2, 1), leat.Absent()),
	)
}

func by(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bid, storage,
		leat.AsOf(Trade.at, Quote.at, leat.Within(4, 0), leat.By(Trade.ticker, Quote.ticker)),
	)
}

func sort(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bid, storage,
		leat.Sort(Quote.at, 1),
		leat.AsOf(Trade.at, Quote.at, leat.Within(2, 0)),
	)
}
