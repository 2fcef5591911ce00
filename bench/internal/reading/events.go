// Package reading measures how fast the elements of a file are read, by Leat and by a loop that sets the same structs.
package reading

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// An Event has columns of all kinds: whole numbers, instants, texts of a dictionary and of none, and floating-point numbers, one
// of which may be null.
type Event struct {
	Number int64     `json:"n" parquet:"n"`
	Time   time.Time `json:"time" parquet:"time,timestamp(microsecond)"`
	Symbol string    `json:"symbol" parquet:"symbol,dict"`
	Venue  string    `json:"venue" parquet:"venue,dict"`
	Price  float64   `json:"price" parquet:"price"`
	Size   int32     `json:"size" parquet:"size"`
	Fee    float64   `json:"fee" parquet:"fee,optional"`
	Order  string    `json:"order" parquet:"order"`
}

// A Tick has two of them.
type Tick struct {
	Time  time.Time `json:"time" parquet:"time,timestamp(microsecond)"`
	Price float64   `json:"price" parquet:"price"`
}

// An Element is what is read.
type Element interface{ Hash() uint64 }

// A Pointer is what elements of a type are handed on as.
type Pointer[T any] interface {
	*T
	Element
}

// Hash returns a hash of all fields.
func (e *Event) Hash() uint64 {
	return HashOf(e.Number, e.Time.UnixNano(), e.Symbol, e.Venue, math.Float64bits(e.Price), e.Size, math.Float64bits(e.Fee),
		e.Order)
}

// Hash returns a hash of all fields.
func (t *Tick) Hash() uint64 { return HashOf(t.Time.UnixNano(), math.Float64bits(t.Price)) }

// HashOf returns a hash of some values.
func HashOf(values ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, values...)
	return h.Sum64()
}

// A Summary sums up what a program reads.
type Summary struct {
	// Deep says that the elements are hashed, which isn't measured; they are counted otherwise.
	Deep bool
	Rows int
	Sum  uint64
}

// Add counts an element.
func (s *Summary) Add(e Element) {
	s.Rows++
	if s.Deep {
		s.Sum += e.Hash()
	}
}

// Generate makes events, which are the same each time.
func Generate(rows int, use func(e *Event) error) error {
	random := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	for i := range rows {
		at = at.Add(time.Duration(1+random.IntN(2000)) * time.Microsecond)
		e := Event{Number: int64(i), Time: at, Symbol: fmt.Sprintf("S%d", random.IntN(100)),
			Venue: []string{"Frankfurt", "London", "New York", "Tokyo"}[random.IntN(4)],
			Price: float64(random.IntN(1_000_000)) / 100, Size: random.Int32N(10_000),
			Order: fmt.Sprintf("A%015x", random.Uint64()>>4)}
		if i%3 == 0 {
			e.Fee = float64(1+random.IntN(1000)) / 1000
		}
		if err := use(&e); err != nil {
			return err
		}
	}
	return nil
}
