package parquet_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	parquetgo "github.com/parquet-go/parquet-go"

	"github.com/leat-go/leat/broker"
)

type trade struct {
	Time   int64   `json:"time" parquet:"time"`
	Symbol string  `json:"symbol" parquet:"symbol,dict"`
	Price  float64 `json:"price" parquet:"price"`
	Size   float64 `json:"size" parquet:"size"`
}

const benchRows = 200_000

// benchFile writes a file of trades by parquet-go, as the facts of the project were measured with.
func benchFile(b *testing.B) string {
	path := filepath.Join(b.TempDir(), "trades.parquet")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := parquetgo.NewGenericWriter[trade](f, parquetgo.Compression(&parquetgo.Snappy))
	for i := range benchRows {
		row := []trade{{int64(i), "SYM" + strconv.Itoa(i%20), float64(i%1000) / 8, float64(i % 77)}}
		if _, err := w.Write(row); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkRead compares elements from a file with a loop written by hand over parquet-go's ReadRows: the goal is 0.8 of
// its speed. Objects are what pipeline files read.
func BenchmarkRead(b *testing.B) {
	path := benchFile(b)
	rate := func(b *testing.B) {
		b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	}
	b.Run("by-hand", func(b *testing.B) {
		for b.Loop() {
			if sum := sumByHand(b, path); sum == 0 {
				b.Fatal(sum)
			}
		}
		rate(b)
	})
	b.Run("fields", func(b *testing.B) {
		for b.Loop() {
			if sum := sumFields(b, broker.NewStream[trade](path)); sum == 0 {
				b.Fatal(sum)
			}
		}
		rate(b)
	})
	b.Run("objects", func(b *testing.B) {
		for b.Loop() {
			sumFields(b, objects(path))
		}
		rate(b)
	})
}

// sumByHand reads all columns of all rows into a struct, by a loop as one would write it for this file.
func sumByHand(b *testing.B, path string) (sum float64) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	file, err := parquetgo.OpenFile(f, info.Size())
	if err != nil {
		b.Fatal(err)
	}
	buffer := make([]parquetgo.Row, 512)
	elements := make([]trade, 512)
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		for {
			n, err := rows.ReadRows(buffer)
			for i, row := range buffer[:n] {
				elements[i] = trade{row[0].Int64(), string(row[1].ByteArray()), row[2].Double(), row[3].Double()}
				sum += elements[i].Price
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return sum
}

func sumFields(b *testing.B, stream broker.Stream) (sum float64) {
	input, err := openInput(b, stream)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = input.Close() }()
	reader, err := input.Reader(context.Background(), 0, 0, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	elements := make([]any, 512)
	if stream.Type != nil {
		stream.Allocate(elements)
	}
	for {
		records, err := reader.Read(context.Background())
		if err == io.EOF {
			return sum
		}
		if err != nil {
			b.Fatal(err)
		}
		for i := range records {
			if records[i].Rows == nil {
				continue
			}
			if err := records[i].Rows.Decode(records[i].Offset, elements[i]); err != nil {
				b.Fatal(err)
			}
			sum += elements[i].(*trade).Price
		}
		reader.(broker.Recycler).Recycle(records)
	}
}
