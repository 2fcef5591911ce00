package monitor_test

import (
	"context"
	"log"
	"os/signal"
	"syscall"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/monitor"
)

// A mill whose page is at http://localhost:8080 as long as it runs.
func ExampleListen() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	mill, err := leat.New(func(reading) {},
		leat.From(memory.New(memory.Stream[reading]("readings"))),
		monitor.Listen("localhost:8080"),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
