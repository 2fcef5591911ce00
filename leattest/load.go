package leattest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/zstd"
	"github.com/leat-go/leat/internal/elements"
)

// Load returns the elements of a JSON file, a list or lines, compressed or not, as package file reads it: a case that
// was seen in production, or results to compare with. It fails the test where the file can't be read.
func Load[T any](t testing.TB, path string) []T {
	t.Helper()
	all, err := load[T](t.Context(), path)
	if err != nil {
		t.Fatalf("leattest.Load: %v", err)
	}
	return all
}

func load[T any](ctx context.Context, path string) (all []T, err error) {
	files := file.New(zstd.Files(), file.At[T](path))
	stream := files.Streams()[0]
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return nil, err
	}
	input, err := files.OpenSource(ctx, &broker.Job{Inputs: files.Streams(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	reader, err := input.Reader(ctx, 0, 0, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		records, err := reader.Read(ctx)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			element, err := elements.Make[T](func(element any) error { return decode(record.Value, element) })
			if err != nil {
				return nil, record.DecodeError(path, 0, err)
			}
			all = append(all, element)
		}
	}
}
