package kafka

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// unresponsiveTime is how long a broker gets no connection after it has left a request without a response. It is
// about as long as Kafka takes from then on to replace a broker. Without it, all requests to that broker would wait
// in a row, each for its time-out.
const unresponsiveTime = 5 * time.Second

var errUnresponsive = errors.New("the broker gave no response a moment ago")

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// connections are what all clients of a Broker know of the way to Kafka's brokers. They are safe for concurrent use.
type connections struct {
	once sync.Once
	// dial makes a connection as the user's options say.
	dial dialFunc
	err  error

	mu sync.Mutex
	// unresponsive holds until when a broker gets no connection, by address.
	unresponsive map[string]time.Time
}

// dialer returns what makes connections, whichever of the user's options says how.
func (s *settings) dialer() (dialFunc, error) {
	c := s.connections
	c.once.Do(func() {
		// This client only says what the options come to. It makes no connection.
		options := []kgo.Opt{kgo.SeedBrokers(s.addresses...)}
		if s.tls != nil {
			options = append(options, kgo.DialTLSConfig(s.tls))
		}
		var model *kgo.Client
		if model, c.err = kgo.NewClient(append(options, s.options...)...); c.err != nil {
			return
		}
		defer model.Close()
		dial, ok := model.OptValue(kgo.Dialer).(dialFunc)
		if !ok {
			c.err = errors.New("the client library doesn't say how it makes connections")
		}
		c.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if c.isUnresponsive(address) {
				return nil, &net.OpError{Op: "dial", Net: network, Err: errUnresponsive}
			}
			return dial(ctx, network, address)
		}
	})
	return c.dial, c.err
}

func (c *connections) isUnresponsive(address string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.unresponsive[address])
}

// markUnresponsive notes that a broker has given no response in time.
func (c *connections) markUnresponsive(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unresponsive == nil {
		c.unresponsive = map[string]time.Time{}
	}
	c.unresponsive[address] = time.Now().Add(unresponsiveTime)
}

// persistent makes connections for the client of a member. Where a broker takes no connection, that client goes on
// asking for a coordinator until retryTimeout is over.
//
// The library asks any broker who the coordinator is, and gives up after two refused connections in a row. With one
// dead broker of three that happens soon: it is asked by its number, and by its address among those that the client
// began with. The member would leave its group and lose all partitions, or its transaction would fail, for a broker
// that Kafka replaces within seconds. So the library is told that the refusal is temporary.
func persistent(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return conn, untilReplaced(err)
	}
}

// untilReplaced makes the error of a refused connection a temporary one. What isn't the broker's doing stays what it
// is: a name that doesn't exist, missing rights, the end of the context.
func untilReplaced(err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	_, name := errors.AsType[*net.DNSError](err)
	if !ok || op.Op != "dial" || name || op.Timeout() ||
		errors.Is(err, os.ErrPermission) || errors.Is(err, context.Canceled) {
		return err
	}
	replaced := *op
	replaced.Err = temporary{op.Err.Error()}
	return &replaced
}

// temporary is an error that says of itself that it passes. It doesn't wrap the system's error: the library would
// look there first.
type temporary struct{ text string }

func (t temporary) Error() string { return t.text }

// Temporary is what the library asks.
func (t temporary) Temporary() bool { return true }

// A leaderSearch has a client look for new leaders and coordinators when a broker takes no connection or gives no
// response. The library often only tries the same broker again. And for a request to a broker that is stopped it
// waits until it learns that the others go on without that broker.
type leaderSearch struct {
	connections *connections
	client      *kgo.Client
}

// OnNewClient implements kgo.HookNewClient.
func (l *leaderSearch) OnNewClient(client *kgo.Client) { l.client = client }

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (l *leaderSearch) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		l.client.ForceMetadataRefresh()
	}
}

// OnBrokerWrite implements kgo.HookBrokerWrite.
func (l *leaderSearch) OnBrokerWrite(b kgo.BrokerMetadata, _ int16, _ int, _, _ time.Duration, err error) {
	l.ended(b, err)
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (l *leaderSearch) OnBrokerRead(b kgo.BrokerMetadata, _ int16, _ int, _, _ time.Duration, err error) {
	l.ended(b, err)
}

// ended notes how a request, or its response, has ended.
func (l *leaderSearch) ended(b kgo.BrokerMetadata, err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.connections.markUnresponsive(net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))))
		l.client.ForceMetadataRefresh()
	}
}
