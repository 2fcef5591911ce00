package main

import (
	"errors"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
)

// rows go through the rows of a Parquet file, whose columns have their usual order.
type rows struct {
	reader parquet.Rows
	buffer []parquet.Row
	have   []parquet.Row // of buffer, what is to come
	names  names
	err    error
}

func openRows(file *os.File) (*rows, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	f, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return nil, err
	}
	return &rows{reader: parquet.MultiRowGroup(f.RowGroups()...).Rows(), buffer: make([]parquet.Row, 1024), names: names{}}, nil
}

func (r *rows) failed() error { return r.err }

func (r *rows) next() parquet.Row {
	if len(r.have) == 0 {
		if r.err != nil {
			return nil
		}
		n, err := r.reader.ReadRows(r.buffer)
		r.have = r.buffer[:n]
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		if n == 0 {
			return nil
		}
	}
	row := r.have[0]
	r.have = r.have[1:]
	return row
}

func (r *rows) left() (e left, ok bool) {
	row := r.next()
	if row == nil {
		return e, false
	}
	return left{row[0].Int64(), row[1].Int64(), r.names.of(row[2].ByteArray())}, true
}

func (r *rows) right() (e right, ok bool) {
	row := r.next()
	if row == nil {
		return e, false
	}
	return right{row[0].Int64(), r.names.of(row[1].ByteArray()), row[2].Int64()}, true
}

type rowWriter struct {
	out    *parquet.GenericWriter[result]
	rows   []result
	values []int64 // that the rows refer to
	err    error
}

func newRowWriter(file *os.File) *rowWriter {
	const batch = 1024
	return &rowWriter{out: parquet.NewGenericWriter[result](file, parquet.Compression(&parquet.Zstd)),
		rows: make([]result, 0, batch), values: make([]int64, batch)}
}

func (w *rowWriter) result(number, value int64, has bool) {
	n := len(w.rows)
	r := result{Number: number}
	if has {
		w.values[n] = value
		r.Value = &w.values[n]
	}
	if w.rows = append(w.rows, r); n+1 == len(w.values) {
		w.flush()
	}
}

func (w *rowWriter) flush() {
	_, err := w.out.Write(w.rows)
	w.err = errors.Join(w.err, err)
	w.rows = w.rows[:0]
}

func (w *rowWriter) close() error {
	w.flush()
	return errors.Join(w.err, w.out.Close())
}
