package parquet_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/parquet"
)

// objects is a stream of a file's objects, as pipeline files have it.
func objects(path string) broker.Stream {
	stream := broker.NewStream[struct{}](path)
	stream.Type = nil
	return stream
}

// openInput opens streams for reading.
func openInput(t testing.TB, streams ...broker.Stream) (broker.Input, error) {
	t.Helper()
	files := file.New(parquet.Files(), file.Streams(streams...))
	job := &broker.Job{Name: "test", Inputs: streams, Logger: slog.New(slog.DiscardHandler)}
	return files.OpenSource(context.Background(), job)
}

// readFrom reads a stream from an offset to its end, a row a line.
func readFrom(t testing.TB, stream broker.Stream, from int64) (lines []string, err error) {
	t.Helper()
	input, err := openInput(t, stream)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	reader, err := input.Reader(context.Background(), 0, 0, from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		records, err := reader.Read(context.Background())
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		for i := range records {
			if records[i].Offset != from+int64(len(lines)) {
				t.Fatalf("the offset is %d, want %d", records[i].Offset, from+int64(len(lines)))
			}
			lines = append(lines, string(records[i].Value))
		}
	}
}

func golden(t testing.TB, name string) []string {
	text, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// TestGolden reads what others have written, from the beginning and from every row.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(paths) < 10 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".parquet")
		t.Run(name, func(t *testing.T) {
			want := golden(t, name)
			if want[0] == "" {
				want = nil
			}
			step := 1 + len(want)/100
			for from := 0; from <= len(want); from += step {
				got, err := readFrom(t, objects(path), int64(from))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want[from:], got, cmp.Transformer("nil", func(s []string) string {
					return strings.Join(s, "\n")
				})); diff != "" {
					t.Fatalf("from row %d: %s", from, diff)
				}
			}
		})
	}
}

// TestSpark reads a folder as Spark writes it, part by part.
func TestSpark(t *testing.T) {
	paths, err := filepath.Glob("testdata/spark/part-*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, path := range paths {
		lines, err := readFrom(t, objects(path), 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, lines...)
	}
	if diff := cmp.Diff(golden(t, "spark"), all); diff != "" {
		t.Error(diff)
	}
}
