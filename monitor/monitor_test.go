package monitor_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/monitor"
)

// A reading is an element of a stream that a page shows.
type reading struct{ N int }

// urls hands out the address of each page that is logged.
type urls struct {
	slog.Handler
	found chan string
}

func (u *urls) WithAttrs([]slog.Attr) slog.Handler { return u }
func (u *urls) WithGroup(string) slog.Handler      { return u }

func (u *urls) Handle(_ context.Context, record slog.Record) error {
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == "url" {
			u.found <- a.Value.String()
		}
		return true
	})
	return nil
}

// The page is there while a mill runs, each time it does, and not between.
func TestThePageIsThereWhileTheMillRuns(t *testing.T) {
	log := &urls{slog.NewTextHandler(io.Discard, nil), make(chan string, 1)}
	streams := memory.New(memory.Stream[reading]("readings"))
	called := make(chan int, 10)
	mill, err := leat.New(func(r reading) { called <- r.N },
		leat.Name("readings"), leat.From(streams), monitor.Listen("127.0.0.1:0"), leat.Logger(slog.New(log)))
	if err != nil {
		t.Fatal(err)
	}
	for session := range 2 {
		if err := memory.Append(streams, "readings", 0, reading{session}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var g errgroup.Group
		g.Go(func() error { return mill.Run(ctx) })
		url := <-log.found
		<-called
		answer, err := http.Get(url + "snapshot.json")
		if err != nil {
			t.Fatal(err)
		}
		var view struct {
			Mill    string
			Streams []struct{ Name, Stream string }
		}
		err = errors.Join(json.NewDecoder(answer.Body).Decode(&view), answer.Body.Close())
		if err != nil || view.Mill != "readings" || len(view.Streams) != 1 || view.Streams[0].Stream != "readings" {
			t.Errorf("session %d: the page shows %+v, %v", session, view, err)
		}
		stop()
		if err := g.Wait(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if answer, err := http.Get(url); err == nil {
			answer.Body.Close()
			t.Error("the run is over, but its page is there")
		}
	}
}

// A mill whose page can't be served reads nothing.
func TestAPageWhoseAddressIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	streams := memory.New(memory.Stream[reading]("readings"))
	if err := memory.Append(streams, "readings", 0, reading{1}); err != nil {
		t.Fatal(err)
	}
	mill, err := leat.New(func(reading) { t.Error("the function was called") },
		leat.From(streams), monitor.Listen(taken.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	err = mill.Run(t.Context())
	const location, want = "monitor.Listen (monitor_test.go:", "): the monitor's page can't be served at 127.0.0.1:"
	if err == nil || !strings.HasPrefix(err.Error(), location) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

// A run that is stopped before it begins says so, and doesn't blame the address.
func TestAPageOfAStoppedRun(t *testing.T) {
	mill, err := leat.New(func(reading) {}, leat.From(memory.New(memory.Stream[reading]("readings"))),
		monitor.Listen("localhost:0"), leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := mill.Run(ctx); !errors.Is(err, context.Canceled) || err.Error() != context.Canceled.Error() {
		t.Errorf("got %v", err)
	}
}

func TestAWrongAddressForAPage(t *testing.T) {
	for address, want := range map[string]string{
		"8080": `): the address "8080" isn't one like "localhost:8080"`,
		"":     `): the address "" isn't one like "localhost:8080": missing port in address`,
	} {
		_, err := leat.New(func(reading) {}, leat.From(memory.New(memory.Stream[reading]("readings"))),
			monitor.Listen(address))
		if err == nil || !strings.Contains(err.Error(), "monitor.Listen (monitor_test.go:") || !strings.Contains(err.Error(),
			want) {
			t.Errorf("got %v", err)
		}
	}
}
