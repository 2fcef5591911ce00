package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
)

// A topic that is deleted and recreated keeps its name and gets another id. Offsets of the old topic mean nothing in
// the new one, but Kafka goes by the name: offset 500 of the old topic would silently be offset 500 of the new one.
// So positions hold the id (see note), fetched records are checked by it, and a run that commits asks for it now and
// then.

// identityCheck is how often a run that commits asks whether its topics are those that it began with.
const identityCheck = time.Second

var errRecreated = errors.New("the topic was deleted and recreated while the run went on: what was read is gone, and " +
	"the offsets to go on from mean nothing in the new one")

// An identity knows which topics hold the positions, and finds out whether they are those that the run began with. It
// is safe for concurrent use.
type identity struct {
	*admin
	topics *positionTopics

	mu sync.Mutex
	// checked is when Kafka was last asked.
	checked time.Time
}

// isOther tells whether an id is that of another topic of the same name. Brokers before Kafka 2.8 know no ids.
func (t *positionTopics) isOther(topic string, id kadm.TopicID) bool {
	known := t.ids[topic]
	return known != id && known != (kadm.TopicID{}) && id != (kadm.TopicID{})
}

// recreated returns the final error for a topic that was recreated.
func (i *identity) recreated(topic string) error {
	return &finalError{fmt.Errorf("topic %q: %w", topic, errRecreated), i.resetAdvice()}
}

// check returns a final error where a topic that holds positions was recreated. It asks Kafka at most once in
// identityCheck. Where Kafka doesn't answer, it returns nil: it only saves commits in vain, since the next run
// refuses positions with the old id anyway.
func (i *identity) check(ctx context.Context) error {
	i.mu.Lock()
	due := time.Since(i.checked) >= identityCheck
	if due {
		i.checked = time.Now()
	}
	i.mu.Unlock()
	if !due {
		return nil
	}
	return i.checkNow(ctx)
}

// checkNow is check, whenever Kafka was asked last.
func (i *identity) checkNow(ctx context.Context) error {
	request := kmsg.NewPtrMetadataRequest()
	for _, topic := range i.topics.names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(topic)
		request.Topics = append(request.Topics, t)
	}
	ctx, cancel := context.WithTimeout(ctx, identityCheck)
	defer cancel()
	reply, err := request.RequestWith(ctx, i.client)
	if err != nil {
		return nil
	}
	for _, t := range reply.Topics {
		if t.Topic != nil && t.ErrorCode == 0 && i.topics.isOther(*t.Topic, t.TopicID) {
			return i.recreated(*t.Topic)
		}
	}
	return nil
}

// isUnknown tells whether an error says that a topic isn't there, or not by this id.
func isUnknown(err error) bool {
	return errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID) ||
		errors.Is(err, kerr.InconsistentTopicID)
}

// missing finds out what has become of a topic that Kafka hasn't known since some time. It returns no error where the
// topic exists after all, or may come back, as in a cluster that starts.
func (i *identity) missing(ctx context.Context, topic string, since time.Time) (there bool, err error) {
	topics, err := describeUntil(ctx, i.client, []string{topic}, allExist)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return false, err
	case i.topics.isOther(topic, topics[0].id):
		return false, i.recreated(topic)
	case !topics[0].exists && time.Since(since) > missingGrace:
		return false, &finalError{fmt.Errorf("topic %q", topic), "the topic was deleted"}
	}
	return topics[0].exists, nil
}

// anyMissing is missing for all topics that hold positions.
func (i *identity) anyMissing(ctx context.Context, since time.Time) error {
	for _, topic := range i.topics.names {
		if _, err := i.missing(ctx, topic, since); err != nil {
			return err
		}
	}
	return nil
}

// missingGrace is how long Kafka may not know a topic before it counts as deleted.
const missingGrace = 5 * time.Second

// gone returns the final error for an offset that a node must go on from and that the partition no longer has.
func (i *identity) gone(ctx context.Context, topic string, partition int, offset int64) error {
	if err := i.checkNow(ctx); err != nil {
		return err
	}
	first, err := i.listOffset(ctx, topic, partition, oldest)
	switch {
	case err != nil:
		err = fmt.Errorf("the record to go on with is no longer there: %w", err)
	case first > offset:
		err = fmt.Errorf("the records from here up to offset %d are needed, but the topic's retention or an "+
			"administrator has removed them", first-1)
	default:
		err = errors.New("the partition ends before it: Kafka has lost records, or the topic was recreated")
	}
	err = &broker.PositionError{
		Position: broker.Position{Stream: topic, Partition: partition, Offset: offset},
		Err:      err,
	}
	return &finalError{err, i.resetAdvice()}
}
