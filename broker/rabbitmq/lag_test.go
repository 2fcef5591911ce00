package rabbitmq_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/endmark"
)

// How far a reader lags is known from its first messages on, and as the stream grows.
func TestLag(t *testing.T) {
	s := newSpace(t)
	s.create("numbers")
	var numbers []string
	for n := range 3000 {
		numbers = append(numbers, strconv.Itoa(n))
	}
	s.publish("numbers", numbers...)
	b := rabbitmq.New(s.url, rabbitmq.ReadAhead(1), rabbitmq.Stream[int](s.name("numbers"),
		rabbitmq.DataTimeout(5*time.Second)))
	in, err := b.OpenSource(t.Context(), &broker.Job{Name: "test", Inputs: b.Streams(),
		Logger: slog.New(slog.DiscardHandler)})
	s.must(err)
	defer in.Close()
	reader, err := in.Reader(t.Context(), 0, 0, 0)
	s.must(err)
	defer reader.Close()
	end := reader.(broker.Lagger).End
	if got := end(); got != -1 {
		t.Errorf("before anything is read, the end is %d, not -1", got)
	}
	_, err = reader.Read(t.Context())
	s.must(err)
	if got := end(); got != 3000 || reader.Next() >= 3000 {
		t.Errorf("behind %d messages the end is %d, not 3000", reader.Next(), got)
	}
	s.publish("numbers", append(numbers, endmark.Value)...)
	<-time.After(time.Second) // the end is asked for once in that time
	for err == nil && end() < 6001 {
		_, err = reader.Read(t.Context())
	}
	if err != nil || reader.Next() == 6001 {
		t.Errorf("that the stream has grown isn't known before all is read, up to %d: %v", reader.Next(), err)
	}
	for err == nil {
		_, err = reader.Read(t.Context())
	}
	if !errors.Is(err, io.EOF) || end() != 6001 || reader.Next() != 6001 {
		t.Errorf("at the mark the end is %d, Next returns %d and Read %v", end(), reader.Next(), err)
	}
}

// So is that there is nothing to read, though nothing comes.
func TestLagOfNothing(t *testing.T) {
	s := newSpace(t)
	s.create("empty")
	s.create("read")
	s.publish("read", "1", "2")
	b := rabbitmq.New(s.url, rabbitmq.Stream[int](s.name("empty")), rabbitmq.Stream[int](s.name("read")))
	in, err := b.OpenSource(t.Context(), &broker.Job{Name: "test", Inputs: b.Streams(),
		Logger: slog.New(slog.DiscardHandler)})
	s.must(err)
	defer in.Close()
	for node, next := range []int64{0, 2} {
		reader, err := in.Reader(t.Context(), node, 0, next)
		s.must(err)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		ended := make(chan error, 1)
		go func() {
			_, err := reader.Read(ctx)
			ended <- err
		}()
		for reader.(broker.Lagger).End() != next && ctx.Err() == nil {
			<-time.After(5 * time.Millisecond)
		}
		if got := reader.(broker.Lagger).End(); got != next {
			t.Errorf("the end is %d, not %d", got, next)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("reading ends with %v", err)
		}
		s.must(reader.Close())
	}
}

// Nothing is to be read of a stream that has never had a message, though the server sends nothing that would say so.
func TestProbeOfAnEmptyStream(t *testing.T) {
	s := newSpace(t)
	s.create("empty")
	b := rabbitmq.New(s.url, rabbitmq.Stream[int](s.name("empty")))
	in, err := b.OpenSource(t.Context(), &broker.Job{Name: "test", Inputs: b.Streams(),
		Logger: slog.New(slog.DiscardHandler)})
	s.must(err)
	defer in.Close()
	reader, err := in.Reader(t.Context(), 0, 0, 0)
	s.must(err)
	defer reader.Close()
	for range 2 {
		if end, err := reader.(broker.Prober).Probe(t.Context(), 0); end != 0 || err != nil {
			t.Errorf("Probe returns %d, %v", end, err)
		}
	}
	s.publish("empty", "1")
	if end, err := reader.(broker.Prober).Probe(t.Context(), 0); end != 1 || err != nil {
		t.Errorf("with a message Probe returns %d, %v", end, err)
	}
}
