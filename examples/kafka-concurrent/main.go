// Kafka-concurrent calls a slow function for up to four elements at a time. Results keep the order of the elements, and
// are committed when they and all before them are ready; the position never runs ahead of them.
//
//	go run ./examples/kafka-concurrent -demo
package main

import (
	"context"
	_ "embed"
	"log/slog"
	"os"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
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

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(locate,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Address]("addresses"),
			kafka.Topic[Located]("cells"),
			kafka.Group("cells"),
		)),
		leat.Concurrency(4),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed addresses.jsonl
var addresses string

func program() demo.Program {
	return demo.Program{
		Run:  run,
		Data: map[string]string{"addresses": addresses},
		Show: []string{"cells"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
