package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
)

const (
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
	// missingGrace is how long the server may not know a stream before it counts as deleted: a server that has just
	// started finds its streams one by one.
	missingGrace = 5 * time.Second
	// answerTimeout is how long a server may take for an answer, until it is asked again.
	answerTimeout = 5 * time.Second
	// unanswered is what the log says where the server doesn't answer.
	unanswered = "NATS doesn't answer, trying again"
	// api is what the subjects of JetStream's API begin with.
	api = "$JS.API."
)

// A connection is one to a server or cluster. The client makes it again by itself where it is lost. It is safe for
// concurrent use.
type connection struct {
	*natsgo.Conn
	js     jetstream.JetStream
	logger *slog.Logger
	// contact is lost while the client has no connection, or JetStream doesn't answer.
	contact *server.Contact

	mu sync.Mutex
	// asking holds what ends each request that is under way. A server tells that a request isn't permitted, but doesn't
	// answer it.
	asking map[*context.CancelCauseFunc]struct{}
	// reading holds the subscriptions, by the names of their consumers, which are in the subjects that they ask by.
	reading map[string]*subscription
}

// connect connects once. No error shows a password.
func (b *Broker) connect(ctx context.Context, job *broker.Job) (*connection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	servers, addresses, err := b.servers()
	if err != nil {
		return nil, err
	}
	c := &connection{logger: job.Logger, contact: newContact(job, addresses), asking: map[*context.CancelCauseFunc]struct{}{},
		reading: map[string]*subscription{}}
	options := natsgo.GetDefaultOptions()
	options.Servers, options.Name, options.Timeout = servers, "leat", answerTimeout
	options.MaxReconnect = -1
	// What can't be sent isn't kept for later: whoever sends it decides anew.
	options.ReconnectBufSize = -1
	options.PingInterval = 5 * time.Second
	options.CustomReconnectDelayCB = func(attempts int) time.Duration {
		return min(firstBackoff<<min(attempts, 10), lastBackoff)
	}
	options.DisconnectedErrCB = func(_ *natsgo.Conn, err error) {
		if err != nil {
			c.contact.Lost(bare{err})
			c.logger.Warn("the connection to NATS was lost, connecting again", "error", err)
		}
		c.interrupt(natsgo.ErrDisconnected) // what was asked isn't answered any more
	}
	options.ReconnectErrCB = func(_ *natsgo.Conn, err error) { c.contact.Lost(bare{err}) } // why it is away, not how it went
	options.ReconnectedCB = func(conn *natsgo.Conn) {
		c.contact.Reached()
		c.logger.Info("connected to NATS again", "server", conn.ConnectedAddr())
	}
	options.AsyncErrorCB = c.tell
	if b.credentials != "" {
		if _, err := os.Stat(b.credentials); err != nil { // a server that doesn't ask for them wouldn't tell
			return nil, fmt.Errorf("nats: credentials: %w", err)
		}
		if err := natsgo.UserCredentials(b.credentials)(&options); err != nil {
			return nil, fmt.Errorf("nats: credentials: %w", err)
		}
	}
	for _, change := range b.configure {
		change(&options)
	}
	conn, err := options.Connect()
	if err != nil {
		return nil, b.explainConnect(c.contact, err)
	}
	c.Conn = conn
	if c.js, err = jetstream.New(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("nats: %w", err)
	}
	return c, nil
}

// opening connects when a run begins, and has do look at what there is, again where the server is away meanwhile. The
// connection is closed where that fails.
func (b *Broker) opening(ctx context.Context, job *broker.Job, do func(c *connection) error) error {
	_, addresses, err := b.servers()
	if err != nil {
		return err
	}
	return newContact(job, addresses).Await(ctx, isAwayAtStart, func() error {
		c, err := b.connect(ctx, job)
		if err != nil {
			return err
		}
		if err = do(c); err != nil {
			c.Close()
		}
		return err
	})
}

func newContact(job *broker.Job, addresses []string) *server.Contact {
	return server.NewContact(job, "NATS", strings.Join(addresses, ", "))
}

