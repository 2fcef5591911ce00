package kafka

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// persistent returns the options of a client for which a broker that takes no connection is one that others will replace.
//
// The library looks for a coordinator by asking any broker, and takes two refusals in a row for an answer. With one broker dead
// that happens soon: it is asked by its number, and by the address that the client began with. A member then leaves its group and
// loses all partitions, or a transaction fails, whose session has to be replaced: seconds, for nothing. So this client is told
// that the refusal is temporary, and it goes on asking until requestPatience is over.
func (s *settings) persistent(logger *slog.Logger) ([]kgo.Opt, error) {
	// This one only says how connections are made, whatever options there are for that. It makes none.
	model, err := s.client(logger)
	if err != nil {
		return nil, err
	}
	defer model.Close()
	dial, ok := model.OptValue(kgo.Dialer).(dialFunc)
	if !ok {
		return nil, errors.New("the client library doesn't say how it makes connections")
	}
	return []kgo.Opt{
		kgo.DialTLSConfig(nil), // it is in dial
		kgo.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return conn, untilReplaced(err)
		}),
		kgo.WithHooks(&leaderSearch{}),
	}, nil
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

// A leaderSearch has a client look for new leaders when a broker takes no connection: where that is temporary, the library only
// tries again.
type leaderSearch struct{ client *kgo.Client }

// OnNewClient implements kgo.HookNewClient.
func (l *leaderSearch) OnNewClient(client *kgo.Client) { l.client = client }

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (l *leaderSearch) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		l.client.ForceMetadataRefresh()
	}
}
