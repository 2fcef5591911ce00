package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/amqp"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/message"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/stream"

	"github.com/leat-go/leat/internal/rabbitserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// server is the RabbitMQ of all tests; nil where there is none. The streams of each test have a prefix of their own.
var server *rabbitserver.Server

// prefixes counts them.
var prefixes atomic.Int32

func TestMain(m *testing.M) { os.Exit(fixture.Main(m, "LEAT_TEST_RABBITMQ", start)) }

// start starts the server of all tests.
func start(ctx context.Context, dir string) (stop func() error, err error) {
	if server, err = rabbitserver.Start(ctx, dir); err != nil {
		return nil, err
	}
	return server.Stop, nil
}

// A space is the streams of a test, with clients that know nothing of Leat: RabbitMQ's own, for streams and for AMQP.
type space struct {
	testing.TB
	prefix  string
	url     string
	env     *stream.Environment
	conn    *amqp091.Connection
	channel *amqp091.Channel
	// ids holds the last message's id that was published to each stream.
	ids map[string]int64
}

func newSpace(t testing.TB) *space {
	t.Helper()
	if server == nil {
		t.Skip("RabbitMQ isn't installed")
	}
	s := &space{TB: t, prefix: fmt.Sprintf("test%d.", prefixes.Add(1)), ids: map[string]int64{}}
	s.url = server.StreamURL(rabbitserver.User, rabbitserver.Password)
	s.connect()
	t.Cleanup(s.disconnect)
	return s
}

// connect connects the clients. What the server advertises itself by can't be resolved: the client stays where it is.
func (s *space) connect() {
	s.Helper()
	u, err := url.Parse(s.url)
	s.must(err)
	port, err := strconv.Atoi(u.Port())
	s.must(err)
	// With the buffers of 8 KiB that this client sets otherwise, large chunks take minutes.
	s.env, err = stream.NewEnvironment(stream.NewEnvironmentOptions().SetUri(s.url).SetReadBuffer(1 << 20).
		SetWriteBuffer(1 << 20).
		SetAddressResolver(stream.AddressResolver{Host: u.Hostname(), Port: port}))
	s.must(err)
	s.conn, err = amqp091.Dial(server.AMQPURL(rabbitserver.User, rabbitserver.Password))
	s.must(err)
	s.channel, err = s.conn.Channel()
	s.must(err)
}

func (s *space) disconnect() {
	_ = s.env.Close()
	_ = s.conn.Close()
}

func (s *space) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// name returns the full name of a stream of the test.
func (s *space) name(short string) string { return s.prefix + short }

// create makes a stream.
func (s *space) create(name string, options ...*stream.StreamOptions) {
	s.Helper()
	o := stream.NewStreamOptions()
	if len(options) > 0 {
		o = options[0]
	}
	if err := s.env.DeclareStream(s.name(name), o); !errors.Is(err, stream.StreamAlreadyExists) {
		s.must(err)
	}
}

// publish adds messages to a stream.
func (s *space) publish(name string, values ...string) {
	s.Helper()
	messages := make([]message.StreamMessage, len(values))
	for i, v := range values {
		messages[i] = amqp.NewMessage([]byte(v))
	}
	s.publishAll(name, stream.NewProducerOptions(), messages...)
}

// publishAll adds messages to a stream, and tries again while the server has just started: they have ids, by which it
// passes over what it has.
func (s *space) publishAll(name string, options *stream.ProducerOptions, messages ...message.StreamMessage) {
	s.Helper()
	for _, m := range messages {
		s.ids[name]++
		m.SetPublishingId(s.ids[name])
	}
	options.SetProducerName("writer")
	err := s.tryPublish(name, options, messages)
	for begin := time.Now(); err != nil && time.Since(begin) < time.Minute; {
		<-time.After(20 * time.Millisecond)
		err = s.tryPublish(name, options, messages)
	}
	s.must(err)
}

func (s *space) tryPublish(name string, options *stream.ProducerOptions, messages []message.StreamMessage) error {
	producer, err := s.env.NewProducer(s.name(name), options)
	if err != nil {
		return err
	}
	defer producer.Close()
	confirmed := producer.NotifyPublishConfirmation()
	for begin := 0; begin < len(messages); begin += 100 {
		part := messages[begin:min(begin+100, len(messages))]
		if err := producer.BatchSend(part); err != nil {
			return err
		}
		for n := 0; n < len(part); {
			select {
			case c, ok := <-confirmed:
				if !ok {
					return errors.New("the producer was closed")
				}
				for _, status := range c {
					if !status.IsConfirmed() {
						return status.GetError()
					}
					n++
				}
			case <-time.After(time.Minute):
				return errors.New("messages aren't confirmed")
			}
		}
	}
	return nil
}

// read returns what a stream holds, as its own client reads it.
func (s *space) read(name string) []string {
	s.Helper()
	all := s.readMessages(name)
	values := make([]string, len(all))
	for i, m := range all {
		values[i] = string(m.GetData())
	}
	return values
}

func (s *space) readMessages(name string) []*amqp.Message {
	s.Helper()
	var all []*amqp.Message
	last := s.lastOffset(name)
	if last < 0 {
		return nil
	}
	s.consume(name, stream.OffsetSpecification{}.First(), func(c stream.ConsumerContext, m *amqp.Message) bool {
		all = append(all, m)
		return c.Consumer.GetOffset() < last
	}, time.Minute)
	return all
}

// lastOffset returns the offset of the last message of a stream, -1 where it is empty. No command of the server's
// tells: where Leat's publisher has written something there is a last chunk, and where it hasn't, none comes for a
// while.
func (s *space) lastOffset(name string) int64 {
	s.Helper()
	patience := time.Minute
	sequence, err := s.env.QuerySequence("leat."+s.prefix+".0", s.name(name))
	s.must(err)
	if sequence == 0 {
		patience = 100 * time.Millisecond
	}
	last, left := int64(-1), 0
	s.consume(name, stream.OffsetSpecification{}.Last(), func(c stream.ConsumerContext, _ *amqp.Message) bool {
		if left == 0 {
			left = int(c.GetEntriesCount())
		}
		left--
		last = c.Consumer.GetOffset()
		return left > 0
	}, patience)
	return last
}

// consume reads messages until each returns false, or nothing has come for so long.
func (s *space) consume(name string, from stream.OffsetSpecification,
	each func(stream.ConsumerContext, *amqp.Message) bool, patience time.Duration) {
	s.Helper()
	progress, done := make(chan bool, 1), false
	consumer, err := s.env.NewConsumer(s.name(name), func(c stream.ConsumerContext, m *amqp.Message) {
		if done {
			return
		}
		done = !each(c, m)
		if done {
			progress <- true
		}
	}, stream.NewConsumerOptions().SetOffset(from))
	s.must(err)
	select {
	case <-progress:
	case <-time.After(patience):
	}
	s.must(consumer.Close())
}
