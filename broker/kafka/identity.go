package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A topic that is deleted and made anew keeps its name and gets another id. Offsets of the old one mean nothing in the new
// one, and Kafka takes both by the name: so positions hold the id (see note), what was fetched is looked at, and a run that
// commits asks now and then.

// identityCheck is how often a run that commits asks whether its topics are those that it began with.
const identityCheck = time.Second

var errMadeAnew = errors.New("the topic was deleted and made anew while the run went on: what was read is gone, and the " +
	"offsets to go on from mean nothing in the new one")

// isOther tells whether an id is that of another topic of the same name. Brokers before Kafka 2.8 know no ids.
func (m *member) isOther(topic string, id kadm.TopicID) bool {
	known := m.topicIDs[topic]
	return known != id && known != (kadm.TopicID{}) && id != (kadm.TopicID{})
}

// madeAnew returns the final error for a topic that was made anew.
func (m *member) madeAnew(topic string) error {
	return &finalError{fmt.Errorf("topic %q: %w", topic, errMadeAnew), m.resetAdvice()}
}

// checkIdentity returns a final error where a topic that holds positions was made anew. It asks Kafka if that hasn't been
// done for a while. Where Kafka doesn't answer it returns nil: the check sees to it that nothing is committed in vain, and
// positions with the id of the old topic are refused anyway.
func (m *member) checkIdentity(ctx context.Context) error {
	m.mu.Lock()
	due := time.Since(m.identified) >= identityCheck
	if due {
		m.identified = time.Now()
	}
	m.mu.Unlock()
	if !due {
		return nil
	}
	return m.identify(ctx)
}

// identify is checkIdentity without a look at the clock.
func (m *member) identify(ctx context.Context) error {
	request := kmsg.NewPtrMetadataRequest()
	for _, topic := range m.topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(topic)
		request.Topics = append(request.Topics, t)
	}
	ctx, cancel := context.WithTimeout(ctx, identityCheck)
	defer cancel()
	reply, err := request.RequestWith(ctx, m.client)
	if err != nil {
		return nil
	}
	for _, t := range reply.Topics {
		if t.Topic != nil && t.ErrorCode == 0 && m.isOther(*t.Topic, t.TopicID) {
			return m.madeAnew(*t.Topic)
		}
	}
	return nil
}

// isUnknown tells whether an error says that a topic isn't there, or not by this id.
func isUnknown(err error) bool {
	return errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID) ||
		errors.Is(err, kerr.InconsistentTopicID)
}

// missing finds out what has become of a topic that Kafka hasn't known since some time. It returns no error where it is
// there after all, or may come back, as in a cluster that starts.
func (m *member) missing(ctx context.Context, topic string, since time.Time) (there bool, err error) {
	topics, err := describePatiently(ctx, m.client, []string{topic}, known)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return false, err
	case m.isOther(topic, topics[0].id):
		return false, m.madeAnew(topic)
	case !topics[0].exists && time.Since(since) > missingGrace:
		return false, &finalError{fmt.Errorf("topic %q", topic), "the topic was deleted"}
	}
	return topics[0].exists, nil
}

// anyMissing is missing for all topics that hold positions.
func (m *member) anyMissing(ctx context.Context, since time.Time) error {
	for _, topic := range m.topics {
		if _, err := m.missing(ctx, topic, since); err != nil {
			return err
		}
	}
	return nil
}

// missingGrace is how long Kafka may not know a topic before it counts as deleted.
const missingGrace = 5 * time.Second
