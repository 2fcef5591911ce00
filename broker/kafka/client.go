package kafka

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// metadataAge is how soon after each other the client may ask for topics and leaders: adding a partition waits for it.
	metadataAge = 20 * time.Millisecond
	// firstBackoff and lastBackoff are the pauses before a request that Kafka couldn't serve is made again, and requestTries
	// is how often. A transaction that follows the one before at once is refused until its markers are written, which takes
	// milliseconds; the library's quarter of a second would be felt as latency.
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = time.Second
	requestTries = 40
	// reachTimeout is how long Kafka may take to answer when a run opens.
	reachTimeout = 15 * time.Second
)

// client makes a client of the library for one of the broker's purposes.
func (s *settings) client(logger *slog.Logger, options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(s.clientOptions(logger, options...)...)
}

// clientOptions returns the options of every client, then those given, then the user's.
func (s *settings) clientOptions(logger *slog.Logger, options ...kgo.Opt) []kgo.Opt {
	all := []kgo.Opt{
		kgo.SeedBrokers(s.addresses...),
		kgo.ClientID(s.clientID),
		kgo.MetadataMinAge(metadataAge),
		kgo.RetryBackoffFn(backoff),
		kgo.RequestRetries(requestTries),
		kgo.DisableClientMetrics(),
		kgo.WithLogger(clientLogger{logger}),
	}
	if s.tls != nil {
		all = append(all, kgo.DialTLSConfig(s.tls))
	}
	if s.mechanism != nil {
		all = append(all, kgo.SASL(s.mechanism()))
	}
	all = append(all, options...)
	return append(all, s.options...)
}

// backoff returns the pause before a request is made again that has failed so often, with up to a third left to chance.
func backoff(failures int) time.Duration {
	pause := firstBackoff
	for range failures - 1 {
		pause = min(2*pause, lastBackoff)
	}
	return pause - rand.N(pause/3)
}

// clientLogger logs what the library has to say at the debug level: what a user must know, this package logs itself.
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

// sleep waits for d and returns ctx's error when ctx ended before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
