package rabbitmq

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
)

const (
	firstBackoff   = 50 * time.Millisecond
	lastBackoff    = 5 * time.Second
	connectTimeout = 10 * time.Second
)

// A connector makes connections to the server.
type connector struct {
	config  wire.Config
	hosts   []string
	logger  *slog.Logger
	contact *server.Contact
}

// newConnector reads the url. No error shows a password.
func (b *Broker) newConnector(job *broker.Job) (*connector, error) {
	u, err := url.Parse(b.url)
	// What url.Parse complains of may be a part of the password.
	if err != nil || u.Hostname() == "" || u.Scheme != "rabbitmq-stream" && u.Scheme != "rabbitmq-stream+tls" {
		return nil, errors.New("rabbitmq: the url can't be read: one looks like " +
			"rabbitmq-stream://user:password@host:5552/vhost, or begins with rabbitmq-stream+tls; in a password, / is " +
			"written as %2F, @ as %40, : as %3A")
	}
	c := &connector{logger: job.Logger, config: wire.Config{
		User: "guest", Password: "guest", VirtualHost: virtualHost(u), External: b.external, Name: "leat",
		Heartbeat: b.heartbeat, ConnectTimeout: connectTimeout,
	}}
	port := "5552"
	if u.Scheme == "rabbitmq-stream+tls" {
		port = "5551"
		c.config.TLS = withServerName(b.tls, u.Hostname())
	}
	if u.Port() != "" {
		port = u.Port()
	}
	if u.User != nil {
		c.config.User = u.User.Username()
		c.config.Password, _ = u.User.Password()
	}
	c.hosts = append([]string{net.JoinHostPort(u.Hostname(), port)}, b.hosts...)
	c.contact = server.NewContact(job, "RabbitMQ", strings.Join(c.hosts, ", "))
	return c, nil
}

// virtualHost returns the one that a url names; it is "/" where it names none.
func virtualHost(u *url.URL) string {
	if len(u.Path) > 1 {
		return u.Path[1:]
	}
	return "/"
}

// withServerName returns the user's settings, completed by the name that the server's certificate must have.
func withServerName(config *tls.Config, host string) *tls.Config {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	if config.ServerName == "" {
		config.ServerName = host
	}
	return config
}

// connect connects once, to the first host that can be reached.
func (c *connector) connect(ctx context.Context) (conn *wire.Conn, err error) {
	for _, host := range c.hosts {
		var failed error
		if conn, failed = c.connectTo(ctx, host); failed == nil {
			return conn, nil
		}
		err = failed
		if ctx.Err() != nil || !isPassing(failed) {
			break
		}
	}
	return nil, err
}

func (c *connector) connectTo(ctx context.Context, address string) (*wire.Conn, error) {
	config := c.config
	config.Address = address
	conn, err := wire.Dial(ctx, config)
	if err != nil {
		return nil, c.explain(address, err)
	}
	c.contact.Reached()
	return conn, nil
}

// opening calls try when a run begins, and again for a while where the server is away.
func (c *connector) opening(ctx context.Context, try func() error) error {
	return c.contact.Await(ctx, isPassing, try)
}

// again calls try until it succeeds, while what it fails by goes away by itself, and says so in the log.
func (c *connector) again(ctx context.Context, try func() error) error {
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		err := try()
		if err == nil || ctx.Err() != nil || !isPassing(err) {
			return err
		}
		if err := c.contact.Again(ctx, err, backoff); err != nil {
			return err
		}
	}
}

// subscribe reads a stream, on a connection of its own. Where the node that it is connected to doesn't have the stream,
// it goes to one that does, under the name that this one advertises itself by.
func (c *connector) subscribe(ctx context.Context, stream string, from wire.Offset, ahead int) (*wire.Conn,
	*wire.Subscription, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	sub, err := conn.Subscribe(ctx, stream, from, ahead)
	if err == nil {
		return conn, sub, nil
	}
	nodes, _ := conn.Nodes(ctx, stream)
	_ = conn.Close()
	if !wire.Is(err, wire.StreamNotAvailable) {
		return nil, nil, explainRead(stream, c.config, err)
	}
	for _, node := range slices.Backward(nodes) { // the leader, which has most to do, comes last
		conn, failed := c.connectTo(ctx, node)
		if failed != nil {
			err = fmt.Errorf("%w; the node that has it can't be reached by the name that it advertises, which its "+
				"setting stream.advertised_host changes: %w", err, failed)
			continue
		}
		sub, failed := conn.Subscribe(ctx, stream, from, ahead)
		if failed == nil {
			return conn, sub, nil
		}
		_ = conn.Close()
		err = failed
	}
	return nil, nil, explainRead(stream, c.config, err)
}

// isPassing reports whether an error is one that goes away by itself: the connection or the server does.
func isPassing(err error) bool {
	var refused *wire.Error
	var network *net.OpError
	if errors.As(err, &refused) {
		return refused.Code == wire.StreamNotAvailable || refused.Code == wire.InternalError
	}
	if server.IsAboutTLS(err) {
		return false
	}
	return errors.Is(err, wire.ErrLost) || errors.Is(err, errQueueLost) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network)
}
