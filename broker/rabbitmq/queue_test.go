package rabbitmq_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/rabbitserver"
)

// A queue beside a stream gets the results of commits; a run that was closed well leaves nothing to repeat, and the
// log's first line says that it is at least once.
func TestQueue(t *testing.T) {
	s := newShop(t, 8)
	log := &lines{}
	mill := func() *leat.Mill {
		m, err := leat.New(sum, leat.Name("alerts"), leat.Logger(slog.New(slog.NewTextHandler(log, nil))),
			leat.Broker(rabbitmq.New(s.url, rabbitmq.Name(s.prefix),
				rabbitmq.AMQP(server.AMQPURL(rabbitserver.User, rabbitserver.Password)),
				rabbitmq.Stream[order](s.name("orders")), rabbitmq.Stream[item](s.name("items")),
				rabbitmq.Stream[total](s.name("totals")), rabbitmq.Queue[bill](s.name("bills")))),
			leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
		s.must(err)
		return m
	}
	var want []string
	for round := range 2 {
		s.end()
		s.must(mill().Run(t.Context()))
		want = append(want, [][]string{
			{`{"id":1}`, `{"id":2}`, `{"id":3}`, `{"id":5}`, `{"id":6}`, `{"id":7}`, `{"eos__": true}`},
			{`{"id":9}`, `{"id":10}`, `{"id":11}`, `{"eos__": true}`},
		}[round]...)
		s.grow(4)
	}
	if got := s.get("bills"); !slices.Equal(got, want) {
		t.Errorf("the queue holds %v, wanted %v", got, want)
	}
	if !strings.Contains(log.String(), `results="at least once: `) {
		t.Errorf("the log doesn't say what the queue gets:\n%s", log)
	}
}

// get takes everything out of a queue.
func (s *space) get(name string) (values []string) {
	s.Helper()
	for {
		d, ok, err := s.channel.Get(s.name(name), true)
		s.must(err)
		if !ok {
			return values
		}
		values = append(values, string(d.Body))
	}
}

// A run that goes on after a crash sends the last commit to a queue again, and no more.
func TestQueueAfterACrash(t *testing.T) {
	s := newSpace(t)
	b := rabbitmq.New(s.url, rabbitmq.Name(s.prefix), rabbitmq.AMQP(server.AMQPURL(rabbitserver.User,
		rabbitserver.Password)), rabbitmq.Queue[string](s.name("queue")))
	open := func() broker.Output {
		out, err := b.OpenSink(t.Context(), &broker.Job{Outputs: b.Streams(), Partitions: 1,
			Logger: slog.New(slog.DiscardHandler)})
		s.must(err)
		_, err = out.(broker.Claimer).Claim(t.Context(), 0)
		s.must(err)
		return out
	}
	first := open()
	for n := range 3 {
		s.must(first.Commit(t.Context(), []broker.Commit{{Results: []broker.Result{{Value: fmt.Append(nil, n)}}}}))
	}
	second := open() // the first one is still there, and hasn't noted that it is through
	s.must(second.Commit(t.Context(), []broker.Commit{{Results: []broker.Result{{Value: []byte("3")}}}}))
	s.must(first.Close())
	s.must(second.Close())
	s.must(open().Close())
	if got := s.get("queue"); !slices.Equal(got, []string{"0", "1", "2", "2", "3"}) {
		t.Errorf("the queue holds %v", got)
	}
}
