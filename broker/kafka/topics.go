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
)

// createdGrace is how long a topic, or a partition, may not be known that was just created.
const createdGrace = time.Second

// A topic is what Kafka says about one.
type topic struct {
	name       string
	id         kadm.TopicID
	exists     bool
	partitions int
	operations int32
}

// may tells whether the client has a right on the topic; where Kafka doesn't tell, it shows later.
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
	err := patiently(ctx, func(ctx context.Context) (err error) {
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

// describePatiently asks again for a moment where topics aren't as they should be: not every broker knows at once of one that
// was just created, or of partitions that were just added.
func describePatiently(ctx context.Context, client *kgo.Client, names []string, is func([]topic) bool) ([]topic, error) {
	short, cancel := context.WithTimeout(ctx, createdGrace)
	defer cancel()
	for pause := firstPause; ; pause *= 2 {
		topics, err := describe(ctx, client, names)
		if err != nil || is(topics) || sleep(short, pause) != nil {
			return topics, err
		}
	}
}

// positionsAtInputs checks the input topics.
func (m *member) positionsAtInputs(ctx context.Context) error {
	m.topics = names(m.job.Inputs)
	for _, s := range m.job.Inputs {
		m.topicOf = append(m.topicOf, s.Name)
	}
	topics, err := describePatiently(ctx, m.client, m.topics, func(topics []topic) bool {
		return known(topics) && fewest(topics) == most(topics)
	})
	if err != nil {
		return err
	}
	var missing []string
	for _, t := range topics {
		m.topicIDs[t.name] = t.id
		switch {
		case !t.exists:
			missing = append(missing, t.name)
		case !t.may(kmsg.ACLOperationRead):
			return fmt.Errorf("kafka: topic %q may not be read: the client needs the right READ on it", t.name)
		}
	}
	if missing != nil {
		return fmt.Errorf("kafka: missing input topics: %s; create them, or correct the names", m.suggested(ctx, missing))
	}
	if target := most(topics); fewest(topics) < target {
		return m.unequalInputs(ctx, topics, target)
	}
	m.setPartitions(topics[0].partitions)
	return nil
}

// unequalInputs returns the error for input topics of which some have fewer partitions than others.
func (m *member) unequalInputs(ctx context.Context, inputs []topic, target int) error {
	narrow := below(inputs, target)
	if own := m.ownOutputs(); len(own) > 0 && !m.settings.growOutputs {
		outputs, err := describe(ctx, m.client, own)
		if err != nil {
			return err
		}
		outputs = slices.DeleteFunc(outputs, func(t topic) bool { return !t.exists })
		narrow = append(narrow, below(outputs, target)...)
	}
	return fmt.Errorf("kafka: partition p of all input topics is joined, so they need equal numbers of partitions, but %s: give "+
		"all of them %d, and the outputs, too; partitions are added by %s",
		counts(inputs), target, m.settings.raiseCommands(narrow, target))
}

// ownOutputs returns the names of the outputs that are declared as topics.
func (m *member) ownOutputs() []string {
	declared := names(m.settings.streams)
	return slices.DeleteFunc(names(m.job.Outputs), func(name string) bool { return !slices.Contains(declared, name) })
}

func counts(topics []topic) string {
	var parts []string
	for _, t := range topics {
		parts = append(parts, fmt.Sprintf("%q has %d", t.name, t.partitions))
	}
	return strings.Join(parts, ", ")
}

// positionsAtOutput prepares the output topics, of which the first holds the positions.
func (m *member) positionsAtOutput(ctx context.Context) error {
	m.setPartitions(m.job.Partitions)
	topics, err := m.openOutputs(ctx)
	if err != nil {
		return err
	}
	m.topics = []string{topics[0].name}
	m.topicIDs[topics[0].name] = topics[0].id
	for range m.job.Inputs {
		m.topicOf = append(m.topicOf, topics[0].name)
	}
	return nil
}

// openOutputs creates the output topics that are missing and checks all.
func (m *member) openOutputs(ctx context.Context) ([]topic, error) {
	all := names(m.job.Outputs)
	topics, err := describePatiently(ctx, m.client, all, func(topics []topic) bool {
		return !known(topics) || fewest(topics) >= m.Partitions()
	})
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, t := range topics {
		if !t.exists {
			missing = append(missing, t.name)
		}
	}
	inputs, err := m.inputConfigs(ctx)
	if err != nil {
		return nil, err
	}
	if missing != nil {
		if topics, err = m.create(ctx, missing, all, inherit(inputs)); err != nil {
			return nil, err
		}
	}
	for _, t := range topics {
		m.outputIDs[t.name] = t.id
		if !t.may(kmsg.ACLOperationWrite) {
			return nil, fmt.Errorf("kafka: topic %q may not be written: the client needs the right WRITE on it", t.name)
		}
	}
	if err := m.equalOutputs(ctx, topics); err != nil {
		return nil, err
	}
	return topics, m.readOutputs(ctx)
}

// equalOutputs sees to it that the outputs have as many partitions as the inputs.
func (m *member) equalOutputs(ctx context.Context, outputs []topic) error {
	n := m.Partitions()
	if most(outputs) > n {
		if err := m.widerOutputs(ctx, outputs); err != nil {
			return err
		}
	}
	narrow := below(outputs, n)
	switch {
	case narrow == nil:
		return nil
	case m.settings.growOutputs:
		return m.raise(ctx, narrow, n)
	}
	return fmt.Errorf("%s: add partitions to it, which moves nothing that it holds, by %s; or have a run do so, by "+
		"kafka.GrowOutputs() in Go and \"grow_outputs: true\" in a pipeline file; or give the output another name, and it is "+
		"created",
		unequal(n, outputs), m.settings.raiseCommands(narrow, n))
}

// widerOutputs returns the error for outputs of which one has more partitions than the inputs; nil where the inputs have been
// given as many since the run has looked at them: it goes on with them then as with any that are added while it is on.
func (m *member) widerOutputs(ctx context.Context, outputs []topic) error {
	n, target := m.Partitions(), most(outputs)
	if m.foreign {
		return fmt.Errorf("%s: give the output another name, and it is created", unequal(n, outputs))
	}
	inputs, err := describePatiently(ctx, m.client, m.topics, func(topics []topic) bool { return fewest(topics) >= target })
	if err != nil {
		return err
	}
	narrow := below(inputs, target)
	if narrow == nil {
		m.lookNow()
		return nil
	}
	return fmt.Errorf("%s: where partitions were added to it and the inputs are to have as many, add them by %s; or give the "+
		"output another name, and it is created",
		unequal(n, outputs), m.settings.raiseCommands(append(narrow, below(outputs, target)...), target))
}

func unequal(inputs int, outputs []topic) string {
	return fmt.Sprintf("kafka: results go to the partition that their input came from, so outputs need as many partitions as "+
		"the inputs, %d, but %s", inputs, counts(outputs))
}

// inputConfigs returns the settings of the input topics, the master's first; nil where they may not be read or the inputs
// are another storage's.
func (m *member) inputConfigs(ctx context.Context) (inputs []config, err error) {
	m.inputsKeep = unlimited
	if m.foreign {
		return nil, nil
	}
	found, err := configs(ctx, m.client, m.topics)
	if err != nil {
		return nil, err
	}
	m.inputsKeep = 0
	for _, topic := range m.topics {
		c, ok := found[topic]
		if !ok {
			m.inputsKeep = 0
			return nil, nil
		}
		m.inputsKeep = longer(m.inputsKeep, c.retention)
		inputs = append(inputs, c)
	}
	return inputs, nil
}

// checkOutputs returns a final error instead of err where an output topic has been deleted, be it made anew since.
func (m *member) checkOutputs(ctx context.Context, err error) error {
	if !errors.Is(err, kerr.UnknownTopicOrPartition) && !errors.Is(err, kerr.UnknownTopicID) {
		return err
	}
	topics, failed := describePatiently(ctx, m.client, names(m.job.Outputs), known)
	if failed != nil {
		return err
	}
	for _, t := range topics {
		switch {
		case !t.exists || t.partitions == 0:
			return &finalError{err, fmt.Sprintf("the output topic %q was deleted while results were written to it", t.name)}
		case t.id != m.outputIDs[t.name]:
			return &finalError{err, fmt.Sprintf("the output topic %q was deleted and made anew while results were written to "+
				"it, and what it held is gone: to go on in the new one behind what was committed before, start the run again; "+
				"to write all results once more, reset the offsets of group %q for all of its topics before", t.name, m.group)}
		}
	}
	return err
}

// create creates output topics, and waits until Kafka knows all of them.
func (m *member) create(ctx context.Context, missing, all []string, settings map[string]*string) ([]topic, error) {
	if !m.settings.createTopics {
		return nil, fmt.Errorf("kafka: missing output topics: %s; create them with %d partitions, "+
			"or allow it, by kafka.CreateTopics(true) in Go and \"create_topics: true\" in a pipeline file",
			m.suggested(ctx, missing), m.Partitions())
	}
	const brokerDefault = -1
	replies, err := kadm.NewClient(m.client).CreateTopics(ctx, int32(m.Partitions()), brokerDefault, settings, missing...)
	if err != nil {
		return nil, fmt.Errorf("kafka: creating topics: %w", err)
	}
	for _, r := range replies.Sorted() {
		if r.Err != nil && !errors.Is(r.Err, kerr.TopicAlreadyExists) {
			return nil, fmt.Errorf("kafka: creating topic %q: %w", r.Topic, cmp.Or(final(r.Err), r.Err))
		}
		if r.Err == nil {
			m.logger.Info("topic created", "topic", r.Topic, "partitions", m.Partitions())
		}
	}
	topics, err := m.await(ctx, all, known)
	if err != nil {
		return nil, fmt.Errorf("kafka: the topics %s were created, but aren't there: %w", quoted(missing), err)
	}
	return topics, nil
}

func known(topics []topic) bool {
	for _, t := range topics {
		if !t.exists || t.partitions == 0 {
			return false
		}
	}
	return true
}
