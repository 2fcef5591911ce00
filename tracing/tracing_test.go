package tracing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/tracing"
)

// A Frame is an element, and a Caption a result.
type Frame struct {
	Time float64 `json:"time"`
}

type Caption struct {
	Time float64 `json:"time"`
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Calls and commits have spans; the function finds its own in its context, and a failed attempt says so.
func TestTracing(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	b := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"))
	must(t, memory.Append(b, "frames", 0, Frame{Time: 1}, Frame{Time: 2}))
	must(t, b.End("frames"))
	failed := false
	mill, err := leat.New(func(ctx context.Context, f Frame) (Caption, error) {
		if !trace.SpanFromContext(ctx).SpanContext().IsValid() {
			t.Error("the function's context has no span")
		}
		if f.Time == 2 && !failed {
			failed = true
			return Caption{}, errors.New("boom")
		}
		return Caption(f), nil
	}, leat.Broker(b), leat.Name("m"), leat.OnError(leat.Retry(1, 0)), tracing.With(provider),
		leat.Logger(slog.New(slog.DiscardHandler)))
	must(t, err)
	must(t, mill.Run(t.Context()))
	var got []string
	commits := 0
	for _, s := range spans.Ended() {
		if s.Name() == "leat.commit" {
			commits++
			continue
		}
		var attributes []string
		for _, a := range s.Attributes() {
			attributes = append(attributes, fmt.Sprintf("%s=%v", a.Key, a.Value.AsInterface()))
		}
		got = append(got, fmt.Sprintf("%s %s failed=%t", s.Name(), strings.Join(attributes, " "),
			s.Status().Code == codes.Error))
	}
	call := "leat.call leat.mill=m leat.stream=frames leat.partition=0 leat.offset=%d leat.masters=1 failed=%t"
	want := []string{fmt.Sprintf(call, 0, false), fmt.Sprintf(call, 1, true), fmt.Sprintf(call, 1, false)}
	if !slices.Equal(got, want) {
		t.Errorf("calls:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	if commits == 0 {
		t.Error("there is no span of a commit")
	}
}

func TestTracingMistakes(t *testing.T) {
	_, err := leat.New(func(Frame) {}, leat.From(memory.New(memory.Stream[Frame]("frames"))), tracing.With(nil))
	const location, want = "tracing.With (tracing_test.go:", "): the provider is nil; otel.GetTracerProvider() is a " +
		"usual one"
	if err == nil || !strings.Contains(err.Error(), location) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("without a provider: %v", err)
	}
}