// servers returns the urls of the servers, and their addresses, which people may see.
func (b *Broker) servers() (urls, addresses []string, err error) {
	for one := range strings.SplitSeq(b.url, ",") {
		one = strings.TrimSpace(one)
		if !strings.Contains(one, "://") {
			one = "nats://" + one
		}
		parsed, err := url.Parse(one)
		if err != nil || parsed.Host == "" { // the error may show a password
			return nil, nil, errors.New("nats: the url can't be read; one looks like nats://localhost:4222")
		}
		urls, addresses = append(urls, one), append(addresses, parsed.Host)
	}
	return urls, addresses, nil
}

// tell handles what the server says by itself.
func (c *connection) tell(_ *natsgo.Conn, _ *natsgo.Subscription, err error) {
	if !errors.Is(err, natsgo.ErrPermissionViolation) {
		c.logger.Warn("NATS reports an error", "error", err)
		return
	}
	c.interrupt(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, s := range c.reading {
		if strings.Contains(err.Error(), "."+name) {
			s.fail(err)
		}
	}
}

// reads notes that a subscription reads, or, with nil, that it has ended.
func (c *connection) reads(consumer string, s *subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s == nil {
		delete(c.reading, consumer)
		return
	}
	c.reading[consumer] = s
}

// interrupt ends all requests that are under way.
func (c *connection) interrupt(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for cancel := range c.asking {
		(*cancel)(cause)
	}
}

// ask calls f with a context that ends when the server permits something not, doesn't answer in time, or is lost.
func (c *connection) ask(ctx context.Context, f func(ctx context.Context) error) error {
	limited, end := context.WithTimeout(ctx, answerTimeout)
	defer end()
	asking, cancel := context.WithCancelCause(limited)
	defer cancel(nil)
	c.mu.Lock()
	c.asking[&cancel] = struct{}{}
	c.mu.Unlock()
	err := f(asking)
	c.mu.Lock()
	delete(c.asking, &cancel)
	c.mu.Unlock()
	cause := context.Cause(asking)
	switch {
	case err == nil:
		c.contact.Reached()
		return nil
	case ctx.Err() != nil:
		return err
	case errors.Is(cause, natsgo.ErrPermissionViolation):
		return cause
	case errors.Is(cause, natsgo.ErrDisconnected):
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// askUntil asks again and again while the server is away.
func (c *connection) askUntil(ctx context.Context, f func(ctx context.Context) error) error {
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		err := c.ask(ctx, f)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil || !isPassing(err):
			return err
		}
		if err := c.contact.Pause(ctx, unanswered, err, backoff); err != nil {
			return err
		}
	}
}

// request sends a request to JetStream's API and reads the answer.
func (c *connection) request(ctx context.Context, subject string, question, answer any) error {
	data, err := json.Marshal(question)
	if err != nil {
		return err
	}
	reply, err := c.RequestWithContext(ctx, api+subject, data)
	if err != nil {
		return err
	}
	var refused struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &refused); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	if refused.Error != nil {
		return refused.Error
	}
	return json.Unmarshal(reply.Data, answer)
}

// A message is one that is asked for.
type message struct {
	Subject  string    `json:"subject"`
	Sequence uint64    `json:"seq"`
	Headers  []byte    `json:"hdrs"`
	Data     []byte    `json:"data"`
	Time     time.Time `json:"time"`
}

// A lookup says which message is meant.
type lookup struct {
	LastBySubject string `json:"last_by_subj,omitempty"`
	NextBySubject string `json:"next_by_subj,omitempty"`
	Sequence      uint64 `json:"seq,omitempty"`
}

// message returns a message of a JetStream stream, from its leader, nil where there is none.
func (c *connection) message(ctx context.Context, stream string, which lookup) (*message, error) {
	var answer struct {
		Message *message `json:"message"`
	}
	err := c.askUntil(ctx, func(ctx context.Context) error {
		return c.request(ctx, "STREAM.MSG.GET."+stream, which, &answer)
	})
	if hasCode(err, jetstream.JSErrCodeMessageNotFound) {
		return nil, nil
	}
	return answer.Message, err
}

// headers returns the headers of a message.
func (m *message) headers() natsgo.Header {
	headers, err := natsgo.DecodeHeadersMsg(m.Headers)
	if err != nil {
		return natsgo.Header{}
	}
	return headers
}
