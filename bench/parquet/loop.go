package main

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/leat-go/leat/bench/internal/reading"
)

// readRows reads a file by a loop as one writes it for the file: the columns of the struct, in their order.
func readRows[T any, P reading.Pointer[T]](path string, s *reading.Summary, set func(e *T, row parquet.Row)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	opened, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return err
	}
	wanted := parquet.SchemaOf(new(T))
	conversion, err := parquet.Convert(wanted, opened.Schema())
	if err != nil {
		return err
	}
	elements, buffer := make([]T, 1024), make([]parquet.Row, 1024)
	for _, group := range opened.RowGroups() {
		if len(wanted.Columns()) < len(opened.Schema().Columns()) {
			group = parquet.ConvertRowGroup(group, conversion)
		}
		if err := readGroup(group, buffer, func(i int, row parquet.Row) {
			set(&elements[i], row)
			s.Add(P(&elements[i]))
		}); err != nil {
			return err
		}
	}
	return nil
}

func readGroup(group parquet.RowGroup, buffer []parquet.Row, use func(i int, row parquet.Row)) (err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		n, err := rows.ReadRows(buffer)
		for i, row := range buffer[:n] {
			use(i, row)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func setEvent(e *reading.Event, row parquet.Row) {
	*e = reading.Event{Number: row[0].Int64(), Time: time.UnixMicro(row[1].Int64()).UTC(), Symbol: string(row[2].ByteArray()),
		Venue: string(row[3].ByteArray()), Price: row[4].Double(), Size: row[5].Int32(), Order: string(row[7].ByteArray())}
	if !row[6].IsNull() {
		e.Fee = row[6].Double()
	}
}

func setTick(t *reading.Tick, row parquet.Row) {
	*t = reading.Tick{Time: time.UnixMicro(row[0].Int64()).UTC(), Price: row[1].Double()}
}
