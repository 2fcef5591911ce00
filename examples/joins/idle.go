package joins

import (
	"time"

	"github.com/leat-go/leat"
)

// An Arrival is a trade or a quote that comes while a mill runs.
type Arrival struct {
	Second  int64 // when it comes
	IsQuote bool
	Time    int64
	// HandedOver is for a trade the second in which it is handed over, and With the time of the quote that it has.
	HandedOver, With int64
}

// IdleFor is for how many seconds the quotes of [Arrivals] may have nothing.
const IdleFor = 10

// Arrivals returns the example of docs/joins.md on streams that have nothing, in the order in which they come.
func Arrivals() []Arrival {
	return []Arrival{
		{Second: 0, IsQuote: true, Time: 3},
		{Second: 1, IsQuote: true, Time: 4},
		{Second: 2, Time: 5, HandedOver: 12, With: 4},
		{Second: 20, Time: 7, HandedOver: 20, With: 4},
		{Second: 25, IsQuote: true, Time: 6},
		{Second: 25, IsQuote: true, Time: 9},
		{Second: 26, Time: 8, HandedOver: 26, With: 6},
	}
}

func idle(storage leat.Option) (*leat.Mill, error) {
	return leat.New(bid, storage,
		leat.AsOf(Trade.at, Quote.at, leat.Within(4, 0)),
		leat.Idle[Quote](IdleFor*time.Second),
		leat.OnDisorder(leat.Skip),
	)
}
