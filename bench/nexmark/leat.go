package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/kafka"
)

// The results.
type (
	newSeller struct {
		ID      int64  `json:"id"`
		Name    string `json:"name"`
		Auction int64  `json:"auction"`
	}
	winner struct {
		Auction int64 `json:"auction"`
		Bidder  int64 `json:"bidder"`
		Price   int64 `json:"price"`
	}
	local struct {
		Auction int64  `json:"auction"`
		Name    string `json:"name"`
		City    string `json:"city"`
		State   string `json:"state"`
	}
	expanded struct {
		Number int64  `json:"n"`
		Price  int64  `json:"price"`
		Item   string `json:"item"`
		Seller int64  `json:"seller"`
	}
	average struct {
		Window   int64 `json:"window"`
		Category int64 `json:"category"`
		Auctions int64 `json:"auctions"`
		Total    int64 `json:"total"`
	}
)

// An auction with the bids of its time, and some before it.
type sale struct {
	Auction auction
	Bids    []bid
}

// queries are those of Nexmark that are joins; 4 is told for each window.
var queries = map[string]func() (fn any, options []leat.Option){
	"Q3": func() (any, []leat.Option) {
		type input struct {
			Auction auction
			Seller  person
		}
		fn := leat.Typed(func(_ context.Context, in *input) (local, error) {
			return local{in.Auction.ID, in.Seller.Name, in.Seller.City, in.Seller.State}, nil
		})
		return fn, []leat.Option{
			leat.Where(func(a auction) bool { return a.Category == 10 }), leat.Where(isLocal),
			leat.Join(func(a auction) int64 { return a.Time }, func(p person) int64 { return p.Time },
				leat.By(func(a auction) int64 { return a.Seller }, func(p person) int64 { return p.ID }),
				leat.Within(leat.Any, late), leat.Last()),
		}
	},
	"Q4": func() (any, []leat.Option) {
		type input struct{ Sales []sale }
		fn := leat.Typed(func(_ context.Context, in *input) ([]average, error) { return averages(in.Sales), nil })
		return fn, append(sales(), leat.Window(func(a auction) int64 { return a.Expires / window }))
	},
	"Q8": func() (any, []leat.Option) {
		type input struct {
			Person  person
			Auction auction
		}
		fn := leat.Typed(func(_ context.Context, in *input) (newSeller, error) {
			return newSeller{in.Person.ID, in.Person.Name, in.Auction.ID}, nil
		})
		return fn, []leat.Option{
			leat.Join(func(p person) int64 { return p.Time / window }, func(a auction) int64 { return a.Time / window },
				leat.By(func(p person) int64 { return p.ID }, func(a auction) int64 { return a.Seller }), leat.First()),
		}
	},
	"Q9": func() (any, []leat.Option) {
		fn := leat.Typed(func(_ context.Context, in *sale) (*winner, error) {
			best := highest(in)
			if best == nil {
				return nil, nil
			}
			return &winner{in.Auction.ID, best.Bidder, best.Price}, nil
		})
		return fn, sales()
	},
	"Q20": func() (any, []leat.Option) {
		type input struct {
			Bid     bid
			Auction auction
		}
		fn := leat.Typed(func(_ context.Context, in *input) (expanded, error) {
			return expanded{in.Bid.Number, in.Bid.Price, in.Auction.Item, in.Auction.Seller}, nil
		})
		return fn, []leat.Option{
			leat.Where(func(a auction) bool { return a.Category == 10 }),
			leat.Join(func(b bid) int64 { return b.Time }, func(a auction) int64 { return a.Time },
				leat.By(func(b bid) int64 { return b.Auction }, func(a auction) int64 { return a.ID }),
				leat.Within(leat.Any, late), leat.Last()),
		}
	},
}

func isLocal(p person) bool { return p.State == "OR" || p.State == "ID" || p.State == "CA" }

// sales join auctions, in the order in which they expire, with the bids for them.
func sales() []leat.Option {
	expires := func(a auction) int64 { return a.Expires }
	return []leat.Option{
		leat.Sort(expires, int64(longest)),
		leat.Join(expires, func(b bid) int64 { return b.Time }, leat.Within(longest, 0),
			leat.By(func(a auction) int64 { return a.ID }, func(b bid) int64 { return b.Auction })),
	}
}

// highest returns the first of the highest bids while the auction was open; nil where there is none.
func highest(s *sale) (best *bid) {
	for i := range s.Bids {
		if b := &s.Bids[i]; b.Time >= s.Auction.Time && (best == nil || b.Price > best.Price) {
			best = b
		}
	}
	return best
}

// averages returns the sums of what was paid in a window for each category.
func averages(sales []sale) (all []average) {
	for i := range sales {
		s := &sales[i]
		best := highest(s)
		if best == nil {
			continue
		}
		at := 0
		for at < len(all) && all[at].Category != s.Auction.Category {
			at++
		}
		if at == len(all) {
			all = append(all, average{Window: s.Auction.Expires / window, Category: s.Auction.Category})
		}
		all[at].Auctions++
		all[at].Total += best.Price
	}
	return all
}

// join answers a query by Leat, on the files in a folder.
func join(ctx context.Context, query, folder string) error {
	path := func(name string) string { return filepath.Join(folder, name+".jsonl") }
	all := streamsOf(path("persons"), path("auctions"), path("bids"), path("output"))
	return answerBy(ctx, query, file.New(file.Streams(all...)))
}

// joinTopics answers a query by Leat, on topics whose names begin alike.
func joinTopics(ctx context.Context, query, address, prefix, output string) error {
	all := streamsOf(prefix+"persons", prefix+"auctions", prefix+"bids", output)
	return answerBy(ctx, query, kafka.New([]string{address}, kafka.Streams(all...), kafka.Group(output)))
}

func streamsOf(persons, auctions, bids, output string) []broker.Stream {
	return []broker.Stream{broker.NewStream[person](persons), broker.NewStream[auction](auctions), broker.NewStream[bid](bids),
		broker.NewStream[local](output), broker.NewStream[average](output), broker.NewStream[newSeller](output),
		broker.NewStream[winner](output), broker.NewStream[expanded](output)}
}

func answerBy(ctx context.Context, query string, storage broker.Storage) error {
	settings, ok := queries[query]
	if !ok {
		return fmt.Errorf("there is no query %q", query)
	}
	fn, options := settings()
	mill, err := leat.New(fn, append(options, leat.Broker(storage), leat.Logger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}
