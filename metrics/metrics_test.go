package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/metrics"
)

// Frame and Caption are joined by their time.
type Frame struct {
	Time float64 `json:"time"`
}

type Caption struct {
	Time float64 `json:"time"`
}

func captioned(Frame, []Caption) {}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// storage has two frames that match, and elements of every other fate.
func storage(t *testing.T) *memory.Broker {
	t.Helper()
	b := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"))
	must(t, memory.Append(b, "frames", 0, Frame{1}, Frame{2}, Frame{4}))
	must(t, b.AppendRecords("frames", 0, broker.Record{Offset: 3, Value: []byte("{")}))
	must(t, memory.Append(b, "frames", 0, Frame{3}, Frame{6}, Frame{8}))
	must(t, memory.Append(b, "captions", 0, Caption{0}, Caption{1}, Caption{3}, Caption{6}))
	must(t, b.End("frames"))
	must(t, b.End("captions"))
	return b
}

// joining are the options of a mill that joins captions to frames.
func joining(b *memory.Broker, options ...leat.Option) []leat.Option {
	return append(options, leat.Broker(b), leat.OnDisorder(leat.Skip), leat.OnDecodeError(leat.Skip),
		leat.Logger(slog.New(slog.DiscardHandler)),
		leat.Join(func(f Frame) float64 { return f.Time }, func(c Caption) float64 { return c.Time }))
}

// run builds a mill and runs it to its end.
func run(t testing.TB, fn any, options ...leat.Option) {
	t.Helper()
	mill, err := leat.New(fn, options...)
	must(t, err)
	must(t, mill.Run(t.Context()))
}

// value returns the value of a series, which is written as in the exposition format; "none" where it isn't there.
func value(t *testing.T, registry prometheus.Gatherer, series string) string {
	t.Helper()
	families, err := registry.Gather()
	must(t, err)
	for _, f := range families {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			if fmt.Sprintf("%s{%s}", f.GetName(), strings.Join(labels, ",")) == series {
				return fmt.Sprint(m.GetCounter().GetValue() + m.GetGauge().GetValue() +
					float64(m.GetHistogram().GetSampleCount()))
			}
		}
	}
	return "none"
}

func checkSeries(t *testing.T, registry prometheus.Gatherer, want map[string]string) {
	t.Helper()
	for series, number := range want {
		if got := value(t, registry, series); got != number {
			t.Errorf("%s is %s, want %s", series, got, number)
		}
	}
}

// The metrics of a run that waits: who is behind, by how much, and for how long the other has waited. After the run
// what is true at a moment only is gone, and what was counted is still there.
func TestMetricsOfARunThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewPedanticRegistry()
		b := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"))
		must(t, memory.Append(b, "frames", 0, Frame{Time: 1}, Frame{Time: 9}, Frame{Time: 10}, Frame{Time: 11}))
		must(t, memory.Append(b, "captions", 0, Caption{1}, Caption{2}, Caption{5}))
		mill, err := leat.New(captioned, joining(b, leat.Name("m"), metrics.Register(registry))...)
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- mill.Run(ctx) }()
		time.Sleep(10 * time.Second)
		checkSeries(t, registry, map[string]string{
			`leat_running{mill="m"}`: "1",
			`leat_elements_read_total{mill="m",node="Caption",partition="0",stream="captions"}`:                      "3",
			`leat_elements_matched_total{mill="m",node="Caption",partition="0",stream="captions"}`:                   "1",
			`leat_elements_unmatched_total{mill="m",node="Caption",partition="0",stream="captions",verdict="gap"}`:   "2",
			`leat_elements_unmatched_total{mill="m",node="Caption",partition="0",stream="captions",verdict="ended"}`: "0",
			`leat_key{mill="m",node="Caption",partition="0",stream="captions"}`:                                      "5",
			`leat_key_lag{mill="m",node="Caption",partition="0",stream="captions"}`:                                  "4",
			`leat_lag_records{mill="m",node="Frame",partition="0",stream="frames"}`:                                  "2",
			`leat_lag_records{mill="m",node="Caption",partition="0",stream="captions"}`:                              "0",
			`leat_waiting_seconds{mill="m",node="Caption",partition="0",stream="captions"}`:                          "10",
			`leat_waiting_seconds{mill="m",node="Frame",partition="0",stream="frames"}`:                              "0",
			`leat_call_duration_seconds{mill="m"}`:                                                                   "1",
			`leat_partition_owned{mill="m",partition="0"}`:                                                           "1",
		})
		problems, err := testutil.GatherAndLint(registry)
		must(t, err)
		if len(problems) > 0 {
			t.Errorf("promlint: %v", problems)
		}
		stop()
		<-done
		checkSeries(t, registry, map[string]string{
			`leat_running{mill="m"}`:    "0",
			`leat_runs_total{mill="m"}`: "1",
			`leat_elements_read_total{mill="m",node="Caption",partition="0",stream="captions"}`: "3",
			`leat_key{mill="m",node="Caption",partition="0",stream="captions"}`:                 "none",
			`leat_lag_records{mill="m",node="Frame",partition="0",stream="frames"}`:             "none",
			`leat_partition_owned{mill="m",partition="0"}`:                                      "none",
		})
	})
}

