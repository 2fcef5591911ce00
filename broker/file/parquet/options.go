package parquet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	parquetgo "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/leat-go/leat/broker/file"
)

// Options say how a Parquet file is written. The zero value is good for use.
type Options struct {
	// Columns are those of the file, in their order. Without them they are those of the element type's fields or, where it
	// isn't a struct, what the results of the first row group are.
	Columns []Column
	// RowGroup is how many rows a row group has at most; zero for a million. One ends in any case when its results have 32
	// MiB as JSON.
	RowGroup int
	// Compression is zstd, which the empty text stands for, snappy, gzip, lz4 or none.
	Compression string
}

// A Column is one of a file that is written.
type Column struct {
	// Name is that of the results' member.
	Name string
	// Type is bool, int64, double, decimal(P,S) with P digits of which S are decimals, text, timestamp, date, uuid, json or
	// bytes.
	Type string
}

// Types are the names of the types of [Column], as they are written in messages.
const Types = "bool, int64, double, decimal(P,S), text, timestamp, date, uuid, json, bytes"

// Written says how a Parquet file is written. It panics where the options contradict themselves; see [Options.Check].
func Written(o Options) file.StreamOption {
	if err := o.Check(); err != nil {
		panic(fmt.Sprintf("parquet.Written: %v", err))
	}
	return func(d *file.Declaration) { d.Stream.Format = o }
}

// Check returns an error where options contradict themselves.
func (o *Options) Check() error {
	for i, c := range o.Columns {
		if _, err := typeOf(c.Type); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
		if slices.ContainsFunc(o.Columns[:i], func(other Column) bool { return other.Name == c.Name }) {
			return fmt.Errorf("two columns are named %q", c.Name)
		}
	}
	if o.RowGroup < 0 {
		return fmt.Errorf("a row group of %d rows: it has one at least", o.RowGroup)
	}
	_, err := codecOf(o.Compression)
	return err
}

func codecOf(name string) (compress.Codec, error) {
	switch name {
	case "", "zstd":
		return zstandard, nil
	case "snappy":
		return &parquetgo.Snappy, nil
	case "gzip":
		return &parquetgo.Gzip, nil
	case "lz4":
		return &parquetgo.Lz4Raw, nil
	case "none":
		return &parquetgo.Uncompressed, nil
	}
	return nil, fmt.Errorf("the compression %q is none of zstd, snappy, gzip, lz4 and none", name)
}

// typeOf returns the column that a type's name describes.
func typeOf(name string) (c column, err error) {
	if digits, ok := strings.CutPrefix(strings.ReplaceAll(name, " ", ""), "decimal("); ok {
		precision, scale, _ := strings.Cut(strings.TrimSuffix(digits, ")"), ",")
		if scale == "" {
			scale = "0"
		}
		p, errP := strconv.Atoi(precision)
		s, errS := strconv.Atoi(scale)
		if errP != nil || errS != nil || p < 1 || p > maxPrecision || s < 0 || s > p {
			return c, fmt.Errorf("%q has no digits that can be written: decimal(38,10) is 38 digits, the most, of which 10 are "+
				"decimals", name)
		}
		return column{holds: decimal, precision: p, scale: s}, nil
	}
	switch name {
	case "bool":
		return column{holds: boolean}, nil
	case "int64":
		return column{holds: integer, bits: 64}, nil
	case "double":
		return column{holds: double64, exact: true}, nil
	case "text":
		return column{holds: text}, nil
	case "timestamp":
		return column{holds: timestamp, unit: 1e9}, nil
	case "date":
		return column{holds: date}, nil
	case "uuid":
		return column{holds: uuid}, nil
	case "json":
		return column{holds: document}, nil
	case "bytes":
		return column{holds: binaryBytes}, nil
	}
	return c, fmt.Errorf("the type %q is none of %s", name, Types)
}
