package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	neturl "net/url"
	"strconv"
	"time"

	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/amqp"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/message"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/stream"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/rabbitserver"
)

var rabbitStorage = storage{
	start: inTempDir(rabbitserver.Demo),
	fill: func(_ context.Context, url string, rows int) error {
		return onRabbit(url, func(env *stream.Environment) error {
			if err := env.DeclareStream("events", stream.NewStreamOptions()); err != nil {
				return err
			}
			p, err := newRabbitProducer(env, "events")
			if err != nil {
				return err
			}
			for i := range rows {
				text, err := json.Marshal(nth(i))
				if err != nil {
					return err
				}
				if err := p.add(text); err != nil {
					return err
				}
			}
			return errors.Join(p.add(endMark), p.flush(), p.Close())
		})
	},
	clear: func(_ context.Context, url string) error {
		return onRabbit(url, func(env *stream.Environment) error {
			for _, name := range []string{"results", "leat.bench"} {
				if err := env.DeleteStream(name); err != nil && !errors.Is(err, stream.StreamDoesNotExist) {
					return err
				}
			}
			return env.DeclareStream("results", stream.NewStreamOptions())
		})
	},
	sum: func(ctx context.Context, url string) (sum string, err error) {
		err = onRabbit(url, func(env *stream.Environment) error {
			var all result
			n := 0
			err := eachOnRabbit(ctx, env, "results", func(data []byte, _ *stream.Consumer) error {
				var r result
				err := json.Unmarshal(data, &r)
				n, all.ID, all.Double = n+1, all.ID+r.ID, all.Double+r.Double
				return err
			})
			sum = fmt.Sprintf("%d rows, %d, %g", n, all.ID, all.Double)
			return err
		})
		return sum, err
	},
	leat: func(ctx context.Context, url string) error {
		mill, err := leat.New(typed, leat.Name("bench"), leat.Logger(slog.New(slog.DiscardHandler)),
			leat.Broker(rabbitmq.New(url, rabbitmq.Stream[event]("events"), rabbitmq.Stream[result]("results"))))
		if err != nil {
			return err
		}
		return mill.Run(ctx)
	},
	loop: func(ctx context.Context, url string) error {
		return onRabbit(url, func(env *stream.Environment) error { return loopOnRabbit(ctx, env) })
	},
}

// onRabbit connects RabbitMQ's own client. With the buffers of 8 KiB that it sets otherwise, large chunks take minutes.
func onRabbit(url string, do func(env *stream.Environment) error) error {
	u, err := neturl.Parse(url)
	if err != nil {
		return err
	}
	host, text, err := net.SplitHostPort(u.Host)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	env, err := stream.NewEnvironment(stream.NewEnvironmentOptions().SetUri(url).SetReadBuffer(1 << 20).
		SetWriteBuffer(1 << 20).SetAddressResolver(stream.AddressResolver{Host: host, Port: port}))
	if err != nil {
		return err
	}
	return errors.Join(do(env), env.Close())
}

// A rabbitProducer publishes in batches, and knows how many messages aren't confirmed yet.
type rabbitProducer struct {
	*stream.Producer
	confirmed stream.ChannelPublishConfirm
	batch     []message.StreamMessage
	waiting   int
}

const rabbitBatch = 500

func newRabbitProducer(env *stream.Environment, name string) (*rabbitProducer, error) {
	p, err := env.NewProducer(name, stream.NewProducerOptions())
	if err != nil {
		return nil, err
	}
	return &rabbitProducer{Producer: p, confirmed: p.NotifyPublishConfirmation()}, nil
}

func (p *rabbitProducer) add(text []byte) error {
	p.batch = append(p.batch, amqp.NewMessage(text))
	if len(p.batch) < rabbitBatch {
		return nil
	}
	return p.send()
}

// send sends the batch, and takes the confirmations that have come.
func (p *rabbitProducer) send() error {
	if err := p.BatchSend(p.batch); err != nil {
		return err
	}
	p.waiting += len(p.batch)
	p.batch = p.batch[:0]
	for {
		select {
		case c := <-p.confirmed:
			p.waiting -= len(c)
		default:
			if p.waiting < 20*rabbitBatch {
				return nil
			}
			p.waiting -= len(<-p.confirmed)
		}
	}
}

// flush sends what is left, and waits until everything is confirmed.
func (p *rabbitProducer) flush() error {
	if err := p.send(); err != nil {
		return err
	}
	for p.waiting > 0 {
		p.waiting -= len(<-p.confirmed)
	}
	return nil
}

// eachOnRabbit reads a stream from its beginning up to the end mark.
func eachOnRabbit(ctx context.Context, env *stream.Environment, name string,
	take func(data []byte, c *stream.Consumer) error) error {
	ended := make(chan error, 1)
	done := false
	consumer, err := env.NewConsumer(name, func(c stream.ConsumerContext, m *amqp.Message) {
		if done {
			return
		}
		data := m.GetData()
		var err error
		if done = string(data) == string(endMark) || string(data) == `{"eos__":true}`; !done {
			err = take(data, c.Consumer)
			done = err != nil
		}
		if done {
			ended <- err
		}
	}, stream.NewConsumerOptions().SetOffset(stream.OffsetSpecification{}.First()))
	if err != nil {
		return err
	}
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, consumer.Close())
}

// loopOnRabbit waits every 100 ms until what it has published is confirmed, and stores its offset then. That is at least
// once.
func loopOnRabbit(ctx context.Context, env *stream.Environment) error {
	p, err := newRabbitProducer(env, "results")
	if err != nil {
		return err
	}
	begun := time.Now()
	err = eachOnRabbit(ctx, env, "events", func(data []byte, c *stream.Consumer) error {
		var e event
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		text, err := json.Marshal(double(e))
		if err != nil {
			return err
		}
		if err := p.add(text); err != nil || time.Since(begun) < between {
			return err
		}
		begun = time.Now()
		if err := p.flush(); err != nil {
			return err
		}
		return env.StoreOffset("bench", "events", c.GetOffset())
	})
	if err != nil {
		return err
	}
	return errors.Join(p.add(endMark), p.flush(), p.Close())
}