// A mill that runs again counts on, and another one beside it counts for itself.
func TestMetricsOfSeveralRuns(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	read := `leat_elements_read_total{mill="%s",node="Frame",partition="0",stream="frames"}`
	for i, name := range []string{"one", "one", "two"} {
		run(t, captioned, joining(storage(t), leat.Name(name), metrics.Register(registry))...)
		checkSeries(t, registry, map[string]string{
			fmt.Sprintf(read, "one"): fmt.Sprint(7 * min(i+1, 2)),
			`leat_elements_skipped_total{mill="one",node="Frame",partition="0",stream="frames",verdict="undecodable"}`: fmt.Sprint(
				min(i+1, 2)),
		})
	}
	checkSeries(t, registry, map[string]string{fmt.Sprintf(read, "two"): "7", `leat_runs_total{mill="one"}`: "2"})
}

// Two mills of one name can't run side by side on a registry, since nobody could tell their metrics apart.
func TestMetricsOfTwoMillsOfAName(t *testing.T) {
	registry := prometheus.NewRegistry()
	b := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"))
	var second error
	must(t, memory.Append(b, "frames", 0, Frame{Time: 1}))
	must(t, memory.Append(b, "captions", 0, Caption{1}))
	must(t, b.End("frames"))
	must(t, b.End("captions"))
	run(t, func(Frame, []Caption) {
		mill, err := leat.New(captioned, joining(storage(t), leat.Name("m"), metrics.Register(registry))...)
		must(t, err)
		second = mill.Run(t.Context())
	}, joining(b, leat.Name("m"), metrics.Register(registry))...)
	if second == nil || !strings.Contains(second.Error(), "give one of them another name by leat.Name") {
		t.Errorf("the second run returns %v", second)
	}
}

// Both what New and what Run refuse names the option and where it is.
func TestMetricsMistakes(t *testing.T) {
	for _, c := range []struct {
		registry prometheus.Registerer
		want     string
	}{
		{nil, "metrics.Register (metrics_test.go:N): the registry is nil; prometheus.DefaultRegisterer is a usual one"},
		{(*prometheus.Registry)(nil),
			"metrics.Register (metrics_test.go:N): the registry is a nil *prometheus.Registry; " +
				"prometheus.DefaultRegisterer is a usual one"},
	} {
		_, err := leat.New(captioned, joining(storage(t), metrics.Register(c.registry))...)
		if got := withoutLine(err); !strings.HasSuffix(got, c.want) {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	mill, err := leat.New(captioned, joining(storage(t), leat.Name("m"), metrics.Register(refusing{}))...)
	must(t, err)
	if got := withoutLine(mill.Run(t.Context())); got != `metrics.Register (metrics_test.go:N): mill "m": no more` {
		t.Errorf("got %s", got)
	}
}

// withoutLine returns what an error says, without the line.
func withoutLine(err error) string {
	return regexp.MustCompile(`metrics_test\.go:\d+`).ReplaceAllString(fmt.Sprint(err), "metrics_test.go:N")
}

// refusing takes no collector.
type refusing struct{ prometheus.Registerer }

func (refusing) Register(prometheus.Collector) error { return errors.New("no more") }
