package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/rabbitmq/amqp091-go"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/amqp"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/message"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/stream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/endmark"
	"github.com/leat-go/leat/internal/rabbitserver"
)

const (
	// deliveryTimeout is how long an output of RabbitMQ may hold something that isn't delivered yet.
	deliveryTimeout = 2 * time.Second
	// batchSize is how many messages RabbitMQ's client takes at a time.
	batchSize = 100
)

func rabbitKind() kind {
	return kind{name: "rabbitmq", start: startRabbit, broker: rabbitBroker, marks: true}
}

func rabbitBroker(target string) broker.Storage {
	return rabbitmq.New(target,
		rabbitmq.Stream[workload.Step](workload.Steps),
		rabbitmq.Stream[workload.Next](workload.Steps),
		rabbitmq.Stream[workload.Detail](workload.Details),
		rabbitmq.Stream[workload.Note](workload.Notes),
		rabbitmq.Stream[workload.Halt](workload.Notes),
		rabbitmq.Stream[workload.Result](workload.Results))
}

// A rabbitServer is a RabbitMQ, as campaigns see servers.
type rabbitServer struct{ *rabbitserver.Server }

func (s rabbitServer) Address() string { return s.StreamAddress() }
func (s rabbitServer) Pid() int        { return s.Process().Pid }

// A rabbitStorage is a RabbitMQ. Its streams are written by RabbitMQ's client for them, whose messages have numbers by which
// the server passes over what it has, and read by that for AMQP 0.9.1.
type rabbitStorage struct {
	process *rabbitserver.Server
	// environment is nil after an error, until the next call connects again.
	environment *stream.Environment
	producers   map[string]*producer
}

// A producer adds messages to a stream.
type producer struct {
	*stream.Producer
	confirmed stream.ChannelPublishConfirm
}

func startRabbit(ctx context.Context, dir string) (storage, error) {
	process, err := rabbitserver.Start(ctx, dir)
	if err != nil {
		return nil, err
	}
	s := &rabbitStorage{process: process}
	if err = s.connect(); err == nil {
		for _, name := range append(workload.Inputs(), workload.Results) {
			err = errors.Join(err, s.environment.DeclareStream(name, stream.NewStreamOptions()))
		}
	}
	if err == nil {
		err = process.Settle(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, process.Stop())
	}
	return s, nil
}

func (s *rabbitStorage) connect() (err error) {
	if s.environment != nil {
		return nil
	}
	host, text, err := net.SplitHostPort(s.process.StreamAddress())
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	s.producers = map[string]*producer{}
	// What the server advertises itself by can't be resolved: the client stays where it is.
	s.environment, err = stream.NewEnvironment(stream.NewEnvironmentOptions().SetUri(s.target(s.process.StreamAddress())).
		SetAddressResolver(stream.AddressResolver{Host: host, Port: port}))
	return err
}

func (s *rabbitStorage) server() server { return rabbitServer{s.process} }

func (s *rabbitStorage) target(address string) string {
	return fmt.Sprintf("rabbitmq-stream://%s:%s@%s", rabbitserver.User, rabbitserver.Password, address)
}

// append publishes messages, the first of a stream with the number 1.
func (s *rabbitStorage) append(ctx context.Context, name string, first int, elements []*workload.Element) error {
	err := s.publish(ctx, name, first, elements)
	if err != nil {
		s.disconnect()
	}
	return err
}

// disconnect closes all producers. A producer that has confirmations for somebody who no longer reads them holds the lock that
// its end waits for, so they are read on meanwhile.
func (s *rabbitStorage) disconnect() {
	if s.environment == nil {
		return
	}
	closed := make(chan struct{})
	var unread sync.WaitGroup
	for _, p := range s.producers {
		unread.Go(func() { p.drain(closed) })
	}
	_ = s.environment.Close() // whatever it says, the next call connects anew
	close(closed)
	unread.Wait()
	s.environment = nil
}

