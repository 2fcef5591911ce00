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

// silence is how long a broker gets no connection that has left a request without an answer. It is about as long as Kafka takes
// to replace a broker, from then on. Without it, all that is asked of that broker would wait in one line, each for its time-out.
const silence = 5 * time.Second

var errSilent = errors.New("the broker gave no answer a moment ago")

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// connections are what all clients of a storage know of the way to Kafka's brokers.
type connections struct {
	once sync.Once
	// dial makes a connection as the user's options say.
	dial dialFunc
	err  error

	mu sync.Mutex
	// silent holds until when a broker gets no connection, by address.
	silent map[string]time.Time
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
			if c.isSilent(address) {
				return nil, &net.OpError{Op: "dial", Net: network, Err: errSilent}
			}
			return dial(ctx, network, address)
		}
	})
	return c.dial, c.err
}

func (c *connections) isSilent(address string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.silent[address])
}

// keptSilent notes that a broker has given no answer in time.
func (c *connections) keptSilent(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent == nil {
		c.silent = map[string]time.Time{}
	}
	c.silent[address] = time.Now().Add(silence)
}

// persistent makes connections for a client that takes a broker without connections for one that others will replace.
//
// The library looks for a coordinator by asking any broker, and takes two refusals in a row for an answer. With one broker dead
// that happens soon: it is asked by its number, and by the address that the client began with. A member then leaves its group and
// loses all partitions, or a transaction fails, whose session has to be replaced: seconds, for nothing. So such a client is told
// that the refusal is temporary, and it goes on asking until requestPatience is over.
func persistent(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return conn, untilReplaced(err)
	}
}

// untilReplaced makes the error of a connection that wasn't taken a temporary one. What isn't the broker's doing stays what it
// is: a name that doesn't exist, missing rights, the end of the context.
func untilReplaced(err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	_, name := errors.AsType[*net.DNSError](err)
	if !ok || op.Op != "dial" || name || op.Timeout() || errors.Is(err, os.ErrPermission) || errors.Is(err, context.Canceled) {
		return err
	}
	replaced := *op
	replaced.Err = temporary{op.Err.Error()}
	return &replaced
}

// temporary is an error of the system that says of itself that it passes. It doesn't wrap that error: the library would look
// there first.
type temporary struct{ text string }

func (t temporary) Error() string { return t.text }

// Temporary is what the library asks.
func (t temporary) Temporary() bool { return true }

// A leaderSearch has a client look for new leaders and coordinators when a broker takes no connection or gives no answer. The
// library often only tries again, with the same broker; and what it has asked of a broker that is stopped it waits for, until it
// learns that the others go on without that one.
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
	l.answered(b, err)
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (l *leaderSearch) OnBrokerRead(b kgo.BrokerMetadata, _ int16, _ int, _, _ time.Duration, err error) {
	l.answered(b, err)
}

func (l *leaderSearch) answered(b kgo.BrokerMetadata, err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.connections.keptSilent(net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))))
		l.client.ForceMetadataRefresh()
	}
}
