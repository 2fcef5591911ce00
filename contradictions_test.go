package leat_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/dig"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/expr"
	"github.com/leat-go/leat/metrics"
	"github.com/leat-go/leat/monitor"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/tracing"
)

// millOptions are all options of a mill but joins, by their names. Each makes its option anew.
func millOptions(b *memory.Broker) map[string]func() leat.Option {
	return map[string]func() leat.Option{
		"leat.Broker":         func() leat.Option { return leat.Broker(b) },
		"leat.From":           func() leat.Option { return leat.From(b) },
		"leat.To":             func() leat.Option { return leat.To(b) },
		"leat.Name":           func() leat.Option { return leat.Name("m") },
		"leat.Logger":         func() leat.Option { return leat.Logger(slog.Default()) },
		"leat.Verify":         leat.Verify,
		"leat.Concurrency":    func() leat.Option { return leat.Concurrency(2) },
		"leat.CommitEvery":    func() leat.Option { return leat.CommitEvery(0, 5) },
		"leat.OnDisorder":     func() leat.Option { return leat.OnDisorder(leat.DeadLetter) },
		"leat.OnDecodeError":  func() leat.Option { return leat.OnDecodeError(leat.DeadLetter) },
		"leat.OnError":        func() leat.Option { return leat.OnError(leat.Retry(1, 0)) },
		"leat.OnUnmatched":    func() leat.Option { return leat.OnUnmatched(func(leat.Unmatched) {}) },
		"leat.WriteUnmatched": leat.WriteUnmatched,
		"leat.Container":      func() leat.Option { return leat.Container(dig.New()) },
		"leat.Provide":        func() leat.Option { return leat.Provide(1) },
		"leat.Observe":        func() leat.Option { return leat.Observe(observe.Func(everyRun)) },
		"leat.Window":         func() leat.Option { return leat.Window(audioTime) },
		"leat.WindowEvery":    func() leat.Option { return leat.WindowEvery(time.Second) },
		"leat.WindowCount":    func() leat.Option { return leat.WindowCount(2) },
		"expr.Window":         func() leat.Option { return expr.Window[Audio]("time") },
		"metrics.Register":    func() leat.Option { return metrics.Register(prometheus.NewRegistry()) },
		"monitor.Listen":      func() leat.Option { return monitor.Listen("localhost:0") },
		"tracing.With":        func() leat.Option { return tracing.With(noop.NewTracerProvider()) },
	}
}

// contradicts reports whether two options, or two of one kind, can't both be meant.
func contradicts(a, b string) bool {
	window := func(name string) bool { return strings.Contains(name, ".Window") }
	both := func(x, y string) bool { return a == x && b == y || a == y && b == x }
	switch {
	case a == b:
		return a != "leat.Observe" // leat.Provide may be given several times, but not with two values of a type
	case window(a) && window(b):
		return true
	}
	return both("leat.Broker", "leat.From") || both("leat.Broker", "leat.To")
}

// TestPairsOfOptions gives a mill each pair of options. Those that contradict each other are refused by an error that
// quotes both, with their lines; all others are accepted.
func TestPairsOfOptions(t *testing.T) {
	b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"), memory.Stream[leat.Letter]("letters"),
		memory.Stream[leat.Unmatched]("unmatched"))
	options := millOptions(b)
	for first := range options {
		for second := range options {
			given := []leat.Option{options[first](), options[second](), leat.Join(audioTime, videoTime)}
			err := newOfPair(b, first, second, given)
			switch {
			case !contradicts(first, second):
				if err != nil {
					t.Errorf("%s with %s: %v", first, second, err)
				}
			case err == nil:
				t.Errorf("%s with %s: no error", first, second)
			default:
				for _, name := range []string{first, second} {
					if !strings.Contains(err.Error(), name+" (contradictions_test.go:") {
						t.Errorf("%s with %s: the error doesn't quote %s: %v", first, second, name, err)
					}
				}
				if first == second && strings.Count(err.Error(), first+" (contradictions_test.go:") < 2 {
					t.Errorf("%s twice: the error quotes one of them: %v", first, err)
				}
			}
		}
	}
}

// newOfPair makes a mill with a function for the options, and storages where they give none.
func newOfPair(b *memory.Broker, first, second string, options []leat.Option) error {
	has := func(name string) bool { return first == name || second == name }
	switch {
	case has("leat.Broker"):
	case has("leat.From") && has("leat.To"):
	case has("leat.From"):
		options = append(options, leat.To(b))
	case has("leat.To"):
		options = append(options, leat.From(b))
	default:
		options = append(options, leat.Broker(b))
	}
	var fn any = func(Audio, []Video) {}
	windowed, provided := strings.Contains(first+second, ".Window"), has("leat.Provide")
	switch {
	case windowed && provided:
		fn = func([]Audio, map[Audio][]Video, int) {}
	case windowed:
		fn = func([]Audio, map[Audio][]Video) {}
	case provided:
		fn = func(Audio, []Video, int) {}
	}
	_, err := leat.New(fn, options...)
	return err
}

// TestPairsOfJoinOptions is the same for the options of a join, and for two joins.
func TestPairsOfJoinOptions(t *testing.T) {
	join := func(options ...leat.JoinOption) leat.Option { return leat.Join(audioTime, videoTime, options...) }
	for _, c := range []struct {
		name    string
		options []leat.Option
		quotes  []string
	}{
		{"two names", []leat.Option{join(leat.Named("a"), leat.Named("b"))}, []string{
			`leat.Join (contradictions_test.go:`, `leat.Named("b") contradicts leat.Named("a")`}},
		{"two left names", []leat.Option{join(leat.Left("a"), leat.Unique(), leat.Left("b"))}, []string{
			`leat.Join (contradictions_test.go:`, `leat.Left("b") contradicts leat.Left("a")`}},
		{"a name, and none", []leat.Option{join(leat.Named("a"), leat.Named(""))},
			[]string{`leat.Named("") contradicts leat.Named("a")`}},
		{"a name twice", []leat.Option{join(leat.Named("a"), leat.Named("a"), leat.Unique(), leat.Unique())}, nil},
		{"all", []leat.Option{join(leat.Unique(), leat.Named("a"), leat.Left(""))}, nil},
		{"a join twice", []leat.Option{join(), expr.Join[Audio, Video]("time", "time")}, []string{
			"expr.Join (contradictions_test.go:", "already, by leat.Join (contradictions_test.go:"}},
		{"a comparison and keys", []leat.Option{join(), leat.JoinFunc(func(Audio, Video) int { return 0 })}, []string{
			"leat.JoinFunc (contradictions_test.go:", "already, by leat.Join (contradictions_test.go:"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"),
				memory.Stream[Video]("a", memory.Named("a")))
			_, err := leat.New(func(Audio, []Video) {}, append(slices.Clone(c.options), leat.Broker(b))...)
			if (err != nil) != (c.quotes != nil) {
				t.Fatalf("got %v", err)
			}
			for _, quote := range c.quotes {
				if !strings.Contains(err.Error(), quote) {
					t.Errorf("got %v, want %s in it", err, quote)
				}
			}
		})
	}
}
