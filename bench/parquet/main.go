// Command parquet measures how fast the elements of a Parquet file are read, by Leat and by a loop over parquet-go's ReadRows
// that sets the same structs:
//
//	go run ./parquet                               files with Zstandard and uncompressed, all columns and two of eight
//	go run ./parquet -compression zstd -columns 2 -rounds 1
//	go run ./parquet -profile cpu.out              CPU profiles: cpu.out.elements, cpu.out.objects, cpu.out.loop
//
// "elements" are structs that are read as a mill in Go reads them, "objects" the JSON objects that pipeline files read. Each
// program runs in a process of its own, in turn, and all must read the same. Beside what a program took stands the ratio
// to Leat's elements within a round: above one where those are read faster.
package main

import (
	"errors"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/leat-go/leat/bench/internal/process"
	"github.com/leat-go/leat/bench/internal/reading"
	leatparquet "github.com/leat-go/leat/broker/file/parquet"
)

func main() { os.Exit(process.Main("parquet", format().Run)) }

func format() *reading.Format {
	widths := []reading.Width{width("8", setEvent), width("2", setTick)}
	return &reading.Format{Name: "parquet", Heading: "Compression", Files: []reading.File{
		{Name: "zstd", Generate: generate(&parquet.Zstd), Widths: widths},
		{Name: "none", Generate: generate(&parquet.Uncompressed), Widths: widths},
	}}
}

// width returns the programs that read the columns of a T.
func width[T any, P reading.Pointer[T]](columns string, set func(e *T, row parquet.Row)) reading.Width {
	return reading.Width{
		Columns: columns,
		Elements: func(path string, s *reading.Summary) error {
			return reading.Elements[T, P](path, s, leatparquet.Files())
		},
		Objects: func(path string, s *reading.Summary) error {
			return reading.Objects[T, P](path, s, leatparquet.Files())
		},
		Loop: func(path string, s *reading.Summary) error { return readRows[T, P](path, s, set) },
	}
}

// rowGroup is how many rows a row group has, which is DuckDB's usual size.
const rowGroup = 122_880

// generate returns what writes a file of events.
func generate(codec compress.Codec) func(path string, rows int) error {
	return func(path string, rows int) (err error) {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		w := parquet.NewGenericWriter[reading.Event](file, parquet.Compression(codec), parquet.MaxRowsPerRowGroup(rowGroup))
		events := make([]reading.Event, 0, 1024)
		err = reading.Generate(rows, func(e *reading.Event) error {
			if events = append(events, *e); len(events) < cap(events) {
				return nil
			}
			_, err := w.Write(events)
			events = events[:0]
			return err
		})
		if err == nil {
			_, err = w.Write(events)
		}
		return errors.Join(err, w.Close())
	}
}
