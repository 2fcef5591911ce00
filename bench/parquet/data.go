package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// An event has all columns: whole numbers, instants, texts of a dictionary and of none, and floating-point numbers, one of
// which may be null.
type event struct {
	Number int64     `json:"n" parquet:"n"`
	Time   time.Time `json:"time" parquet:"time,timestamp(microsecond)"`
	Symbol string    `json:"symbol" parquet:"symbol,dict"`
	Venue  string    `json:"venue" parquet:"venue,dict"`
	Price  float64   `json:"price" parquet:"price"`
	Size   int32     `json:"size" parquet:"size"`
	Fee    float64   `json:"fee" parquet:"fee,optional"`
	Order  string    `json:"order" parquet:"order"`
}

// A tick has two of them.
type tick struct {
	Time  time.Time `json:"time" parquet:"time,timestamp(microsecond)"`
	Price float64   `json:"price" parquet:"price"`
}

// A summary sums up what a program reads.
type summary struct {
	deep bool
	rows int
	sum  uint64
}

// An element is what is read: a *event or *tick.
type element interface{ hash() uint64 }

func (e *event) hash() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, e.Number, e.Time.UnixNano(), e.Symbol, e.Venue, math.Float64bits(e.Price), e.Size, math.Float64bits(e.Fee),
		e.Order)
	return h.Sum64()
}

func (t *tick) hash() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, t.Time.UnixNano(), math.Float64bits(t.Price))
	return h.Sum64()
}

// add counts an element, and sums it up in what isn't measured.
func (s *summary) add(e element) {
	s.rows++
	if s.deep {
		s.sum += e.hash()
	}
}

// rowGroup is how many rows a row group has, which is DuckDB's usual size.
const rowGroup = 122_880

// generate writes a file of events.
func generate(compression, path string, rows int) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	codec := compress.Codec(&parquet.Zstd)
	if compression == "none" {
		codec = &parquet.Uncompressed
	}
	w := parquet.NewGenericWriter[event](file, parquet.Compression(codec), parquet.MaxRowsPerRowGroup(rowGroup))
	random := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	events := make([]event, 0, 1024)
	for i := range rows {
		at = at.Add(time.Duration(1+random.IntN(2000)) * time.Microsecond)
		e := event{Number: int64(i), Time: at, Symbol: fmt.Sprintf("S%d", random.IntN(100)),
			Venue: []string{"Frankfurt", "London", "New York", "Tokyo"}[random.IntN(4)],
			Price: float64(random.IntN(1_000_000)) / 100, Size: random.Int32N(10_000),
			Order: fmt.Sprintf("%016x", random.Uint64())}
		if i%3 == 0 {
			e.Fee = float64(1+random.IntN(1000)) / 1000
		}
		if events = append(events, e); len(events) == cap(events) || i == rows-1 {
			if _, err := w.Write(events); err != nil {
				return err
			}
			events = events[:0]
		}
	}
	return w.Close()
}
