package kafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
)

// What lies behind the last record, transactions' markers and what was aborted, is no distance to the end.
func TestNothingIsLeftAtTheEnd(t *testing.T) {
	c := newCluster(t)
	topic := c.prefix + "in"
	c.create(topic, 1)
	c.transaction(topic, kgo.TryCommit, `{"ID":1}`, `{"ID":2}`)
	c.transaction(topic, kgo.TryAbort, `{"ID":3}`)
	in, err := kafka.New(c.addresses, kafka.Group(c.prefix+"group")).OpenSource(t.Context(), job("", []string{topic}, nil))
	must(t, err)
	defer in.Close()
	r, err := in.Reader(t.Context(), 0, 0, 0)
	must(t, err)
	defer r.Close()
	if end := r.(broker.Lagger).End(); end != -1 {
		t.Errorf("before anything was fetched End returns %d", end)
	}
	readUpTo(t, r, 2)
	c.transaction(topic, kgo.TryCommit, `{"ID":4}`)
	readUpTo(t, r, 6)
}

// readUpTo reads until Next returns what is wanted, and End the same.
func readUpTo(t *testing.T, r broker.Reader, want int64) {
	t.Helper()
	lagger := r.(broker.Lagger)
	for began := time.Now(); r.Next() != want || lagger.End() != want; {
		if time.Since(began) > hung {
			t.Fatalf("Next returns %d and End %d, both should come to %d", r.Next(), lagger.End(), want)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := r.Read(ctx)
		cancel()
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		if end := lagger.End(); end != -1 && end < r.Next() {
			t.Fatalf("End returns %d where Next returns %d", end, r.Next())
		}
	}
}
