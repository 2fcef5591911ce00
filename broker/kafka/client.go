package kafka

import (
	"context"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// metadataAge is how soon after each other the client may ask for topics and leaders: adding a partition waits for it.
	metadataAge = 20 * time.Millisecond
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
