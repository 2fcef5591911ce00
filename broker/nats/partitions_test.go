package nats_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/nats"
)

// Results of several partitions go to one subject, those of each in order, however many there are in a commit; it gets
// one mark for each session of all of them.
func TestPartitions(t *testing.T) {
	s := newSpace(t)
	const partitions, orders, parts, sessions = 3, 20, 400, 2
	input := memory.New(memory.Stream[order]("orders", memory.Partitions(partitions)))
	type part struct{ Partition, Order, Part int }
	next := int64(0)
	for range sessions {
		for p := range partitions {
			for range orders {
				next++
				s.must(memory.Append(input, "orders", p, order{next*partitions + int64(p)}))
			}
		}
		s.must(input.End("orders"))
	}
	for range sessions {
		mill, err := leat.New(func(o order) []part {
			all := make([]part, parts)
			for i := range all {
				all[i] = part{int(o.ID % partitions), int(o.ID / partitions), i}
			}
			return all
		}, leat.Name(s.name), leat.Logger(slog.New(slog.DiscardHandler)), leat.From(input),
			leat.To(nats.New(s.server.URL(), nats.Subject[part](s.subject("out")))))
		s.must(err)
		s.must(mill.Run(t.Context()))
	}
	last := map[int]part{}
	count, marks := 0, 0
	for _, value := range s.values("out") {
		if value == mark {
			marks++
			if count != marks*partitions*orders*parts {
				t.Errorf("mark %d comes behind %d results", marks, count)
			}
			continue
		}
		var p part
		s.must(json.Unmarshal([]byte(value), &p))
		before, ok := last[p.Partition]
		if ok && (p.Order < before.Order || p.Order == before.Order && p.Part != before.Part+1) {
			t.Fatalf("%+v comes behind %+v", p, before)
		}
		last[p.Partition] = p
		count++
	}
	if count != sessions*partitions*orders*parts || marks != sessions {
		t.Errorf("there are %d results and %d marks", count, marks)
	}
}

// A run that is killed between the end of the last partition and the mark leaves the mark to the next one.
func TestMarkIsLeftToTheNextRun(t *testing.T) {
	s := newSpace(t)
	p := newProxy(t, s.server.Address())
	b := nats.New(p.url(), nats.Name(s.name), nats.Subject[order](s.subject("out")))
	job := &broker.Job{Outputs: b.Streams(), Partitions: 2, Logger: slog.New(slog.DiscardHandler)}
	claimed := func() broker.Output {
		out, err := b.OpenSink(t.Context(), job)
		s.must(err)
		for partition := range job.Partitions {
			_, err := out.(broker.Claimer).Claim(t.Context(), partition)
			s.must(err)
		}
		return out
	}
	end := func(partition int) []broker.Commit {
		return []broker.Commit{{Partition: partition, Results: []broker.Result{{Value: []byte(one("1"))}}, End: true,
			Progress: broker.Progress{Sessions: 1}}}
	}
	out := claimed()
	s.must(out.Commit(t.Context(), end(0)))
	s.expectOut(one("1"))
	ctx, cancel := context.WithCancel(t.Context())
	p.cutAtThen("leat.positions."+s.name+".marks ", func() { cancel(); p.hold() })
	if err := out.Commit(ctx, end(1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("the commit with the last end returns %v", err)
	}
	s.expectOut(one("1"), one("1"))
	p.release()
	next := claimed()
	s.expectOut(one("1"), one("1"), mark)
	s.must(next.Close())
	s.must(out.Close())
}
