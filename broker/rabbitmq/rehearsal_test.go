package rabbitmq_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/rabbitserver"
)

// rehearse is what check does with a storage's outputs.
func rehearse(t testing.TB, b *rabbitmq.Broker, outputs int, results ...string) (refused int, err error) {
	t.Helper()
	job := &broker.Job{Name: "test", Looking: true, Logger: slog.New(slog.DiscardHandler), Outputs: b.Streams()[:outputs]}
	var all []broker.Result
	for _, r := range results {
		all = append(all, broker.Result{Value: []byte(r)})
	}
	advice, refused, err := b.Rehearse(t.Context(), job, all)
	if len(advice) > 0 {
		t.Errorf("the advice is %q", advice)
	}
	return refused, err
}

// exists reports whether there is a queue, or stream, of a name.
func (s *space) exists(name string) bool {
	s.Helper()
	channel, err := s.conn.Channel()
	s.must(err)
	defer channel.Close()
	_, err = channel.QueueDeclarePassive(name, true, false, false, false, nil)
	return err == nil
}

// Before a run nothing is made, neither outputs nor the journal, and nothing sent.
func TestRehearsal(t *testing.T) {
	s := newSpace(t)
	s.create("stream")
	_, err := s.channel.QueueDeclare(s.name("queue"), true, false, false, false, nil)
	s.must(err)
	withAMQP := rabbitmq.AMQP(server.AMQPURL(rabbitserver.User, rabbitserver.Password))
	for _, stream := range []rabbitmq.Option{rabbitmq.Stream[string](s.name("stream")), rabbitmq.Stream[string](s.name("new")),
		rabbitmq.Queue[string](s.name("queue")), rabbitmq.Queue[string](s.name("new"))} {
		b := rabbitmq.New(s.url, rabbitmq.Name(s.name("mill")), withAMQP, stream)
		for outputs := range 2 {
			if refused, err := rehearse(t, b, outputs, []string{`1`}[:outputs]...); err != nil || refused != -1 {
				t.Errorf("%v: got the error %v of %d", b.Streams(), err, refused)
			}
		}
	}
	if s.exists(s.name("new")) || s.exists("leat."+s.name("mill")) {
		t.Error("something was made")
	}
	if q, err := s.channel.QueueDeclarePassive(s.name("queue"), true, false, false, false, nil); err != nil || q.Messages > 0 {
		t.Errorf("the queue is %+v, %v", q, err)
	}
	b := rabbitmq.New(s.url, rabbitmq.Name(s.name("mill")), withAMQP, rabbitmq.Stream[string](s.name("stream")))
	if refused, err := rehearse(t, b, 1, `1`, strings.Repeat("x", 2<<20)); refused != 1 || err == nil ||
		!strings.Contains(err.Error(), "stream.frame_max") {
		t.Errorf("a result that is too large gives the error %v of %d", err, refused)
	}
}

// Who may not send to queues is told so, before a run and in it, and isn't connected again and again.
func TestNoRightToSend(t *testing.T) {
	s := newSpace(t)
	guest := server.AMQPURL(rabbitserver.Guest, rabbitserver.Password)
	_, err := s.channel.QueueDeclare("guests."+s.prefix, true, false, false, false, nil)
	s.must(err)
	b := rabbitmq.New(s.url, rabbitmq.Name(s.prefix), rabbitmq.AMQP(guest), rabbitmq.Queue[string]("guests."+s.prefix))
	expect := func(err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "amq.default") {
			t.Errorf("the error is %v", err)
		}
	}
	_, err = rehearse(t, b, 1)
	expect(err)
	out, err := b.OpenSink(t.Context(), &broker.Job{Outputs: b.Streams(), Partitions: 1, Logger: slog.New(slog.DiscardHandler)})
	s.must(err)
	defer out.Close()
	_, err = out.(broker.Claimer).Claim(t.Context(), 0)
	s.must(err)
	expect(out.Commit(t.Context(), []broker.Commit{{Results: []broker.Result{{Value: []byte("1")}}}}))
}
