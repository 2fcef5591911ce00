package tracing_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/tracing"
)

// A function finds its call's span in its context. A service takes a provider that exports spans, such as that of
// otel.GetTracerProvider.
func ExampleWith() {
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	streams := memory.New(memory.Stream[Frame]("frames"))
	if err := errors.Join(memory.Append(streams, "frames", 0, Frame{Time: 1}), streams.End("frames")); err != nil {
		log.Fatal(err)
	}
	mill, err := leat.New(
		func(ctx context.Context, f Frame) { trace.SpanFromContext(ctx).AddEvent("looked at") },
		leat.From(streams),
		leat.Logger(slog.New(slog.DiscardHandler)),
		tracing.With(provider),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, span := range spans.Ended() {
		if span.Name() == "leat.call" {
			fmt.Println(span.Name(), span.Events()[0].Name)
		}
	}
	// Output: leat.call looked at
}
