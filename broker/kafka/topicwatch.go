package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Partitions may be added to the topics while a run is on. Each instance looks for them by itself. Once all topics,
// inputs and outputs, have as many, the instance goes on with as many: it tells the group, whose leader assigns what
// is new (see balancer), and begins what it is assigned. It may learn of a partition before or after the group
// assigns it; both come to the same.

// announceAgain is how long the group may take to assign partitions before an instance that knows of them says so
// again.
const announceAgain = 3 * time.Second

// A topicWatcher looks for added partitions.
type topicWatcher struct {
	*run
	// session is the number of the session that the run is for. Added partitions begin with it.
	session int64
	// announced is how many partitions the group was told of last, at the time given.
	announced   int
	announcedAt time.Time
	// reported is what was logged last of topics that have fewer partitions than others.
	reported string
}

// watchTopics looks for added partitions until ctx ends.
func (r *run) watchTopics(ctx context.Context, session int64) {
	w := &topicWatcher{run: r, session: session}
	age := r.settings.metadataAge
	for pause := age; ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			return
		case <-r.assignment.moreKnown:
			pause = firstPause
		case <-time.After(pause):
			pause = min(2*pause, age)
		}
		if err := w.check(ctx); err != nil && ctx.Err() == nil {
			r.logger.Warn("looking for added partitions failed, trying again", "error", err, "pause", age)
			pause = age
		}
		if w.announce(ctx) {
			pause = age
		} else {
			pause = min(pause, announceAgain)
		}
	}
}

// check finds out how many partitions the topics have, and goes on with as many as they all have.
func (w *topicWatcher) check(ctx context.Context) error {
	inputs, outputs, err := w.describeTopics(ctx)
	if err != nil || inputs == nil {
		return err
	}
	failure := ""
	if narrow := narrowerThan(outputs, minPartitions(inputs)); w.settings.growOutputs && narrow != nil {
		if err := w.addPartitions(ctx, narrow, minPartitions(inputs)); err != nil {
			failure = err.Error()
		}
		if inputs, outputs, err = w.describeTopics(ctx); err != nil || inputs == nil {
			return err
		}
	}
	if !w.sink && len(w.outputs.streams) > 0 {
		w.reportNextRun(inputs)
		return nil
	}
	w.grow(minPartitions(slices.Concat(inputs, outputs)))
	w.report(failure, inputs, outputs)
	return nil
}

// describeTopics returns the topics. It returns none where one doesn't exist or was created again: whoever reads or
// writes that topic says so.
func (w *topicWatcher) describeTopics(ctx context.Context) (inputs, outputs []topic, err error) {
	all := w.topics.names
	if w.sink {
		all = slices.Concat(all, w.outputs.names())
	}
	topics, err := describe(ctx, w.client, all)
	if err != nil || !allExist(topics) {
		return nil, nil, err
	}
	inputs, outputs = topics[:len(w.topics.names)], topics[len(w.topics.names):]
	recreatedInput := func(t topic) bool { return w.topics.isOther(t.name, t.id) }
	recreatedOutput := func(t topic) bool { return t.id != w.outputs.ids[t.name] }
	if slices.ContainsFunc(inputs, recreatedInput) || slices.ContainsFunc(outputs, recreatedOutput) {
		return nil, nil, nil
	}
	return inputs, outputs, nil
}

// grow goes on with n partitions, where there are fewer.
func (w *topicWatcher) grow(n int) {
	before := w.Partitions()
	if n <= before {
		return
	}
	w.positions.add(n, w.session)
	w.assignment.setPartitions(n)
	w.logger.Info("partitions were added to all topics: the run goes on with them, from their beginning",
		"before", before, "partitions", n)
	w.assignment.wake()
}

// announce starts a rebalance where the group's last assignment doesn't cover all partitions that this instance knows
// of. It returns whether the group and the instance agree.
func (w *topicWatcher) announce(ctx context.Context) bool {
	mb, err := w.membership.open(ctx)
	if err != nil {
		return false // the run ends
	}
	valid, total, known := w.assignment.totals(mb)
	if valid && total < known && (w.announced < known || time.Since(w.announcedAt) >= announceAgain) {
		w.announced, w.announcedAt = known, time.Now()
		client := mb.group.Client()
		client.ForceMetadataRefresh() // for the results
		client.ForceRebalance()
	}
	return total == known
}

// report logs, once, which topics have fewer partitions than others, why outputs couldn't be given as many, and what
// to do.
func (w *topicWatcher) report(failure string, inputs, outputs []topic) {
	target := maxPartitions(slices.Concat(inputs, outputs))
	narrow := narrowerThan(inputs, target)
	if failure != "" || !w.settings.growOutputs {
		narrow = append(narrow, narrowerThan(outputs, target)...)
	}
	finding := ""
	if narrow != nil {
		finding = failure + counts(narrow)
	}
	if finding == w.reported {
		return
	}
	w.reported = finding
	if narrow == nil {
		return
	}
	attributes := []any{"partitions", w.Partitions(), "topics", counts(slices.Concat(inputs, outputs)),
		"do", w.settings.alterCommands(narrow, target)}
	if failure != "" {
		attributes = append(attributes, "error", failure)
	}
	w.logger.Warn("some topics have more partitions than others: added partitions are read once all topics have as many",
		attributes...)
}

// reportNextRun logs, once, that the results go to a storage that was opened for fewer partitions.
func (w *topicWatcher) reportNextRun(inputs []topic) {
	n := minPartitions(inputs)
	finding := counts(inputs)
	if n <= w.Partitions() || finding == w.reported {
		return
	}
	w.reported = finding
	w.logger.Warn("partitions were added to the input topics, but the storage of the results was opened for fewer: "+
		"the added partitions are not read until the run is started again", "before", w.Partitions(), "partitions", n)
}

// alterCommands returns the commands that give topics so many partitions.
func (s *settings) alterCommands(topics []topic, partitions int) string {
	commands := make([]string, len(topics))
	for i, t := range topics {
		commands[i] = fmt.Sprintf("kafka-topics.sh --bootstrap-server %s --alter --topic %s --partitions %d",
			s.addresses[0], t.name, partitions)
	}
	return strings.Join(commands, "; ")
}
