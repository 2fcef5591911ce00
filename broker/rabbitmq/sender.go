package rabbitmq

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
	"github.com/leat-go/leat/broker/rabbitmq/internal/amqp1"
)

// A sender sends results to plain queues, over AMQP 0.9.1. It is used by one goroutine at a time. A nil one has nothing
// to do.
type sender struct {
	// url is one without TLS: that is made before the library sees the connection, which would tell its errors from no
	// others.
	url     string
	address string
	tls     *tls.Config // nil for a connection without it
	config  amqp.Config
	conn    *amqp.Connection
	channel *amqp.Channel
	// returned gets messages that no queue has taken, and closed why the server has closed the channel.
	returned chan amqp.Return
	closed   chan *amqp.Error
}

// errQueueLost says that the connection to the queues is lost.
var errQueueLost = errors.New("the AMQP connection to RabbitMQ is lost")

// newSender reads the url, that of the streams where there is none of its own. No error shows a password.
func (b *Broker) newSender(c *connector) (*sender, error) {
	given := b.amqpURL
	if given == "" {
		streams, _ := url.Parse(b.url) // was parsed before
		u := url.URL{Scheme: "amqp", User: streams.User, Host: net.JoinHostPort(streams.Hostname(), "5672")}
		if c.config.TLS != nil {
			u.Scheme, u.Host = "amqps", net.JoinHostPort(streams.Hostname(), "5671")
		}
		if len(streams.Path) > 1 {
			u.Path, u.RawPath = streams.Path, "/"+url.PathEscape(streams.Path[1:])
		}
		given = u.String()
	}
	u, err := url.Parse(given)
	if err != nil || u.Hostname() == "" || u.Scheme != "amqp" && u.Scheme != "amqps" {
		return nil, errors.New("rabbitmq: the url of rabbitmq.AMQP can't be read: one looks like " +
			"amqp://user:password@host:5672/vhost, or begins with amqps")
	}
	s := &sender{address: u.Host, config: amqp.Config{
		Heartbeat:  b.heartbeat,
		Properties: amqp.Table{"product": "Leat", "platform": "Go", "connection_name": "leat"},
	}}
	if u.Scheme == "amqps" {
		s.tls = withServerName(b.tls, u.Hostname())
		if u.Scheme = "amqp"; u.Port() == "" {
			u.Host = net.JoinHostPort(u.Hostname(), "5671")
		}
	}
	s.url = u.String()
	if b.external {
		s.config.SASL = []amqp.Authentication{&amqp.ExternalAuth{}}
	}
	return s, nil
}

// connect connects where there is no connection.
func (s *sender) connect(ctx context.Context) error {
	if s.channel != nil && !s.channel.IsClosed() {
		return nil
	}
	_ = s.close()
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	config := s.config
	config.Dial = func(network, address string) (net.Conn, error) { return s.dial(limited, network, address) }
	var err error
	if s.conn, err = amqp.DialConfig(s.url, config); err == nil {
		if s.channel, err = s.conn.Channel(); err == nil {
			err = s.channel.Confirm(false)
		}
	}
	if err != nil {
		return s.explain(err)
	}
	s.returned = s.channel.NotifyReturn(make(chan amqp.Return, 1))
	s.closed = s.channel.NotifyClose(make(chan *amqp.Error, 1))
	return nil
}

// reason returns why a message wasn't taken: what the server has closed the channel for, if it has.
func (s *sender) reason() error {
	if !s.channel.IsClosed() {
		return errQueueLost
	}
	if why := <-s.closed; why != nil {
		return why
	}
	return errQueueLost
}

// dial makes a connection, by TLS where the url says so. The library clears its deadline once it is connected.
func (s *sender) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if s.tls != nil {
		secure := tls.Client(conn, s.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(server.HandshakeError{Err: err}, conn.Close())
		}
		conn = secure
	}
	deadline, _ := ctx.Deadline()
	return conn, conn.SetDeadline(deadline)
}

