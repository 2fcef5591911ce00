package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
)

const (
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
	// answerTimeout is how long a server may take to answer before its connection counts as lost.
	answerTimeout = 30 * time.Second
	dialTimeout   = 5 * time.Second
	// maxMoves is how often in a row a cluster may send a command elsewhere.
	maxMoves = 5
)

// A connector makes connections to the server.
type connector struct {
	options *goredis.Options
	logger  *slog.Logger
	contact *server.Contact
}

// newConnector reads the url. Errors show nothing of it, since it may hold a password.
func (b *Broker) newConnector(job *broker.Job) (*connector, error) {
	options, err := goredis.ParseURL(b.url)
	if err != nil {
		return nil, errors.New("redis: the url can't be read: it looks like redis://user:password@host:6379/0, or with " +
			"rediss for TLS, and characters such as / and @ in a password are written as %2F and %40")
	}
	options.ReadTimeout, options.WriteTimeout, options.DialTimeout = answerTimeout, answerTimeout, dialTimeout
	for _, change := range b.configure {
		change(options)
	}
	options.OnConnect = named(options.OnConnect)
	// A link has one connection, and tries again itself: it knows which commands may be sent twice.
	options.PoolSize, options.PipelinePoolSize = 1, -1
	options.MaxRetries, options.DialerRetries = -1, 1
	options.Protocol, options.DisableIdentity = 2, true
	if options.Network == "" {
		options.Network = "tcp"
	}
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &connector{options, job.Logger, server.NewContact(job, "Redis", options.Addr)}, nil
}

// named has the server show connections as leat's. A user who may not name them does without.
func named(then func(ctx context.Context, c *goredis.Conn) error) func(ctx context.Context, c *goredis.Conn) error {
	return func(ctx context.Context, c *goredis.Conn) error {
		_ = c.ClientSetName(ctx, "leat").Err()
		if then == nil {
			return nil
		}
		return then(ctx, c)
	}
}

// A link is a connection to the node that has some keys. It connects when it is used, and again where the connection
// was lost. It is used by one goroutine at a time.
type link struct {
	*connector
	// address is where a cluster has sent the link; empty for the url's.
	address string
	session *session // nil where there is none
}

func (c *connector) link() *link { return &link{connector: c} }

// A session is a client that can be cut off in the middle of a command, which go-redis doesn't do by a context.
type session struct {
	client *goredis.Client

	mu          sync.Mutex
	connections []net.Conn
	isCut       bool
}

// do runs commands, which return soon after ctx has ended. Where a key is on another node of a cluster, they run again
// there: a command that was sent elsewhere has done nothing.
func (l *link) do(ctx context.Context, commands func(c *goredis.Client) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for moves := 0; ; moves++ {
		if l.session == nil {
			s, err := l.connect(ctx)
			if err != nil {
				l.address = ""
				return err
			}
			l.session = s
		}
		s := l.session
		stop := context.AfterFunc(ctx, s.cut)
		err := commands(s.client)
		if !stop() {
			l.close()
			if err != nil {
				return ctx.Err()
			}
			return nil
		}
		if address, moved := goredis.IsMovedError(err); moved && moves < maxMoves {
			l.close()
			l.address = address
			continue
		}
		if isLost(err) {
			l.close()
			l.address = ""
		}
		return err
	}
}

// connect makes a session. It dials first itself: a client that can't be connected would say so on its own, on standard
// error.
func (l *link) connect(ctx context.Context) (*session, error) {
	options := *l.options
	if l.address != "" {
		options.Addr = l.address
		if host, _, err := net.SplitHostPort(l.address); err == nil && options.TLSConfig != nil {
			options.TLSConfig = options.TLSConfig.Clone()
			options.TLSConfig.ServerName = host
		}
	}
	dial := options.Dialer
	if dial == nil {
		dial = dialer(options.TLSConfig)
	}
	limited, cancel := context.WithTimeout(ctx, options.DialTimeout)
	defer cancel()
	first, err := dial(limited, options.Network, options.Addr)
	if err != nil {
		return nil, err
	}
	s := &session{connections: []net.Conn{first}}
	options.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		if conn := first; conn != nil {
			first = nil
			return conn, nil
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return conn, s.add(conn)
	}
	s.client = goredis.NewClient(&options)
	return s, nil
}

