package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// createdGrace is how long brokers may not know of a topic or partition that was just created.
const createdGrace = time.Second

// A topic is what Kafka says about one.
type topic struct {
	name       string
	id         kadm.TopicID
	exists     bool
	partitions int
	operations int32
}

// may tells whether the client has a right on the topic. Where Kafka doesn't tell, it is taken to have it, and a
// request shows it.
func (t *topic) may(operation kmsg.ACLOperation) bool {
	return t.operations == -1<<31 || t.operations&(1<<operation) != 0
}

// describe asks Kafka about topics.
func describe(ctx context.Context, client *kgo.Client, names []string) ([]topic, error) {
	request := kmsg.NewPtrMetadataRequest()
	request.IncludeTopicAuthorizedOperations = true
	for _, name := range names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		request.Topics = append(request.Topics, t)
	}
	var reply *kmsg.MetadataResponse
	err := untilStarted(ctx, startedTimeout, func(ctx context.Context) (err error) {
		reply, err = request.RequestWith(ctx, client)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("kafka: asking for topics: %w", cmp.Or(final(err), err))
	}
	found := map[string]topic{}
	for _, t := range reply.Topics {
		if t.Topic == nil {
			continue
		}
		err := kerr.ErrorForCode(t.ErrorCode)
		exists := !errors.Is(err, kerr.UnknownTopicOrPartition)
		if exists && final(err) != nil {
			return nil, fmt.Errorf("kafka: topic %q: %w", *t.Topic, final(err))
		}
		if exists && err != nil && !kerr.IsRetriable(err) {
			return nil, fmt.Errorf("kafka: topic %q: %w", *t.Topic, err)
		}
		found[*t.Topic] = topic{*t.Topic, t.TopicID, exists, len(t.Partitions), t.AuthorizedOperations}
	}
	all := make([]topic, len(names))
	for i, name := range names {
		all[i] = found[name]
		all[i].name = name
	}
	return all, nil
}

// describeUntil asks about topics, and asks again for createdGrace while they aren't as they should be: not every
// broker knows at once of a topic that was just created, or of partitions that were just added.
func describeUntil(ctx context.Context, client *kgo.Client, names []string, is func([]topic) bool) ([]topic, error) {
	short, cancel := context.WithTimeout(ctx, createdGrace)
	defer cancel()
	for pause := firstPause; ; pause *= 2 {
		topics, err := describe(ctx, client, names)
		if err != nil || is(topics) || wait.For(short, pause) != nil {
			return topics, err
		}
	}
}

// openInputs checks the input topics, whose offsets hold the positions then.
func (r *run) openInputs(ctx context.Context) error {
	r.topics.names = topicNames(r.job.Inputs)
	for _, s := range r.job.Inputs {
		r.topics.ofNode = append(r.topics.ofNode, s.Name)
	}
	topics, err := describeUntil(ctx, r.client, r.topics.names, func(topics []topic) bool {
		return allExist(topics) && minPartitions(topics) == maxPartitions(topics)
	})
	if err != nil {
		return err
	}
	var missing []string
	for _, t := range topics {
		r.topics.ids[t.name] = t.id
		switch {
		case !t.exists:
			missing = append(missing, t.name)
		case !t.may(kmsg.ACLOperationRead):
			return fmt.Errorf("kafka: topic %q may not be read: the client needs the right READ on it", t.name)
		}
	}
	if missing != nil {
		return fmt.Errorf("kafka: missing input topics: %s; create them, or correct the names", r.suggested(ctx, missing))
	}
	if target := maxPartitions(topics); minPartitions(topics) < target {
		return r.unequalInputs(ctx, topics, target)
	}
	r.setPartitions(topics[0].partitions)
	return nil
}

// unequalInputs returns the error for input topics of which some have fewer partitions than others.
func (r *run) unequalInputs(ctx context.Context, inputs []topic, target int) error {
	narrow := narrowerThan(inputs, target)
	if own := r.outputs.declared(); len(own) > 0 && !r.settings.growOutputs {
		outputs, err := describe(ctx, r.client, own)
		if err != nil {
			return err
		}
		outputs = slices.DeleteFunc(outputs, func(t topic) bool { return !t.exists })
		narrow = append(narrow, narrowerThan(outputs, target)...)
	}
	return fmt.Errorf("kafka: the records of partition p of all input topics are joined, so the topics need equal "+
		"numbers of partitions, but %s: give all of them %d, and the outputs, too; partitions are added by %s",
		counts(inputs), target, r.settings.alterCommands(narrow, target))
}

func counts(topics []topic) string {
	var parts []string
	for _, t := range topics {
		parts = append(parts, fmt.Sprintf("%q has %d", t.name, t.partitions))
	}
	return strings.Join(parts, ", ")
}

// openPositionsOutput opens the output topics, of which the first holds the positions of another storage's streams.
func (r *run) openPositionsOutput(ctx context.Context) error {
	r.setPartitions(r.job.Partitions)
	topics, err := r.outputs.open(ctx, nil, r.job.Partitions)
	if err != nil {
		return err
	}
	r.topics.names = []string{topics[0].name}
	r.topics.ids[topics[0].name] = topics[0].id
	for range r.job.Inputs {
		r.topics.ofNode = append(r.topics.ofNode, topics[0].name)
	}
	return nil
}

func allExist(topics []topic) bool {
	for _, t := range topics {
		if !t.exists || t.partitions == 0 {
			return false
		}
	}
	return true
}

// names returns the names of streams, each once.
func topicNames(streams []broker.Stream) []string {
	var all []string
	seen := map[string]bool{}
	for _, s := range streams {
		if !seen[s.Name] {
			all = append(all, s.Name)
		}
		seen[s.Name] = true
	}
	return all
}

// minPartitions returns the least number of partitions that any of the topics has.
func minPartitions(topics []topic) int {
	least := topics[0].partitions
	for _, t := range topics {
		least = min(least, t.partitions)
	}
	return least
}

// maxPartitions returns the greatest number of partitions that any of the topics has.
func maxPartitions(topics []topic) int {
	greatest := 0
	for _, t := range topics {
		greatest = max(greatest, t.partitions)
	}
	return greatest
}

// narrowerThan returns the topics that have fewer partitions than n.
func narrowerThan(topics []topic, n int) (narrow []topic) {
	for _, t := range topics {
		if t.partitions < n {
			narrow = append(narrow, t)
		}
	}
	return narrow
}
