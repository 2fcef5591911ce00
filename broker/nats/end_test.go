package nats_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/nats"
)

// How much there is to read is known before anything has come: nothing, behind the last message.
func TestEndIsKnownBeforeAMessage(t *testing.T) {
	s := newSpace(t)
	s.make("in", "in")
	last := s.publish("in", `{"ID":1}`)
	b := nats.New(s.server.URL(), nats.Subject[order](s.subject("in")))
	job := &broker.Job{Name: s.name, Inputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)}
	in, err := b.OpenSource(t.Context(), job)
	s.must(err)
	defer in.Close()
	next := int64(last) + 1
	r, err := in.Reader(t.Context(), 0, 0, next)
	s.must(err)
	defer r.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := r.Read(ctx)
		ended <- err
	}()
	s.awaitThat("the end is known", func() bool { return r.(broker.Lagger).End() == next })
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("reading ends with %v", err)
	}
}
