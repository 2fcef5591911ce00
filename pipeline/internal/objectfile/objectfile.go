// Package objectfile reads a file of JSON objects, or standard input, from its beginning to its end.
package objectfile

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/avro"
	"github.com/leat-go/leat/broker/file/parquet"
	"github.com/leat-go/leat/broker/file/zstd"
)

// A Reader reads the objects of one file, as package file finds them. Closing it closes the file.
type Reader struct {
	broker.Reader
	input broker.Input
}

// Open opens the file at a path, whichever of the formats of package file its name says; the path "-" is stdin. A job's
// name says what it is read for. A dialect says how cells lie in it; nil for as its name says.
func Open(ctx context.Context, name, path string, dialect *file.Dialect, stdin io.Reader) (*Reader, error) {
	options := []file.Option{zstd.Files(), parquet.Files(), avro.Files(), file.Globs(), file.Following(),
		file.Streams(Source(path, dialect))}
	if stdin != nil {
		options = append(options, file.Stdin(stdin))
	}
	files := file.New(options...)
	job := &broker.Job{Name: name, Inputs: files.Streams(), Logger: slog.New(slog.DiscardHandler)}
	input, err := files.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	r, err := input.Reader(ctx, 0, 0, 0)
	if err != nil {
		return nil, errors.Join(err, input.Close())
	}
	return &Reader{r, input}, nil
}

// Stream returns the stream of a file: its elements are no type of a user, so that errors don't name any.
func Stream(path string) broker.Stream {
	stream := broker.NewStream[struct{}](path)
	stream.Type = nil
	return stream
}

// Source returns the stream of a file that is read, or of the files that a pattern matches: of a path that is no file's.
func Source(path string, dialect *file.Dialect) broker.Stream {
	stream := Stream(path)
	if dialect != nil {
		stream.Format = *dialect
	}
	stream.Several = file.IsPattern(path) && !file.Exists(path)
	return stream
}

// Columns returns the names of the columns that the file has, once its end was read; nil for objects.
func (r *Reader) Columns() []string { return file.Columns(r.Reader) }

// Recycle makes it a [broker.Recycler].
func (r *Reader) Recycle(records []broker.Record) {
	if recycler, ok := r.Reader.(broker.Recycler); ok {
		recycler.Recycle(records)
	}
}

// Bytes returns how much of the file was read, and how large it is; zero where that isn't known.
func (r *Reader) Bytes() (read, total int64) {
	if meter, ok := r.input.(broker.Meter); ok {
		return meter.Bytes()
	}
	return 0, 0
}

// Warning tells how the file was changed while it was read; it is empty where it wasn't.
func (r *Reader) Warning() string {
	if warner, ok := r.input.(broker.Warner); ok {
		return strings.Join(warner.Warnings(), "; ")
	}
	return ""
}

// Close closes the file. It may be called again.
func (r *Reader) Close() error { return errors.Join(r.Reader.Close(), r.input.Close()) }
