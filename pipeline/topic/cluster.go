// Package topic does with Kafka topics what a user of pipelines needs beside running them: it loads JSON files into
// topics, shows what topics hold, puts end-of-stream marks, and runs a Kafka in this process to try all that without a
// server.
package topic

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/leat-go/leat/broker"

	"github.com/leat-go/leat/internal/suggest"
)

const (
	// reachTimeout is how long Kafka may take to answer before a command fails.
	reachTimeout = 5 * time.Second
	// fetchWait is how long Kafka may hold back the response to a fetch, and the least time between two requests for
	// metadata.
	fetchWait = 50 * time.Millisecond
)

// Mechanisms are the names of the SASL mechanisms that a [Login] may have.
func Mechanisms() []string { return []string{"plain", "scram-sha-256", "scram-sha-512"} }

// A Login is how a client says who it is.
type Login struct {
	// Mechanism is one of [Mechanisms].
	Mechanism, User, Password string
}

// A Cluster says how to reach Kafka. Brokers must be given. The zero value of the rest is a connection without
// encryption and login.
type Cluster struct {
	// Brokers are addresses of brokers, each "host:port" or "host". One is enough: it tells of the others.
	Brokers []string
	// TLS encrypts connections. They are not encrypted where it is nil.
	TLS *tls.Config
	// Login is nil where clients don't log in.
	Login *Login
}

func (l *Login) mechanism() sasl.Mechanism {
	scrams := scram.Auth{User: l.User, Pass: l.Password}
	switch l.Mechanism {
	case "scram-sha-256":
		return scrams.AsSha256Mechanism()
	case "scram-sha-512":
		return scrams.AsSha512Mechanism()
	}
	return plain.Auth{User: l.User, Pass: l.Password}.AsMechanism()
}

// connect returns a client, once Kafka has answered.
func (c *Cluster) connect(ctx context.Context, options ...kgo.Opt) (*kgo.Client, error) {
	all := []kgo.Opt{kgo.SeedBrokers(c.Brokers...), kgo.ClientID("leat"), kgo.MetadataMinAge(fetchWait),
		kgo.MaxDecompressBatchBytes(4 * broker.DefaultMaxElement)}
	if c.TLS != nil {
		all = append(all, kgo.DialTLSConfig(c.TLS))
	}
	if c.Login != nil {
		all = append(all, kgo.SASL(c.Login.mechanism()))
	}
	client, err := kgo.NewClient(append(all, options...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	short, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	if err := client.Ping(short); err != nil {
		client.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("kafka: no broker answers at %s%s: %w", strings.Join(c.Brokers, ", "), c.loginHint(), err)
	}
	return client, nil
}

// loginHint says what else may be wrong where no broker answers: some only close the connection after a wrong password.
func (c *Cluster) loginHint() string {
	if c.Login == nil {
		return ""
	}
	return fmt.Sprintf(", or they refuse the user %q and the password", c.Login.User)
}

// ErrMissing says that there is no such topic.
var ErrMissing = errors.New("there is no such topic")

// partitions returns the number of a topic's partitions.
func partitions(ctx context.Context, client *kgo.Client, topic string) (int, error) {
	topics, err := kadm.NewClient(client).ListTopicsWithInternal(ctx, topic)
	if err != nil {
		return 0, fmt.Errorf("kafka: describe topic %q: %w", topic, err)
	}
	detail := topics[topic]
	switch {
	case errors.Is(detail.Err, kerr.UnknownTopicOrPartition):
		return 0, fmt.Errorf("kafka: topic %q: %w%s", topic, ErrMissing, suggestion(ctx, client, topic))
	case detail.Err != nil:
		return 0, fmt.Errorf("kafka: topic %q: %w", topic, detail.Err)
	}
	return len(detail.Partitions), nil
}

// Groups returns the names of the consumer groups that this client may know of. They are for suggestions only, so it
// returns none where it fails.
func (c *Cluster) Groups(ctx context.Context) []string {
	client, err := c.connect(ctx)
	if err != nil {
		return nil
	}
	defer client.Close()
	groups, _ := kadm.NewClient(client).ListGroups(ctx)
	return groups.Groups()
}

// suggestion says which topic may be meant by a name that none has. It is an extra, so it is "" where it fails.
func suggestion(ctx context.Context, client *kgo.Client, missing string) string {
	all, err := kadm.NewClient(client).ListTopics(ctx)
	if err != nil {
		return ""
	}
	return suggest.Name(missing, all.Names())
}
