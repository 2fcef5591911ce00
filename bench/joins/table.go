package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// What the generator writes, and how results are read: by libraries, since none of it is measured.

var leftColumns, rightColumns = []string{"n", "time", "symbol"}, []string{"time", "symbol", "value"}

// A table is a file of rows that is written.
type table[T any] interface {
	write(row T) error
	close() error
}

func tableWriter[T any](format string, file io.Writer, columns []string) table[T] {
	if format == "parquet" {
		return &parquetTable[T]{w: parquet.NewGenericWriter[T](file, parquet.Compression(&parquet.Snappy))}
	}
	t := &textTable[T]{w: bufio.NewWriterSize(file, 1<<20), isCSV: format == "csv"}
	if t.isCSV {
		fmt.Fprintln(t.w, strings.Join(columns, ","))
	}
	return t
}

// A textTable is JSON Lines or CSV, as json.Marshal and fmt have it.
type textTable[T any] struct {
	w     *bufio.Writer
	isCSV bool
}

func (t *textTable[T]) write(row T) (err error) {
	if !t.isCSV {
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		_, err = t.w.Write(append(text, '\n'))
		return err
	}
	switch e := any(row).(type) {
	case left:
		_, err = fmt.Fprintf(t.w, "%d,%d,%s\n", e.Number, e.Time, e.Symbol)
	case right:
		_, err = fmt.Fprintf(t.w, "%d,%s,%d\n", e.Time, e.Symbol, e.Value)
	}
	return err
}

func (t *textTable[T]) close() error { return t.w.Flush() }

// rowGroup is how many rows a row group has, which is DuckDB's usual size.
const rowGroup = 122_880

type parquetTable[T any] struct {
	w    *parquet.GenericWriter[T]
	rows []T
	n    int
}

func (t *parquetTable[T]) write(row T) error {
	t.rows = append(t.rows, row)
	if len(t.rows) < rowGroup/16 {
		return nil
	}
	return t.flush()
}

func (t *parquetTable[T]) flush() error {
	n, err := t.w.Write(t.rows)
	t.rows = t.rows[:0]
	if t.n += n; err == nil && t.n >= rowGroup {
		t.n, err = 0, t.w.Flush()
	}
	return err
}

func (t *parquetTable[T]) close() error { return errors.Join(t.flush(), t.w.Close()) }

// readResults reads what a program has written.
func readResults(j job, each func(number int64, value *int64)) error {
	file, err := os.Open(j.path("output"))
	if err != nil {
		return err
	}
	defer file.Close()
	switch r := bufio.NewReaderSize(file, 1<<20); j.format {
	case "csv":
		return readCSV(csv.NewReader(r), each)
	case "parquet":
		return readParquet(parquet.NewGenericReader[result](file), each)
	default:
		return readJSON(json.NewDecoder(r), each)
	}
}

func readJSON(d *json.Decoder, each func(number int64, value *int64)) error {
	for {
		var r result
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		each(r.Number, r.Value)
	}
}

func readCSV(c *csv.Reader, each func(number int64, value *int64)) error {
	c.ReuseRecord = true
	if names, err := c.Read(); err != nil || strings.Join(names, ",") != "n,value" {
		return errors.Join(err, fmt.Errorf("the columns are %q", names))
	}
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		number, err := strconv.ParseInt(cells[0], 10, 64)
		if err != nil {
			return err
		}
		if cells[1] == "" {
			each(number, nil)
			continue
		}
		value, err := strconv.ParseInt(cells[1], 10, 64)
		if err != nil {
			return err
		}
		each(number, &value)
	}
}

func readParquet(p *parquet.GenericReader[result], each func(number int64, value *int64)) error {
	rows := make([]result, 1024)
	for {
		clear(rows)
		n, err := p.Read(rows)
		for _, r := range rows[:n] {
			each(r.Number, r.Value)
		}
		if errors.Is(err, io.EOF) {
			return p.Close()
		} else if err != nil {
			return errors.Join(err, p.Close())
		}
	}
}
