package parquet

import (
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
