package nats_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/nats"
)

// large is how many results one call has: three batches.
const large = 2500

// splitter makes a mill each of whose calls has more results than a batch takes.
func (s *shop) splitter(url string, log *slog.Logger) (*leat.Mill, error) {
	return leat.New(func(o order) []total {
		all := make([]total, large)
		for i := range all {
			all[i] = total{ID: o.ID, Items: i}
		}
		return all
	}, leat.Name(s.name), leat.Logger(log), leat.Broker(nats.New(url, nats.Subject[order](s.subject("orders")),
		nats.Subject[total](s.subject("totals")))))
}

// expectParts compares with what the splitter makes of n orders.
func (s *shop) expectParts(n int) {
	s.Helper()
	got := s.values("totals")
	if len(got) != n*large {
		s.Fatalf("there are %d results, not %d", len(got), n*large)
	}
	for i, text := range got {
		var p total
		s.must(json.Unmarshal([]byte(text), &p))
		if want := (total{ID: int64(1 + i/large), Items: i % large}); p != want {
			s.Fatalf("result %d is %v, not %v", i, p, want)
		}
	}
}

// R8: a commit that is too large for a batch is written exactly once, whenever the run is killed.
func TestLargeCommitIsKilled(t *testing.T) {
	s := &shop{space: newSpace(t)}
	s.make("shop", "orders")
	for round := range 8 {
		running := s.helper("parts")
		s.send("orders", order{int64(round + 1)})
		s.awaitThat("the output exists", func() bool {
			_, err := s.js.StreamNameBySubject(t.Context(), s.subject("totals"))
			return err == nil
		})
		stream, err := s.js.Stream(t.Context(), s.stream("totals"))
		s.must(err)
		// The stream has grown by about that many messages since the round began.
		before, after := uint64(round)*(large+5), uint64(round*300)
		s.awaitThat("there is something of the commit", func() bool {
			info, err := stream.Info(t.Context())
			s.must(err)
			return info.State.LastSeq >= before+after
		})
		s.must(running.Kill())
		_ = running.Wait()
	}
	s.helper("parts")
	s.awaitThat("all results are there", func() bool { return len(s.values("totals")) >= 8*large })
	s.expectParts(8)
}

// A large commit whose run ends in the middle of it counts as made, and the next run completes it before anything else.
func TestLargeCommitIsCompleted(t *testing.T) {
	for name, text := range map[string]string{
		"before the first copies":  "Leat-Copied: 999\r\n",
		"before the second copies": "Leat-Copied: 1998\r\n",
		"before the last copies":   "Nats-Batch-Sequence: 503\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := &shop{space: newSpace(t)}
			s.make("shop", "orders")
			p := newProxy(t, s.server.Address())
			b := nats.New(p.url(), nats.Name(s.name), nats.Subject[order](s.subject("orders")),
				nats.Subject[total](s.subject("totals")))
			job := &broker.Job{Inputs: b.Streams()[:1], Outputs: b.Streams()[1:], Logger: slog.New(slog.DiscardHandler)}
			out, err := b.OpenSink(t.Context(), job)
			s.must(err)
			_, err = out.(broker.Claimer).Claim(t.Context(), 0)
			s.must(err)
			commit := broker.Commit{Progress: broker.Progress{Sessions: 3}}
			for i := range large {
				value, err := json.Marshal(total{ID: 1, Items: i})
				s.must(err)
				commit.Results = append(commit.Results, broker.Result{Value: value})
			}
			ctx, cancel := context.WithCancel(t.Context())
			p.cutAtThen(text, func() { cancel(); p.hold() })
			if err := out.Commit(ctx, []broker.Commit{commit}); err == nil {
				t.Fatal("the commit was made in whole")
			}
			if n := len(s.values("totals")); n >= large {
				t.Fatalf("there are %d results already", n)
			}
			p.release()
			next, err := b.OpenSink(t.Context(), job)
			s.must(err)
			kept, err := next.(broker.Claimer).Claim(t.Context(), 0)
			s.must(err)
			if kept.Sessions != 3 {
				t.Errorf("the next run goes on with %+v, not behind the commit", kept)
			}
			s.expectParts(1)
			// The one before adds nothing.
			if err := out.Commit(t.Context(), []broker.Commit{commit}); err == nil {
				t.Error("the run that was taken over commits")
			}
			s.expectParts(1)
			s.must(out.Close())
			s.must(next.Close())
		})
	}
}

// What was put aside is removed when it is copied.
func TestLargeCommitLeavesNothingBehind(t *testing.T) {
	s := &shop{space: newSpace(t)}
	s.make("shop", "orders")
	mill, err := s.splitter(s.server.URL(), slog.New(slog.DiscardHandler))
	s.must(err)
	s.start(mill)
	s.send("orders", order{1})
	s.awaitThat("all results are there", func() bool { return len(s.values("totals")) >= large })
	s.awaitThat("only results and positions are left", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		name, err := s.js.StreamNameBySubject(ctx, s.subject("totals"))
		s.must(err)
		stream, err := s.js.Stream(ctx, name)
		s.must(err)
		return stream.CachedInfo().State.Msgs == large+1
	})
	s.expectParts(1)
	if _, err := s.js.StreamNameBySubject(t.Context(), fmt.Sprintf("leat.positions.%s.0", s.name)); err != nil {
		t.Errorf("the positions aren't there: %v", err)
	}
}
