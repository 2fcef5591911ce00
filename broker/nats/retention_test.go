package nats_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/nats"
)

// copier makes a mill that copies a subject.
func (s *space) copier(log *slog.Logger, options ...nats.SubjectOption) *leat.Mill {
	s.Helper()
	mill, err := leat.New(func(o order) order { return o }, leat.Name(s.name), leat.Logger(log),
		leat.From(nats.New(s.server.URL(), nats.Subject[order](s.subject("in"), options...))),
		leat.To(nats.New(s.server.URL(), nats.Subject[order](s.subject("out")))))
	s.must(err)
	return mill
}

// copied runs a copier until there are n results.
func (s *space) copied(n int, options ...nats.SubjectOption) {
	s.Helper()
	stop := s.start(s.copier(slog.New(slog.DiscardHandler), options...))
	s.awaitThat("what there is is copied", func() bool { return len(s.values("out")) >= n })
	_ = stop()
}

// fails runs a copier that must end with an error that says certain things.
func (s *space) fails(wanted ...string) {
	s.Helper()
	err := s.copier(slog.New(slog.DiscardHandler)).Run(s.Context())
	for _, want := range wanted {
		if err == nil || !strings.Contains(err.Error(), want) {
			s.Errorf("the run ends with %v, wanted an error with %q", err, want)
		}
	}
}

func (s *space) purge(below uint64) {
	s.Helper()
	stream, err := s.js.Stream(s.Context(), s.stream("in"))
	s.must(err)
	s.must(stream.Purge(s.Context(), jetstream.WithPurgeSequence(below)))
}

func (s *space) expectOut(want ...string) {
	s.Helper()
	if got := s.values("out"); !slices.Equal(got, want) {
		s.Errorf("the output has %v, not %v", got, want)
	}
}

func one(id string) string { return `{"id":` + id + `}` }

// R8: limits may remove what has been dealt with while nothing runs.
func TestRemovedIsDealtWith(t *testing.T) {
	s := newSpace(t)
	s.make("in", "in", "other")
	s.publish("in", one("1"))
	s.publish("in", one("2"))
	s.copied(2)
	s.purge(3)
	s.publish("in", one("3"))
	s.copied(3)
	s.expectOut(one("1"), one("2"), one("3"))
}

// R8: a run never passes over what was removed and is still needed, unless the user says so.
func TestRemovedIsNeeded(t *testing.T) {
	s := newSpace(t)
	s.make("in", "in")
	s.publish("in", one("1"))
	s.copied(1)
	for _, id := range []string{"2", "3", "4"} {
		s.publish("in", one(id))
	}
	s.purge(4)
	s.fails(s.subject("in")+"[0]@2", "from 2 to 3", "the first that is left is 4", "nats.SkipRemoved",
		"skip_removed: true")
	s.expectOut(one("1"))
	s.copied(2, nats.SkipRemoved())
	s.expectOut(one("1"), one("4"))
}

// Messages that vanish while a run is far behind end it.
func TestRemovedWhileReading(t *testing.T) {
	s := newSpace(t)
	s.make("in", "in")
	const n = 20_000
	for i := range n {
		_, err := s.js.PublishAsync(s.subject("in"), []byte(one(fmt.Sprint(i))))
		s.must(err)
	}
	<-s.js.PublishAsyncComplete()
	started, wait := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(started) })
	mill, err := leat.New(func(o order) order {
		begin()
		<-wait
		return o
	}, leat.Name(s.name), leat.Logger(slog.New(slog.DiscardHandler)),
		leat.From(nats.New(s.server.URL(), nats.Subject[order](s.subject("in")))),
		leat.To(nats.New(s.server.URL(), nats.Subject[order](s.subject("out")))))
	s.must(err)
	ended := make(chan error, 1)
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { ended <- mill.Run(t.Context()) })
	<-started
	s.purge(n)
	close(wait)
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "the first that is left is 20000") {
			t.Errorf("the run ends with %v", err)
		}
	case <-time.After(hung):
		t.Error("the run goes on behind messages that it never saw")
	}
	for i, value := range s.values("out") {
		if value != one(fmt.Sprint(i)) {
			t.Fatalf("result %d is %s", i, value)
		}
	}
}

// What other subjects of the stream have lost, or somebody has deleted, is no loss.
func TestGaps(t *testing.T) {
	s := newSpace(t)
	s.make("in", "in", "other")
	s.publish("other", one("0"))
	s.publish("in", one("1"))
	s.publish("other", one("0"))
	deleted := s.publish("in", one("2"))
	s.publish("other", one("0"))
	s.publish("in", one("3"))
	stream, err := s.js.Stream(t.Context(), s.stream("in"))
	s.must(err)
	s.must(stream.DeleteMsg(t.Context(), deleted))
	s.purge(2)
	s.copied(2)
	s.publish("other", one("0"))
	s.publish("in", one("4"))
	s.copied(3)
	s.expectOut(one("1"), one("3"), one("4"))
}

// A stream that was made anew has other messages at the sequences that were kept.
func TestRecreated(t *testing.T) {
	s := newSpace(t)
	s.make("in", "in")
	s.publish("in", one("1"))
	s.copied(1)
	s.must(s.js.DeleteStream(t.Context(), s.stream("in")))
	s.make("in", "in")
	s.publish("in", one("2"))
	s.publish("in", one("3"))
	s.fails("was made anew", "give the mill another name")
	s.expectOut(one("1"))
}

// Positions outlast the greatest age of the messages of their stream.
func TestPositionsDoNotExpire(t *testing.T) {
	s := newSpace(t)
	s.make("in", "in")
	s.makeAs(jetstream.StreamConfig{Name: s.stream("out"), Subjects: []string{s.subject("out")}, MaxAge: time.Second,
		Duplicates: time.Second})
	s.publish("in", one("1"))
	stop := s.start(s.copier(slog.New(slog.DiscardHandler)))
	last := func() (uint64, uint64) {
		stream, err := s.js.Stream(t.Context(), s.stream("out"))
		s.must(err)
		return stream.CachedInfo().State.LastSeq, stream.CachedInfo().State.Msgs
	}
	s.awaitThat("the commit is made", func() bool { sequence, _ := last(); return sequence >= 3 })
	_ = stop()
	s.awaitThat("the result has expired, and the positions are left", func() bool {
		_, count := last()
		return count == 1 && len(s.values("out")) == 0
	})
	s.publish("in", one("2"))
	stop = s.start(s.copier(slog.New(slog.DiscardHandler)))
	s.awaitThat("the next run goes on behind the result", func() bool { return len(s.values("out")) > 0 })
	_ = stop()
	if got := s.values("out"); len(got) > 0 && got[0] != one("2") {
		t.Errorf("the next run writes %v first", got)
	}
}
