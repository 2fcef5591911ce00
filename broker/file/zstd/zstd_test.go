package zstd_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/zstd"
)

type reading struct {
	Time int64 `json:"time"`
}

// TestNotBuiltIn says what a program without the package is told.
func TestNotBuiltIn(t *testing.T) {
	files := file.New(file.At[reading](filepath.Join(t.TempDir(), "a.jsonl.zst")))
	job := &broker.Job{Name: "test", Inputs: files.Streams(), Outputs: files.Streams(), Logger: slog.New(slog.DiscardHandler)}
	_, reading := files.OpenSource(t.Context(), job)
	_, writing := files.OpenSink(t.Context(), job)
	for _, err := range []error{reading, writing} {
		if err == nil || !strings.Contains(err.Error(), "give file.New the option zstd.Files() of package") {
			t.Error(err)
		}
	}
}

func ExampleFiles() {
	dir, err := os.MkdirTemp("", "leat")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "readings.jsonl.zst")
	type packed reading
	run(func(r reading) packed { return packed(r) }, file.New(zstd.Files(), file.At[packed](path),
		file.At[reading]("-"), file.Stdin(strings.NewReader("{\"time\":1}\n{\"time\":2}\n"))))
	run(func(p packed) { fmt.Println(p.Time) }, file.New(zstd.Files(), file.At[packed](path)))
	// Output:
	// 1
	// 2
}

func run(fn any, files *file.Broker) {
	mill, err := leat.New(fn, leat.Broker(files), leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
