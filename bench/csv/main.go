// Command csv measures how fast the elements of a CSV file are read, by Leat and by a loop written by hand for the file that sets
// the same structs:
//
//	go run ./csv                              events of eight columns, all and two of them, and quotes of three
//	go run ./csv -file events -columns 2 -rounds 1
//	go run ./csv -profile cpu.out             CPU profiles: cpu.out.elements, cpu.out.objects, cpu.out.loop
//
// "elements" are structs that are read as a mill in Go reads them, "objects" the JSON objects that pipeline files read. Each
// program runs in a process of its own, in turn, and all must read the same. Beside what a program took stands the ratio
// to Leat's elements within a round: above one where those are read faster.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/leat-go/leat/bench/internal/process"
	"github.com/leat-go/leat/bench/internal/reading"
)

func main() { os.Exit(process.Main("csv", format().Run)) }

func format() *reading.Format {
	return &reading.Format{Name: "csv", Heading: "File", Files: []reading.File{
		{Name: "events", Generate: generate("n,time,symbol,venue,price,size,fee,order\n", appendEvent), Widths: []reading.Width{
			width("8", setEvent), width("2", setTick)}},
		{Name: "quotes", Generate: generate("time,symbol,value\n", appendQuote), Widths: []reading.Width{width("3", setQuote)}},
	}}
}

// width returns the programs that read the columns of a T.
func width[T any, P reading.Pointer[T]](columns string, set func(e *T, row *cells)) reading.Width {
	return reading.Width{
		Columns:  columns,
		Elements: func(path string, s *reading.Summary) error { return reading.Elements[T, P](path, s) },
		Objects:  func(path string, s *reading.Summary) error { return reading.Objects[T, P](path, s) },
		Loop:     func(path string, s *reading.Summary) error { return readLines[T, P](path, s, set) },
	}
}

// A quote has the columns that joins of near keys are measured with.
type quote struct {
	Time   int64  `json:"time"`
	Symbol string `json:"symbol"`
	Value  int64  `json:"value"`
}

// Hash implements [reading.Element].
func (q *quote) Hash() uint64 { return reading.HashOf(q.Time, q.Symbol, q.Value) }

// generate returns what writes a file of events.
func generate(header string, row func(into []byte, e *reading.Event) []byte) func(path string, rows int) error {
	return func(path string, rows int) error {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		w := bufio.NewWriter(file)
		_, err = w.WriteString(header)
		var text []byte
		err = errors.Join(err, reading.Generate(rows, func(e *reading.Event) error {
			text = append(row(text[:0], e), '\n')
			_, err := w.Write(text)
			return err
		}))
		return errors.Join(err, w.Flush(), file.Close())
	}
}

func appendEvent(into []byte, e *reading.Event) []byte {
	into = append(strconv.AppendInt(into, e.Number, 10), ',')
	into = e.Time.AppendFormat(into, time.RFC3339Nano)
	into = fmt.Appendf(into, ",%s,%s,%v,%d,", e.Symbol, e.Venue, e.Price, e.Size)
	if e.Fee != 0 {
		into = strconv.AppendFloat(into, e.Fee, 'f', -1, 64)
	}
	return append(append(into, ','), e.Order...)
}

func appendQuote(into []byte, e *reading.Event) []byte {
	return fmt.Appendf(into, "%d,%s,%d", 10*e.Number, e.Symbol, int(e.Price*10))
}
