package kafka

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// metadataMinAge is the least time between two requests of a client for topics and leaders. Adding a partition
	// waits for it.
	metadataMinAge = 20 * time.Millisecond
	// firstBackoff and lastBackoff bound the pause before a request that Kafka couldn't serve is made again.
	// requestTries is how often that is done, and retryTimeout for how long.
	//
	// Kafka refuses a transaction until the markers of the one before are written, which takes milliseconds. The
	// library's first pause, a quarter of a second, would be felt as latency. After a broker has died, each request
	// of a commit may wait for the longest pause once more than needed, so that one is short, too.
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = 200 * time.Millisecond
	requestTries = 200
	retryTimeout = 30 * time.Second
	// responseTimeout is how long a broker may take to answer a request, beside the time that the request gives it.
	// One that takes longer counts as gone.
	responseTimeout = 5 * time.Second
	// coordinatorTimeout is how long the group's coordinator may take to answer. After that another one is looked for.
	coordinatorTimeout = 10 * time.Second
	// reachTimeout is how long Kafka may take to answer when a run opens.
	reachTimeout = 15 * time.Second
)

// client makes a client of the library for one of the broker's purposes.
func (s *settings) client(logger *slog.Logger, options ...kgo.Opt) (*kgo.Client, error) {
	all, err := s.clientOptions(logger, options...)
	if err != nil {
		return nil, err
	}
	return kgo.NewClient(all...)
}

// clientOptions returns the options of every client, then those given, then the user's, whose way to connect is kept.
func (s *settings) clientOptions(logger *slog.Logger, options ...kgo.Opt) ([]kgo.Opt, error) {
	dial, err := s.dialer()
	if err != nil {
		return nil, err
	}
	all := []kgo.Opt{
		kgo.SeedBrokers(s.addresses...),
		kgo.ClientID(s.clientID),
		kgo.MetadataMinAge(metadataMinAge),
		kgo.MetadataMaxAge(s.metadataAge),
		kgo.RetryBackoffFn(backoff),
		kgo.RequestRetries(requestTries),
		kgo.RetryTimeout(retryTimeout),
		kgo.DisableClientMetrics(),
		kgo.WithHooks(&leaderSearch{connections: s.connections}),
		kgo.WithLogger(clientLogger{logger}),
	}
	if s.mechanism != nil {
		all = append(all, kgo.SASL(s.mechanism()))
	}
	all = append(append(all, options...), s.options...)
	return append(all, kgo.DialTLSConfig(nil), kgo.Dialer(dial)), nil // TLS is in dial
}

// backoff returns the pause before a request is made again that has failed so often. Up to a third of it is left to
// chance.
func backoff(failures int) time.Duration {
	pause := firstBackoff
	for range failures - 1 {
		pause = min(2*pause, lastBackoff)
	}
	return pause - rand.N(pause/3)
}

// clientLogger logs the library's messages at the debug level. What a user must know, this package logs itself.
type clientLogger struct{ logger *slog.Logger }

func (l clientLogger) Level() kgo.LogLevel {
	if l.logger.Enabled(context.Background(), slog.LevelDebug) {
		return kgo.LogLevelInfo
	}
	return kgo.LogLevelNone
}

func (l clientLogger) Log(_ kgo.LogLevel, message string, keyvals ...any) {
	l.logger.Debug("kafka client: "+message, keyvals...)
}
