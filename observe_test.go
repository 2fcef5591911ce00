package leat_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/observe"
)

// everyMinute is an observer that prints a line each minute while a mill runs, and one when the run has ended.
func everyMinute(_ context.Context, run observe.Run) (observe.Watch, error) {
	ticker, ended, done := time.NewTicker(time.Minute), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ticker.C:
				printLine(run.Snapshot())
			case <-ended:
				return
			}
		}
	}()
	return observe.Watch{End: func(error) {
		ticker.Stop()
		close(ended)
		<-done
		printLine(run.Snapshot())
	}}, nil
}

func printLine(s observe.Snapshot) {
	fmt.Printf("%s: %d results", s.Name, s.Results)
	for i, n := range s.Totals() {
		fmt.Printf(", %s: %d read, %d without a match", s.Nodes[i].Stream, n.Read, n.Unmatched[observe.Gap])
	}
	fmt.Println()
}

// An observer of one's own: a line per minute about how far the run is.
func ExampleObserve() {
	streams := memory.New(memory.Stream[Frame]("frames"), memory.Stream[Caption]("captions"),
		memory.Stream[Still]("stills"))
	err := errors.Join(
		memory.Append(streams, "frames", 0, Frame{Time: 1}, Frame{Time: 2}, Frame{Time: 3}),
		memory.Append(streams, "captions", 0, Caption{1}, Caption{3}),
		streams.End("frames"),
		streams.End("captions"),
	)
	if err != nil {
		log.Fatal(err)
	}
	mill, err := leat.New(func(f Frame, _ []Caption) Still { return Still{f.Time} },
		leat.Name("stills"),
		leat.Broker(streams),
		leat.Join(func(f Frame) float64 { return f.Time }, func(c Caption) float64 { return c.Time }),
		leat.Logger(slog.New(slog.DiscardHandler)),
		leat.Observe(observe.Func(everyMinute)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: stills: 2 results, frames: 3 read, 1 without a match, captions: 2 read, 0 without a match
}

// A Still is a frame that has a caption.
type Still struct{ Time float64 }

// An observer that refuses says so with the place where it was given, unless it is the stopped context that it refuses
// for; and it is asked anew for each run.
func TestAnObserverThatRefuses(t *testing.T) {
	begun := 0
	refuse := observe.Func(func(ctx context.Context, run observe.Run) (observe.Watch, error) {
		if begun++; run.Mill != "m" || run.Logger == nil {
			t.Errorf("the run is %+v", run)
		}
		if ctx.Err() != nil {
			return observe.Watch{}, fmt.Errorf("look: %w", ctx.Err())
		}
		return observe.Watch{}, errors.New("not today")
	})
	mill, err := leat.New(captioned, skipping(unmatchedBroker(t), quiet(), leat.Name("m"),
		leat.Observe(observe.Func(everyRun)), leat.Observe(refuse))...)
	must(t, err)
	for range 2 {
		got := regexp.MustCompile(`\d+\)`).ReplaceAllString(fmt.Sprint(mill.Run(t.Context())), "N)")
		check(t, got, "leat.Observe (observe_test.go:N): not today")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	check(t, fmt.Sprint(mill.Run(ctx)), context.Canceled.Error())
	if begun != 3 {
		t.Errorf("it was asked for %d runs of 3", begun)
	}
}

// everyRun lets every run begin.
func everyRun(context.Context, observe.Run) (observe.Watch, error) { return observe.Watch{}, nil }
