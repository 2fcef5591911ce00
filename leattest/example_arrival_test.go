package leattest_test

import (
	"testing"
	"testing/synctest"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/leattest"
)

type (
	Trade struct {
		At     int64
		Ticker string
	}
	Quote struct {
		At     int64
		Ticker string
		Bid    float64
	}
	Fill struct {
		At  int64
		Bid float64
	}
)

// fill gives a trade the last quote of its ticker; there may be none.
func fill(t Trade, last *Quote) Fill {
	if last == nil {
		return Fill{At: t.At}
	}
	return Fill{t.At, last.Bid}
}

// newFills makes a mill that joins each trade with the last quote of its ticker, within five seconds before it.
func newFills(storage leat.Option) (*leat.Mill, error) {
	return leat.New(fill, storage, leat.AsOf(
		func(t Trade) int64 { return t.At },
		func(q Quote) int64 { return q.At },
		leat.Within(int64(5), int64(0)),
		leat.By(func(t Trade) string { return t.Ticker }, func(q Quote) string { return q.Ticker }),
		leat.Optional(),
	))
}

// testFills states when each trade goes out: as soon as no quote that may still come could be its last, and never
// before. It would be called TestFills outside of this documentation.
func testFills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := leattest.New(t, leattest.Stream[Trade](nil), leattest.Stream[Quote](nil), leattest.Result[Fill]())
		b.Live(newFills, func() {
			leattest.Feed(b, []Quote{{At: 10, Ticker: "A", Bid: 1.5}})
			leattest.Feed(b, []Trade{{At: 12, Ticker: "A"}})
			leattest.Expect[Fill](b, nil) // a later quote of A may still be at 11 or 12
			leattest.Feed(b, []Quote{{At: 12, Ticker: "A", Bid: 1.6}})
			leattest.Expect[Fill](b, nil) // another one may be at 12, too
			leattest.Feed(b, []Quote{{At: 13, Ticker: "B", Bid: 7}})
			leattest.Expect(b, []Fill{{12, 1.6}}) // quotes are in order, so A has none at 12 any more
			leattest.Feed(b, []Trade{{At: 30, Ticker: "A"}})
			leattest.Expect[Fill](b, nil)
			leattest.End[Quote](b)
			leattest.Expect(b, []Fill{{At: 30}}) // without a quote: the last of A is more than five seconds old
		})
		leattest.Expect[Fill](b, nil) // the end of the trades brings nothing more
	})
}

func Example_arrival() {
	pass(testFills)
	// Output:
	// PASS
}
