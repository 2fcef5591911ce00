// Concurrent calls a slow function for up to four elements at a time. Their results keep the order of the elements,
// whichever is ready first.
//
//	go run ./examples/concurrent
package main

import (
	"context"
	"io"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Address is what is looked up.
type Address struct {
	ID     int    `json:"id"`
	Street string `json:"street"`
}

// Located is an address with what was found.
type Located struct {
	ID   int `json:"id"`
	Cell int `json:"cell"`
}

// locate looks an address up. With leat.Concurrency it must be safe for concurrent use.
func locate(ctx context.Context, a Address, logger *slog.Logger) (Located, error) {
	cell, err := ask(ctx, a.Street)
	logger.Info("located", "id", a.ID)
	return Located{a.ID, cell}, err
}

// ask stands for a question to a server far away: some answers take longer than others.
func ask(ctx context.Context, street string) (int, error) {
	delay := 150*time.Millisecond + time.Duration(street[0]%7)*50*time.Millisecond
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(delay):
		return len(street), nil
	}
}

func main() {
	folder.Enter() // where the file lies
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	mill, err := leat.New(locate,
		leat.Concurrency(4),
		leat.Broker(file.New(
			file.At[Address]("addresses.jsonl"),
			file.At[Located]("-"), // standard output
			file.Stdout(out),
		)),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}