// explain says of an error what would mend it.
func (s *sender) explain(err error) error {
	remedy := ""
	var refused *amqp.Error
	switch {
	case errors.As(err, &refused) && refused.Code == amqp.AccessRefused:
		remedy = "the user or the password is wrong, or rabbitmqctl set_permissions has to give the right to configure the " +
			"queue where it doesn't exist, and to write to amq.default, by which queues are reached"
	case errors.As(err, &refused) && refused.Code == amqp.NotAllowed:
		remedy = "the url's last part is the name of a virtual host, which must exist and let the user in"
	case errors.As(err, &refused) && refused.Code == amqp.PreconditionFailed:
	case isAboutTLS(err):
		remedy = connecting(err, "amqp://, by rabbitmq.AMQP")
	case errors.As(err, &refused), errors.Is(err, amqp.ErrClosed):
		err = fmt.Errorf("%w: %w", errQueueLost, err)
	default:
		remedy = "queues are written over AMQP: where its port isn't 5672, only the stream port can be reached, or that one " +
			"takes TLS only (amqps://), give the url by rabbitmq.AMQP, or amqp: in a pipeline file"
	}
	return described("connecting over AMQP to "+s.address, err, remedy)
}

// ensure makes queues that don't exist.
func (s *sender) ensure(ctx context.Context, queues []*queue) error {
	if s == nil {
		return nil
	}
	for _, q := range queues {
		if !q.plain {
			continue
		}
		if err := s.connect(ctx); err != nil {
			return err
		}
		_, err := s.channel.QueueDeclarePassive(q.stream.Name, true, false, false, false, nil)
		if hasCode(err, amqp.NotFound) { // that has closed the channel
			if err = s.connect(ctx); err == nil {
				_, err = s.channel.QueueDeclare(q.stream.Name, true, false, false, false, nil)
			}
		}
		if err != nil {
			return fmt.Errorf("queue %s: %w", q.stream.Name, s.explain(err))
		}
	}
	return nil
}

// send sends messages to a queue and waits until the server has them.
func (s *sender) send(ctx context.Context, queue string, messages [][]byte) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	// The library waits for the server where its buffers are full, whatever the context says.
	conn := s.conn
	defer context.AfterFunc(ctx, func() { _ = conn.CloseDeadline(noTime) })()
	var waiting []*amqp.DeferredConfirmation
	for _, m := range messages {
		publishing, err := publishingOf(m)
		if err != nil {
			return err
		}
		confirmation, err := s.channel.PublishWithDeferredConfirmWithContext(ctx, "", queue, true, false, publishing)
		if err != nil {
			return s.failed(ctx, queue, err)
		}
		waiting = append(waiting, confirmation)
	}
	for _, w := range waiting {
		select {
		case <-w.Done():
			if !w.Acked() {
				return s.failed(ctx, queue, s.reason())
			}
		case back, ok := <-s.returned:
			if !ok {
				return s.failed(ctx, queue, s.reason())
			}
			return fmt.Errorf("rabbitmq: queue %s doesn't take results: %s; it was deleted meanwhile, and the next run "+
				"makes it anew", queue, back.ReplyText)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *sender) failed(ctx context.Context, queue string, err error) error {
	_ = s.close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("queue %s: %w", queue, s.explain(err))
}

// publishingOf makes of a message as the journal has it one of AMQP 0.9.1.
func publishingOf(message []byte) (amqp.Publishing, error) {
	var r broker.Record
	if err := amqp1.Read(message, &r); err != nil {
		return amqp.Publishing{}, err
	}
	p := amqp.Publishing{Body: r.Value, DeliveryMode: amqp.Persistent, Timestamp: r.Time}
	if r.Key != nil {
		p.Headers = amqp.Table{"key": string(r.Key)}
	}
	return p, nil
}

// close ends the connection.
func (s *sender) close() error {
	if s == nil || s.conn == nil {
		return nil
	}
	_ = s.conn.Close() // the server notices in any case
	s.conn, s.channel = nil, nil
	return nil
}
