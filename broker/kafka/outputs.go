package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
)

// outputs are the topics that results go to: their names, ids and settings. There are none where results go to
// another storage.
//
// They are opened before the run owns partitions. After that only the limits of batches change, so they are safe for
// concurrent use.
type outputs struct {
	*admin
	// streams are the job's, and looking is Job.Looking.
	streams []broker.Stream
	looking bool
	// inputs are the topics that are read, the master's first; none where another storage is the source.
	inputs []string
	// partitions is how many there are of each input.
	partitions int
	// ids are Kafka's of the topics, as they were when the run began.
	ids map[string]kadm.TopicID
	// byName holds the topics by name, and byStream by their index in streams.
	byName   map[string]*outputTopic
	byStream []*outputTopic
	// inputRetention is how old records of the inputs become, in milliseconds; 0 where that isn't known.
	inputRetention int64
}

func newOutputs(a *admin, job *broker.Job) *outputs {
	return &outputs{admin: a, streams: job.Outputs, looking: job.Looking, ids: map[string]kadm.TopicID{}}
}

// names returns the names of the topics.
func (o *outputs) names() []string { return topicNames(o.streams) }

// An outputTopic is a topic that results go to.
type outputTopic struct {
	name string
	config
	// limit is the size of the largest batch that is sent, in bytes.
	limit atomic.Int32
	// warned says that results as old as what the topic deletes were reported.
	warned bool
}

// open creates the output topics that are missing and checks all, for as many partitions as the inputs have. It
// returns what Kafka says of the topics, which may have more partitions by now, where the inputs have more, too.
func (o *outputs) open(ctx context.Context, inputs []string, partitions int) ([]topic, error) {
	o.inputs, o.partitions = inputs, partitions
	topics, err := o.find(ctx)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, t := range topics {
		if !t.exists {
			missing = append(missing, t.name)
		}
	}
	if missing != nil && o.looking {
		return nil, broker.ErrNothingKept
	}
	configs, err := o.inputConfigs(ctx)
	if err != nil {
		return nil, err
	}
	if missing != nil {
		if topics, err = o.create(ctx, missing, inherit(configs)); err != nil {
			return nil, err
		}
	}
	for _, t := range topics {
		o.ids[t.name] = t.id
	}
	if err := o.mayWrite(topics); err != nil {
		return nil, err
	}
	if err := o.matchInputs(ctx, topics); err != nil {
		return nil, err
	}
	return topics, o.readSettings(ctx, nil)
}

// find asks for the topics, and again while they aren't as a run needs them.
func (o *outputs) find(ctx context.Context) ([]topic, error) {
	return describeUntil(ctx, o.client, o.names(), func(topics []topic) bool {
		return !allExist(topics) || minPartitions(topics) >= o.partitions
	})
}

// mayWrite checks the right to write to topics, as far as Kafka tells.
func (o *outputs) mayWrite(topics []topic) error {
	for _, t := range topics {
		if !t.may(kmsg.ACLOperationWrite) {
			return fmt.Errorf("kafka: topic %q may not be written: the client needs the right WRITE on it", t.name)
		}
	}
	return nil
}

// matchInputs makes sure that the outputs have as many partitions as the inputs. Who only looks adds none.
func (o *outputs) matchInputs(ctx context.Context, outputs []topic) error {
	n := o.partitions
	if maxPartitions(outputs) > n {
		if err := o.checkWider(ctx, outputs); err != nil {
			return err
		}
	}
	narrow := narrowerThan(outputs, n)
	switch {
	case narrow == nil:
		return nil
	case o.settings.growOutputs && o.looking:
		return nil
	case o.settings.growOutputs:
		return o.addPartitions(ctx, narrow, n)
	}
	return fmt.Errorf("%s: add partitions to it, which moves nothing that it holds, by %s; or have a run do so, by "+
		"kafka.GrowOutputs() in Go and \"grow_outputs: true\" in a pipeline file; or give the output another name, and Leat "+
		"creates it",
		unequal(n, outputs), o.settings.alterCommands(narrow, n))
}

// checkWider returns the error for outputs of which one has more partitions than the inputs. It returns nil where
// partitions were added to the inputs since they were opened: they are then like any that are added while the run is
// on.
func (o *outputs) checkWider(ctx context.Context, outputs []topic) error {
	n, target := o.partitions, maxPartitions(outputs)
	if len(o.inputs) == 0 {
		return fmt.Errorf("%s: give the output another name, and Leat creates it", unequal(n, outputs))
	}
	inputs, err := describeUntil(ctx, o.client, o.inputs, func(topics []topic) bool {
		return minPartitions(topics) >= target
	})
	if err != nil {
		return err
	}
	narrow := narrowerThan(inputs, target)
	if narrow == nil {
		return nil
	}
	return fmt.Errorf("%s: where partitions were added to it and the inputs are to have as many, add them by %s; or give "+
		"the output another name, and Leat creates it",
		unequal(n, outputs), o.settings.alterCommands(append(narrow, narrowerThan(outputs, target)...), target))
}

func unequal(inputs int, outputs []topic) string {
	return fmt.Sprintf("kafka: results go to the partition that their input came from, so outputs need as many "+
		"partitions as the inputs, %d, but %s", inputs, counts(outputs))
}

