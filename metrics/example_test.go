package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/metrics"
)

// A mill that counts frames, and how many have a caption. A service serves its registry by promhttp.Handler.
func ExampleRegister() {
	streams := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"))
	err := errors.Join(
		memory.Append(streams, "frames", 0, Frame{1}, Frame{2}, Frame{3}),
		memory.Append(streams, "captions", 0, Caption{1}, Caption{3}),
		streams.End("frames"),
		streams.End("captions"),
	)
	if err != nil {
		log.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	mill, err := leat.New(func(Frame, []Caption) {},
		leat.Name("captioned"),
		leat.Broker(streams),
		leat.Join(func(f Frame) float64 { return f.Time }, func(c Caption) float64 { return c.Time }),
		leat.Logger(slog.New(slog.DiscardHandler)),
		metrics.Register(registry),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		log.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "leat_calls_total" {
			fmt.Println(family.GetHelp(), family.GetMetric()[0].GetCounter().GetValue())
		}
	}
	// Output: Calls of the function whose results are committed. 2
}
