package kafka

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The settings of a topic that matter to what is written.
const (
	settingSize      = "max.message.bytes"
	settingPolicy    = "cleanup.policy"
	settingRetention = "retention.ms"
	settingBytes     = "retention.bytes"
	settingTimestamp = "message.timestamp.type"
)

// unlimited is a retention without a limit.
const unlimited = -1

// A config is the part of a topic's settings that matters here.
type config struct {
	// size is the largest batch in bytes.
	size int32
	// compacted says that of the records with one key Kafka keeps the last, and takes none without a key.
	compacted bool
	// retention is how old records become, in milliseconds, and bytes how much of a partition is kept.
	retention, bytes int64
	// byAppend says that a record's time is when it was appended, and not what its writer says.
	byAppend bool
	// own holds the names of the settings that are set for the topic, and not for the cluster.
	own map[string]bool
}

// configs asks for the settings of topics. It leaves out those that this client may not read.
func configs(ctx context.Context, client *kgo.Client, topics []string) (map[string]config, error) {
	request := kmsg.NewPtrDescribeConfigsRequest()
	for _, topic := range topics {
		resource := kmsg.NewDescribeConfigsRequestResource()
		resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, topic
		request.Resources = append(request.Resources, resource)
	}
	var reply *kmsg.DescribeConfigsResponse
	err := untilStarted(ctx, startedTimeout, func(ctx context.Context) (err error) {
		reply, err = request.RequestWith(ctx, client)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("kafka: asking for the settings of topics: %w", cmp.Or(final(err), err))
	}
	all := map[string]config{}
	for _, topic := range reply.Resources {
		if topic.ErrorCode != 0 {
			continue
		}
		c, err := configOf(topic.Configs)
		if err != nil {
			return nil, fmt.Errorf("kafka: topic %q: %w", topic.ResourceName, err)
		}
		all[topic.ResourceName] = c
	}
	return all, nil
}

func configOf(settings []kmsg.DescribeConfigsResponseResourceConfig) (config, error) {
	c := config{retention: unlimited, bytes: unlimited, own: map[string]bool{}}
	deletes := true
	for _, s := range settings {
		var err error
		value := ""
		if s.Value != nil {
			value = *s.Value
		}
		switch s.Name {
		case settingSize:
			var size int64
			size, err = strconv.ParseInt(value, 10, 32)
			c.size = int32(size)
		case settingPolicy:
			policies := strings.Split(value, ",")
			c.compacted, deletes = slices.Contains(policies, "compact"), slices.Contains(policies, "delete")
		case settingRetention:
			c.retention, err = strconv.ParseInt(value, 10, 64)
		case settingBytes:
			c.bytes, err = strconv.ParseInt(value, 10, 64)
		case settingTimestamp:
			c.byAppend = value == "LogAppendTime"
		}
		if err != nil {
			return c, fmt.Errorf("its setting %s: %w", s.Name, err)
		}
		c.own[s.Name] = s.Source == kmsg.ConfigSourceDynamicTopicConfig
	}
	if !deletes {
		c.retention, c.bytes = unlimited, unlimited
	}
	return c, nil
}

// longer returns the longer of two retentions.
func longer(a, b int64) int64 {
	if a == unlimited || b == unlimited {
		return unlimited
	}
	return max(a, b)
}

// inherit returns the settings for an output whose records live as long as those of the inputs given, and whose
// timestamps are of the first input's type. A setting that is the cluster's default for all inputs is left out.
func inherit(topics []config) map[string]*string {
	settings := map[string]*string{}
	if len(topics) == 0 {
		return settings
	}
	set := func(name, value string) {
		if slices.ContainsFunc(topics, func(c config) bool { return c.own[name] || c.own[settingPolicy] }) {
			settings[name] = &value
		}
	}
	retention, bytes := topics[0].retention, topics[0].bytes
	for _, c := range topics[1:] {
		retention, bytes = longer(retention, c.retention), longer(bytes, c.bytes)
	}
	set(settingRetention, strconv.FormatInt(retention, 10))
	set(settingBytes, strconv.FormatInt(bytes, 10))
	if topics[0].own[settingTimestamp] && topics[0].byAppend {
		set(settingTimestamp, "LogAppendTime")
	}
	return settings
}
