package observe_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"sync/atomic"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/observe"
)

// failures prints, at the end of each run, how many calls of the function have failed.
func failures(_ context.Context, run observe.Run) (observe.Watch, error) {
	var failed atomic.Int64
	return observe.Watch{
		Call: func(context.Context, observe.Call) (context.Context, func(error)) {
			return nil, func(err error) {
				if err != nil {
					failed.Add(1)
				}
			}
		},
		End: func(error) { fmt.Println(run.Mill, "failed calls:", failed.Load()) },
	}, nil
}

// An observer that is a function. Its variables belong to one run.
func ExampleFunc() {
	type reading struct{ Celsius float64 }
	streams := memory.New(memory.Stream[reading]("readings"))
	if err := errors.Join(
		memory.Append(streams, "readings", 0, reading{20}, reading{-400}, reading{21}),
		streams.End("readings"),
	); err != nil {
		log.Fatal(err)
	}
	mill, err := leat.New(
		func(r reading) error {
			if r.Celsius < -273.15 {
				return errors.New("colder than possible")
			}
			return nil
		},
		leat.Name("thermometer"),
		leat.Broker(streams),
		leat.OnError(leat.Skip),
		leat.Logger(slog.New(slog.DiscardHandler)),
		leat.Observe(observe.Func(failures)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: thermometer failed calls: 1
}
