package codec_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/leat-go/leat/codec"
)

// benchLocation is a small element of numbers, and benchOrder one that takes a few members of a larger record with
// text.
type (
	benchLocation struct {
		Time int64   `json:"time"`
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
	}
	benchOrder struct {
		Key     int64   `json:"o_orderkey"`
		Price   float64 `json:"o_totalprice"`
		Comment string  `json:"o_comment"`
	}
	benchQuote struct {
		Time   int64  `json:"time"`
		Symbol string `json:"symbol"`
		Value  int64  `json:"value"`
	}
	benchSpeed struct {
		From  int64   `json:"time_from"`
		To    int64   `json:"time_to"`
		Speed float64 `json:"speed"`
	}
	benchVisit struct {
		At    time.Time `json:"at"`
		X     float64   `json:"x"`
		Y     float64   `json:"y"`
		Name  string    `json:"name"`
		Seen  int       `json:"seen,omitempty"`
		Notes []string  `json:"notes"`
	}
)

const (
	benchLocationText = `{"time":1234560,"x":-12.375,"y":101.031}`
	benchOrderText    = `{"o_orderkey":38,"o_custkey":124828,"o_orderstatus":"O","o_totalprice":252004.18,"o_orderdate":` +
		`"1996-08-21","o_orderpriority":"4-NOT SPECIFIED","o_clerk":"Clerk#000000659","o_shippriority":0,"o_comment":` +
		`"haggle blithely. furiously express ideas"}`
)

// BenchmarkDecode measures codec.JSON per record; codec/compare compares it with other libraries.
func BenchmarkDecode(b *testing.B) {
	b.Run("numbers", func(b *testing.B) { benchDecode[benchLocation](b, benchLocationText) })
	b.Run("three of nine members", func(b *testing.B) { benchDecode[benchOrder](b, benchOrderText) })
	b.Run("quotes", benchDecodeQuotes)
}

// benchDecodeQuotes decodes records of which each is another one, as those of a stream are.
func benchDecodeQuotes(b *testing.B) {
	decode, err := codec.JSON.Decoder(reflect.TypeFor[benchQuote]())
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var records [4096][]byte
	size := 0
	for i := range records {
		records[i] = fmt.Appendf(nil, `{"time":%d,"symbol":"S%d","value":%d}`, 20_000_000+10*i, random.IntN(100), random.IntN(100_000))
		size += len(records[i])
	}
	b.ReportAllocs()
	b.SetBytes(int64(size / len(records)))
	var quote benchQuote
	for i := 0; b.Loop(); i++ {
		if err := decode(records[i%len(records)], &quote); err != nil || quote.Time == 0 {
			b.Fatal(quote, err)
		}
	}
}

func benchDecode[T comparable](b *testing.B, text string) {
	decode, err := codec.JSON.Decoder(reflect.TypeFor[T]())
	if err != nil {
		b.Fatal(err)
	}
	data := []byte(text)
	var element, zero T
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		element = zero
		if err := decode(data, &element); err != nil {
			b.Fatal(err)
		}
	}
	if element == zero {
		b.Fatal("nothing was decoded")
	}
}

// BenchmarkEncode measures codec.JSON per element, into memory that is used again.
func BenchmarkEncode(b *testing.B) {
	b.Run("numbers", func(b *testing.B) { benchEncode(b, benchLocation{1234560, -12.375, 101.031}) })
	b.Run("17 digits", func(b *testing.B) { benchEncode(b, benchSpeed{1234560, 1234570, 1.2345678901234567}) })
	b.Run("time", func(b *testing.B) {
		benchEncode(b, benchVisit{time.Unix(1e9, 0).UTC(), -12.375, 101.031, "Grüße", 3, []string{"a", "b"}})
	})
	b.Run("text", func(b *testing.B) {
		benchEncode(b, benchOrder{38, 252004.18, "haggle blithely. furiously express ideas"})
	})
}

func benchEncode[T any](b *testing.B, element T) {
	encode, err := codec.JSON.Encoder(reflect.TypeFor[T]())
	if err != nil {
		b.Fatal(err)
	}
	var to []byte
	b.ReportAllocs()
	for b.Loop() {
		if to, err = encode(to[:0], &element); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(to)))
}
