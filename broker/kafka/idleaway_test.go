//go:build unix

package kafka_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/internal/kafkaserver"
	"github.com/leat-go/leat/internal/wait"
	"github.com/leat-go/leat/observe"
)

// The elements of a mill that hands over each trade with the last quote before it.
type (
	idleTrade  struct{ At int }
	idleQuote  struct{ At int }
	idleResult struct{ Trade, Quote int }
)

// R13: a Kafka that is away for longer than the idle time, frozen or killed, isn't silent: nothing goes on early because of
// that, and what is written when it is back is joined as ever. When it is silent, the join goes on.
func TestIdleIsNotAway(t *testing.T) {
	if os.Getenv("LEAT_TEST_KAFKA") == "" {
		t.Skip("LEAT_TEST_KAFKA isn't set: this starts a real Kafka of its own")
	}
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	server, err := kafkaserver.Start(ctx, t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, server.Stop()) })
	c := connect(t, &cluster{TB: t, addresses: []string{server.Address()}})
	for _, topic := range []string{"trades", "quotes", "results"} {
		c.create(topic, 1)
	}
	const idle = 4 * time.Second
	log := &logged{}
	read, stop := c.runIdle(ctx, idle, log)
	c.produce("quotes", 0, `{"at":1}`)
	c.produce("trades", 0, `{"at":2}`)
	c.awaitResults(ctx, "results", []idleResult{{2, 1}}) // silent
	if log.count("a stream is idle:") != 1 {
		t.Fatalf("the log should say that the stream is idle:\n%s", log)
	}
	c.produce("quotes", 0, `{"at":3}`)
	want := []idleResult{{2, 1}}
	for i, how := range []string{"frozen", "killed"} {
		at := 10 * (i + 1)
		c.produce("trades", 0, `{"at":`+strconv.Itoa(at)+`}`) // waits for a quote above
		for read() < int64(i+2) {
			must(t, wait.For(ctx, 10*time.Millisecond))
		}
		if how == "frozen" {
			must(t, server.Process().Signal(syscall.SIGSTOP))
			time.Sleep(3 * idle)
			must(t, server.Process().Signal(syscall.SIGCONT))
		} else {
			must(t, server.Kill())
			time.Sleep(3 * idle)
			must(t, server.Restart(ctx))
		}
		c.produce("quotes", 0, `{"at":`+strconv.Itoa(at-1)+`}`, `{"at":`+strconv.Itoa(at+1)+`}`)
		want = append(want, idleResult{at, at - 1})
		c.awaitResults(ctx, "results", want)
		if n := log.count("a stream is idle:"); n != 1 {
			t.Errorf("%s: the stream was idle %d times, since its server was away:\n%s", how, n, log)
		}
		if n := log.count("can't be told"); n != i+1 {
			t.Errorf("%s: that the server is away was told %d times in all:\n%s", how, n, log)
		}
	}
	c.produce("trades", 0, `{"at":30}`)
	c.awaitResults(ctx, "results", append(want, idleResult{30, 21})) // silent again
	stop()
}

// runIdle runs the mill until it is stopped. It returns how many trades the mill has read, too.
func (c *cluster) runIdle(ctx context.Context, idle time.Duration, log *logged) (read func() int64, stop func()) {
	c.Helper()
	runs := make(chan observe.Run, 1)
	mill, err := leat.New(
		func(trade idleTrade, quote *idleQuote) idleResult { return idleResult{trade.At, quote.At} },
		leat.Broker(kafka.New(c.addresses, kafka.Topic[idleTrade]("trades"), kafka.Topic[idleQuote]("quotes"),
			kafka.Topic[idleResult]("results"), kafka.Group("idle"))),
		leat.CommitEvery(5*time.Millisecond, 0),
		leat.AsOf(func(t idleTrade) int { return t.At }, func(q idleQuote) int { return q.At }, leat.Optional()),
		leat.Idle[idleQuote](idle),
		leat.Logger(slog.New(slog.NewTextHandler(log, nil))),
		leat.Observe(observe.Func(func(_ context.Context, run observe.Run) (observe.Watch, error) {
			runs <- run
			return observe.Watch{}, nil
		})),
	)
	must(c, err)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- mill.Run(ctx) }()
	run := <-runs
	read = func() (n int64) {
		if tasks := run.Snapshot().Tasks; len(tasks) > 0 {
			n = int64(tasks[0].Nodes[0].Read)
		}
		return n
	}
	return read, func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			c.Errorf("the run ends with %v:\n%s", err, log)
		}
	}
}

// awaitResults waits for results, and fails if others come.
func (c *cluster) awaitResults(ctx context.Context, topic string, want []idleResult) {
	c.Helper()
	for {
		var got []idleResult
		for _, r := range c.committed(topic, 0) {
			var result idleResult
			must(c, json.Unmarshal(r.Value, &result))
			got = append(got, result)
		}
		switch {
		case slices.Equal(got, want):
			return
		case len(got) >= len(want) || ctx.Err() != nil:
			c.Fatalf("got %v, want %v, %v", got, want, ctx.Err())
		}
		time.Sleep(100 * time.Millisecond)
	}
}
