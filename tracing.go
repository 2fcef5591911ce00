package leat

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// Tracing makes spans of OpenTelemetry: "leat.call" for each call of the function, with the mill, and the stream, partition and
// offset of the master, and "leat.commit" for each commit, with the number of results. A function that takes a
// context.Context finds its call's span there, so that what it does becomes part of the trace. A call that is tried again has a
// span for each attempt.
func Tracing(provider trace.TracerProvider) Option {
	return &option{name: "Tracing", at: mistake.Caller(0), set: func(c *config, o *option) {
		if mistake.IsNil(provider) {
			c.mistakes.Add("%s: the provider is %s; otel.GetTracerProvider() is a usual one", o, mistake.Nil(provider))
			return
		}
		c.tracer = provider.Tracer("github.com/leat-go/leat")
	}}
}

// trace sets up spans, if somebody wants them.
func (b *builder) trace(spec *engine.Spec) {
	tracer := b.config.tracer
	if tracer == nil {
		return
	}
	mill := attribute.String("leat.mill", spec.Name)
	spec.TraceCall = func(ctx context.Context, master broker.Position, masters int) (context.Context, func(error)) {
		ctx, span := tracer.Start(ctx, "leat.call", trace.WithAttributes(mill,
			attribute.String("leat.stream", master.Stream), attribute.Int("leat.partition", master.Partition),
			attribute.Int64("leat.offset", master.Offset), attribute.Int("leat.masters", masters)))
		return ctx, func(err error) { endSpan(span, err) }
	}
	spec.TraceCommit = func(ctx context.Context, results int) (context.Context, func(error)) {
		ctx, span := tracer.Start(ctx, "leat.commit", trace.WithAttributes(mill, attribute.Int("leat.results", results)))
		return ctx, func(err error) { endSpan(span, err) }
	}
}

func endSpan(span trace.Span, err error) {
	if err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}