// inputConfigs returns the settings of the input topics, the master's first; nil where the client may not read them,
// and where another storage is the source.
func (o *outputs) inputConfigs(ctx context.Context) (inputs []config, err error) {
	o.inputRetention = unlimited
	if len(o.inputs) == 0 {
		return nil, nil
	}
	found, err := configs(ctx, o.client, o.inputs)
	if err != nil {
		return nil, err
	}
	o.inputRetention = 0
	for _, topic := range o.inputs {
		c, ok := found[topic]
		if !ok {
			o.inputRetention = 0
			return nil, nil
		}
		o.inputRetention = longer(o.inputRetention, c.retention)
		inputs = append(inputs, c)
	}
	return inputs, nil
}

// readSettings reads the settings of the output topics, except of those that are still missing, which may take anything.
func (o *outputs) readSettings(ctx context.Context, missing []string) error {
	o.byName = map[string]*outputTopic{}
	for _, topic := range missing {
		o.byName[topic] = &outputTopic{name: topic}
		o.byName[topic].setLimit(mostLimit)
	}
	isMissing := func(topic string) bool { return o.byName[topic] != nil }
	topics := slices.DeleteFunc(o.names(), isMissing)
	found, err := configs(ctx, o.client, topics)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		c, ok := found[topic]
		if !ok {
			o.logger.Info("the settings of an output topic can't be read: Leat takes them to be Kafka's defaults",
				"topic", topic, "right", "DESCRIBE_CONFIGS")
			c = config{size: defaultBatch, retention: unlimited, bytes: unlimited}
		}
		if err := tooSmall(topic, c.size); err != nil {
			return err
		}
		if c.compacted && !o.looking {
			o.logger.Warn("an output topic is "+compactedMeans, "topic", topic)
		}
		o.byName[topic] = &outputTopic{name: topic, config: c}
		o.byName[topic].setLimit(c.size)
	}
	o.byStream = make([]*outputTopic, len(o.streams))
	for i, stream := range o.streams {
		o.byStream[i] = o.byName[stream.Name]
	}
	return nil
}

// batchLimit returns the size of the largest batch for a topic, in bytes. The library also asks for the topic "".
func (o *outputs) batchLimit(topic string) int32 {
	if o := o.byName[topic]; o != nil {
		return o.limit.Load()
	}
	return defaultBatch
}

// compactedMeans says what becomes of results in a compacted topic.
const compactedMeans = "compacted: of the results with one key Kafka keeps the last, and each needs a key"

// create creates output topics, and waits until Kafka knows all of them.
func (o *outputs) create(ctx context.Context, missing []string, settings map[string]*string) ([]topic, error) {
	if err := o.requestCreation(ctx, missing, settings); err != nil {
		return nil, err
	}
	topics, err := o.awaitTopics(ctx, o.names(), allExist)
	if err != nil {
		return nil, fmt.Errorf("kafka: the topics %s were created, but aren't there: %w", quoted(missing), err)
	}
	return topics, nil
}

// requestCreation asks Kafka to create output topics; for who only looks, Kafka checks whether it would.
func (o *outputs) requestCreation(ctx context.Context, missing []string, settings map[string]*string) error {
	if !o.settings.createTopics {
		return fmt.Errorf("kafka: missing output topics: %s; create them with %d partitions, "+
			"or allow it, by kafka.CreateTopics(true) in Go and \"create_topics: true\" in a pipeline file",
			o.suggested(ctx, missing), o.partitions)
	}
	const brokerDefault = -1
	request := kadm.NewClient(o.client).CreateTopics
	if o.looking {
		request = kadm.NewClient(o.client).ValidateCreateTopics
	}
	replies, err := request(ctx, int32(o.partitions), brokerDefault, settings, missing...)
	if err != nil {
		return fmt.Errorf("kafka: creating topics: %w", err)
	}
	for _, r := range replies.Sorted() {
		switch {
		case errors.Is(r.Err, kerr.TopicAuthorizationFailed), errors.Is(r.Err, kerr.ClusterAuthorizationFailed):
			return fmt.Errorf("kafka: topic %q doesn't exist, and may not be created: the client needs the right CREATE on "+
				"it, or on the cluster; or create it with %d partitions", r.Topic, o.partitions)
		case r.Err != nil && !errors.Is(r.Err, kerr.TopicAlreadyExists):
			return fmt.Errorf("kafka: creating topic %q: %w", r.Topic, cmp.Or(final(r.Err), r.Err))
		case r.Err == nil && !o.looking:
			o.logger.Info("topic created", "topic", r.Topic, "partitions", o.partitions)
		}
	}
	return nil
}

// checkDeleted returns a final error in place of err where an output topic was deleted, or deleted and recreated.
func (o *outputs) checkDeleted(ctx context.Context, err error) error {
	if !errors.Is(err, kerr.UnknownTopicOrPartition) && !errors.Is(err, kerr.UnknownTopicID) {
		return err
	}
	topics, failed := describeUntil(ctx, o.client, o.names(), allExist)
	if failed != nil {
		return err
	}
	for _, t := range topics {
		switch {
		case !t.exists || t.partitions == 0:
			return &finalError{err, fmt.Sprintf("the output topic %q was deleted while results were written to it", t.name)}
		case t.id != o.ids[t.name]:
			return &finalError{err, fmt.Sprintf("the output topic %q was deleted and recreated while results were written to "+
				"it, and what it held is gone: to go on in the new one behind what was committed before, start the run again; "+
				"to write all results once more, reset the offsets of group %q for all of its topics before", t.name, o.group)}
		}
	}
	return err
}

// declared returns the names of the outputs that are declared as topics.
func (o *outputs) declared() []string {
	topics := topicNames(o.settings.streams)
	return slices.DeleteFunc(o.names(), func(name string) bool { return !slices.Contains(topics, name) })
}
