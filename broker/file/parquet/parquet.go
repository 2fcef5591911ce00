// Package parquet reads and writes Parquet files as streams of package broker/file. It is a package of its own because of what a
// program with it carries.
//
//	files := file.New(parquet.Files(), file.At[Trade]("trades.parquet"))
//
// A row is an element. A struct's field takes the column of its tag parquet, else that of its name in JSON, and only columns
// that have a field are read. Lists, maps and groups become what JSON has for them; docs/parquet.md has the table of types.
//
// Results are written with the columns of their type, see [Written]: a file appears whole when the session ends.
//
// A position is a row's number, and a file that was changed between two runs is an error. Memory is that of a page of each
// column that is read, whatever a damaged file says of itself.
package parquet

import (
	"fmt"
	"io"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// Files is an option of [file.New]: files whose names end in .parquet are Parquet files.
func Files() file.Option { return file.Parquet(tables{}) }

type tables struct{}

// Open implements [file.Tables].
func (tables) Open(stream *broker.Stream, f io.ReaderAt, size int64) (file.Table, error) {
	return open(stream, f, size)
}

// Create implements [file.Tables].
func (tables) Create(stream *broker.Stream, w io.Writer) (file.TableWriter, error) {
	return create(stream, w)
}

// Check implements [file.Tables].
func (tables) Check(stream *broker.Stream) error {
	if stream.Format == nil {
		return nil
	}
	o, ok := stream.Format.(Options)
	if !ok {
		return fmt.Errorf("its format is a %T, and a Parquet file takes parquet.Options", stream.Format)
	}
	return o.Check()
}
