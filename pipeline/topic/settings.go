package topic

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Settings are what a topic does with records. The zero value is that of a topic that keeps all.
type Settings struct {
	// Retention is how old records become that keep their writer's time; zero for those that are kept for good.
	Retention time.Duration
	// Compacted says that of the records with one key the last is kept, and that none is taken without a key.
	Compacted bool
}

// Settings asks for a topic's settings. Where there is no such topic, or its settings may not be read, they are zero.
func (c *Cluster) Settings(ctx context.Context, topic string) (Settings, error) {
	client, err := c.connect(ctx)
	if err != nil {
		return Settings{}, err
	}
	defer client.Close()
	return settings(ctx, client, topic), ctx.Err()
}

func settings(ctx context.Context, client *kgo.Client, topic string) (s Settings) {
	found, err := kadm.NewClient(client).DescribeTopicConfigs(ctx, topic)
	if err != nil || len(found) != 1 || found[0].Err != nil {
		return s
	}
	byName := map[string]string{}
	for _, c := range found[0].Configs {
		byName[c.Key] = c.MaybeValue()
	}
	policy := byName["cleanup.policy"]
	s.Compacted = strings.Contains(policy, "compact")
	if strings.Contains(policy, "delete") && byName["message.timestamp.type"] != "LogAppendTime" {
		if ms, err := strconv.ParseInt(byName["retention.ms"], 10, 64); err == nil && ms > 0 {
			s.Retention = time.Duration(ms) * time.Millisecond
		}
	}
	return s
}
