package joins

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/leattest"
)

// What the page says of the trades and quotes that come while a mill runs is what happens, in each second.
func TestIdleIsThatOfThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := leattest.New(t, leattest.Stream[Trade](nil), leattest.Stream[Quote](nil), leattest.Result[Bid]())
		arrivals := Arrivals()
		b.Live(idle, func() {
			for second := range arrivals[len(arrivals)-1].Second + 1 {
				var want []Bid
				for _, a := range arrivals {
					if !a.IsQuote && a.HandedOver == second {
						want = append(want, Bid{a.Time, &a.With})
					}
					switch {
					case a.Second != second:
					case a.IsQuote:
						leattest.Feed(b, []Quote{{Time: a.Time, Bid: a.Time}})
					default:
						leattest.Feed(b, []Trade{{Time: a.Time}})
					}
				}
				time.Sleep(time.Millisecond) // the wait that began in a second ends in one
				leattest.Expect(b, want)
				time.Sleep(time.Second - time.Millisecond)
			}
		})
		leattest.Expect[Bid](b, nil)
	})
}
