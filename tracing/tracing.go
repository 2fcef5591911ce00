// Package tracing makes spans of OpenTelemetry of what mills do.
package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/observe"
)

// With makes spans by a provider: "leat.call" for each call of the function, with the mill, and the stream, partition
// and offset of the master, and "leat.commit" for each commit, with the number of results. A function that takes a
// context.Context finds its call's span there, so that what it does becomes part of the trace. A call that is tried
// again has a span for each attempt.
func With(provider trace.TracerProvider) leat.Option {
	return declaration.Once("tracing.With", func(m *declaration.Mill, o *declaration.Option) {
		if mistake.IsNil(provider) {
			m.Mistakes.Add("%s: the provider is %s; otel.GetTracerProvider() is a usual one", o, mistake.Nil(provider))
			return
		}
		tracer := provider.Tracer("github.com/leat-go/leat")
		m.Observe(o, observe.Func(func(_ context.Context, run observe.Run) (observe.Watch, error) {
			return watch(tracer, run.Mill), nil
		}))
	})
}

// watch makes the spans of a run.
func watch(tracer trace.Tracer, name string) observe.Watch {
	mill := attribute.String("leat.mill", name)
	return observe.Watch{
		Call: func(ctx context.Context, call observe.Call) (context.Context, func(error)) {
			ctx, span := tracer.Start(ctx, "leat.call", trace.WithAttributes(mill,
				attribute.String("leat.stream", call.Stream), attribute.Int("leat.partition", call.Partition),
				attribute.Int64("leat.offset", call.Offset), attribute.Int("leat.masters", call.Masters)))
			return ctx, func(err error) { end(span, err) }
		},
		Commit: func(ctx context.Context, commit observe.Commit) (context.Context, func(error)) {
			ctx, span := tracer.Start(ctx, "leat.commit", trace.WithAttributes(mill,
				attribute.Int("leat.results", commit.Results)))
			return ctx, func(err error) { end(span, err) }
		},
	}
}

func end(span trace.Span, err error) {
	if err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}
