package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/parquet-go/parquet-go"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	leatparquet "github.com/leat-go/leat/broker/file/parquet"
)

// readers returns the programs, by their names, for all columns or two of them.
func readers(width string) map[string]func(path string, s *summary) error {
	if width == "2" {
		return map[string]func(path string, s *summary) error{
			"elements": func(path string, s *summary) error { return readElements[tick](path, s) },
			"objects":  func(path string, s *summary) error { return readObjects[tick](path, s, "time", "price") },
			"loop":     func(path string, s *summary) error { return readRows(path, s, setTick) },
		}
	}
	return map[string]func(path string, s *summary) error{
		"elements": func(path string, s *summary) error { return readElements[event](path, s) },
		"objects":  func(path string, s *summary) error { return readObjects[event](path, s) },
		"loop":     func(path string, s *summary) error { return readRows(path, s, setEvent) },
	}
}

// A pointer is what T's elements are handed on as.
type pointer[T any] interface {
	*T
	element
}

// readElements reads a file's elements as a run does: batches of records, whose elements are memory that is used again.
func readElements[T any, P pointer[T]](path string, s *summary) error {
	stream := broker.NewStream[T](path)
	values := make([]any, 0, 1024)
	return readBatches(stream, func(records []broker.Record) error {
		if n := len(values); n < len(records) {
			values = values[:len(records)]
			stream.Allocate(values)
		}
		stream.Clear(values[:len(records)])
		for i := range records {
			if err := records[i].Rows.Decode(records[i].Offset, values[i]); err != nil {
				return err
			}
			s.add(P(values[i].(*T)))
		}
		return nil
	})
}

// readObjects reads a file's elements as JSON objects of some members, or of all. Only the check decodes them.
func readObjects[T any, P pointer[T]](path string, s *summary, members ...string) error {
	stream := broker.NewStream[T](path)
	stream.Type, stream.Members = nil, members
	e := new(T)
	return readBatches(stream, func(records []broker.Record) error {
		for i := range records {
			if len(records[i].Value) == 0 {
				return errors.New("an object is empty")
			}
			if s.deep {
				e = new(T)
				if err := json.Unmarshal(records[i].Value, e); err != nil {
					return err
				}
			}
			s.add(P(e))
		}
		return nil
	})
}

func readBatches(stream broker.Stream, use func(records []broker.Record) error) (err error) {
	ctx := context.Background()
	files := file.New(leatparquet.Files(), file.Streams(stream))
	input, err := files.OpenSource(ctx, &broker.Job{Name: "bench", Inputs: []broker.Stream{stream},
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	reader, err := input.Reader(ctx, 0, 0, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		records, err := reader.Read(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := use(records); err != nil {
			return err
		}
		reader.(broker.Recycler).Recycle(records)
	}
}

// readRows reads a file by a loop as one writes it for the file: the columns of the struct, in their order.
func readRows[T any, P pointer[T]](path string, s *summary, set func(e *T, row parquet.Row)) error {
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
			s.add(P(&elements[i]))
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