// drain reads confirmations until there are no more to come, or closed is.
func (p *producer) drain(closed <-chan struct{}) {
	for {
		select {
		case _, ok := <-p.confirmed:
			if !ok {
				return
			}
		case <-closed:
			return
		}
	}
}

func (s *rabbitStorage) publish(ctx context.Context, name string, first int, elements []*workload.Element) error {
	p, err := s.producer(name)
	if err != nil {
		return err
	}
	messages := make([]message.StreamMessage, len(elements))
	for i, e := range elements {
		value := []byte(endmark.Value)
		if e != nil {
			value, _ = json.Marshal(e) // numbers always can be
		}
		messages[i] = amqp.NewMessage(value)
		messages[i].SetPublishingId(int64(first + i + 1))
	}
	for len(messages) > 0 {
		part := messages[:min(batchSize, len(messages))]
		messages = messages[len(part):]
		if err := p.BatchSend(part); err != nil {
			return err
		}
		if err := p.await(ctx, len(part)); err != nil {
			return err
		}
	}
	return nil
}

func (s *rabbitStorage) producer(name string) (*producer, error) {
	if err := s.connect(); err != nil {
		return nil, err
	}
	if p := s.producers[name]; p != nil {
		return p, nil
	}
	opened, err := s.environment.NewProducer(name, stream.NewProducerOptions().SetProducerName("load"))
	if err != nil {
		return nil, err
	}
	p := &producer{opened, opened.NotifyPublishConfirmation()}
	s.producers[name] = p
	return p, nil
}

// await waits until so many messages are confirmed.
func (p *producer) await(ctx context.Context, n int) error {
	for n > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case confirmations, ok := <-p.confirmed:
			if !ok {
				return errors.New("the producer was closed")
			}
			for _, c := range confirmations {
				if !c.IsConfirmed() {
					return fmt.Errorf("a message isn't confirmed: %w", c.GetError())
				}
				n--
			}
		}
	}
	return nil
}

func (s *rabbitStorage) output() output { return &rabbitOutput{process: s.process} }

func (s *rabbitStorage) close() error {
	s.disconnect()
	return s.process.Stop()
}

// A rabbitOutput reads the output over AMQP 0.9.1.
type rabbitOutput struct {
	process *rabbitserver.Server
	// connection is nil after an error, until the next call connects again.
	connection *amqp091.Connection
	deliveries <-chan amqp091.Delivery
	// behind is the offset behind the last record.
	behind int64
}

func (o *rabbitOutput) next(ctx context.Context) (records []record, err error) {
	if err := o.consume(); err != nil {
		o.close()
		return nil, err
	}
	limit := time.NewTimer(deliveryTimeout)
	defer limit.Stop()
	for {
		select {
		case d, ok := <-o.deliveries:
			if !ok {
				o.close()
				return records, nil
			}
			offset, _ := d.Headers["x-stream-offset"].(int64)
			if offset >= o.behind { // a subscription begins with a whole chunk
				records = append(records, record{offset, d.Body})
				o.behind = offset + 1
			}
			if err := d.Ack(false); err != nil || len(records) == 0 || len(o.deliveries) > 0 {
				continue
			}
			return records, nil
		case <-limit.C:
			return records, nil
		case <-ctx.Done():
			return records, ctx.Err()
		}
	}
}

// consume subscribes to the output unless it is subscribed to.
func (o *rabbitOutput) consume() (err error) {
	if o.connection != nil {
		return nil
	}
	url := o.process.AMQPURL(rabbitserver.User, rabbitserver.Password)
	if o.connection, err = amqp091.Dial(url); err != nil {
		o.connection = nil
		return err
	}
	channel, err := o.connection.Channel()
	if err != nil {
		return err
	}
	if err := channel.Qos(1000, 0, false); err != nil { // a stream takes it
		return err
	}
	o.deliveries, err = channel.Consume(workload.Results, "", false, false, false, false,
		amqp091.Table{"x-stream-offset": o.behind})
	return err
}

func (o *rabbitOutput) close() {
	if o.connection != nil {
		_ = o.connection.Close()
		o.connection = nil
	}
}