// dialer returns a function that connects, with TLS where there is a configuration for it; unlike that of go-redis it
// returns when its context ends.
func dialer(config *tls.Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	plain := (&net.Dialer{}).DialContext
	if config == nil {
		return plain
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := plain(ctx, network, address)
		if err != nil {
			return nil, err
		}
		certain := config.Clone()
		if host, _, err := net.SplitHostPort(address); err == nil && certain.ServerName == "" {
			certain.ServerName = host
		}
		client := tls.Client(conn, certain)
		if err := client.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, server.HandshakeError{Err: err}
		}
		return client, nil
	}
}

// add notes a connection that was made, unless the session was cut off meanwhile.
func (s *session) add(conn net.Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isCut {
		return errors.Join(net.ErrClosed, conn.Close())
	}
	s.connections = append(s.connections, conn)
	return nil
}

// cut ends what is under way by closing the connection.
func (s *session) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isCut = true
	for _, conn := range s.connections {
		_ = conn.Close()
	}
}

// close closes the connection.
func (l *link) close() {
	if l.session != nil {
		_ = l.session.client.Close()
		l.session.cut()
		l.session = nil
	}
}

// ready runs commands when a run begins: it waits for a server that is away or isn't ready yet, but not for ever, nor
// for one that doesn't speak TLS.
func (l *link) ready(ctx context.Context, commands func(c *goredis.Client) error) error {
	return l.contact.Await(ctx, isPassing, func() error {
		err := l.do(ctx, commands)
		if err != nil && ctx.Err() == nil && (isOfConnection(err) || isPassing(err)) {
			return l.explain(err)
		}
		return err
	})
}

// patiently runs commands, again and again while the server can't be reached or isn't ready, until ctx ends.
func (l *link) patiently(ctx context.Context, what string, commands func(c *goredis.Client) error) error {
	pause := firstBackoff
	for {
		err := l.do(ctx, commands)
		switch {
		case err == nil:
			l.contact.Reached()
			return nil
		case ctx.Err() != nil:
			return err
		case !isPassing(err) && isOfConnection(err):
			return l.explain(err)
		case !isPassing(err):
			return err
		}
		if err := l.contact.Pause(ctx, what+" was interrupted, going on", l.explain(err), pause); err != nil {
			return err
		}
		pause = min(2*pause, lastBackoff)
	}
}

// isLost reports whether an error is one of the connection, and not the server's answer.
func isLost(err error) bool {
	var answer goredis.Error
	return err != nil && !errors.As(err, &answer)
}

// isPassing reports whether an error is one that goes away by itself: the connection or the server does.
func isPassing(err error) bool {
	if isLost(err) {
		return !server.IsAboutTLS(err)
	}
	return isUnready(err)
}

// unready are the answers of a server that will do what was asked later on: it loads its data, has lost its master,
// runs a long script, moves keys to another node, has too many clients, can't write to its disk, lacks replicas, or
// has discarded a transaction for one of these reasons.
var unready = [...]string{"LOADING ", "MASTERDOWN ", "BUSY ", "CLUSTERDOWN ", "TRYAGAIN ", "ASK ", "MISCONF ",
	"NOREPLICAS ", "ERR max number of clients", "EXECABORT "}

func isUnready(err error) bool {
	var answer goredis.Error
	if !errors.As(err, &answer) {
		return false
	}
	for _, prefix := range unready {
		if strings.HasPrefix(answer.Error(), prefix) {
			return true
		}
	}
	return false
}
