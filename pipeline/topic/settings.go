package topic

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Settings say which records a topic keeps. The zero value is that of a topic that keeps all.
type Settings struct {
	// Retention is how long records are kept, by the time that their writer gave them. It is zero where they are kept
	// for ever, or by the time when they were appended.
	Retention time.Duration
	// Compacted says that of the records with one key only the last is kept, and that records without a key are refused.
	Compacted bool
}

// Settings returns a topic's settings. They are zero where there is no such topic, or where the client may not read
// them.
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
