package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Partitions may be added to the topics while a run is on. Each instance looks for them by itself. Once all topics have as many,
// inputs and outputs, it goes on with as many: it tells the group, whose leader deals out what is new (see balancer), and begins
// what it is given. Whether an instance that learns of them later has its partitions dealt to it before or after that is all one.

// announceAgain is how long the group may take to deal out partitions before an instance that knows of them says so again.
const announceAgain = 3 * time.Second

// A topicWatch is how an instance looks for added partitions.
type topicWatch struct {
	*run
	// session is the number of the session that the run is for. Added partitions begin with it.
	session int64
	// announced is how many partitions the group was told of last, at the time given.
	announced   int
	announcedAt time.Time
	// told is what was logged last of topics that have fewer partitions than others.
	told string
}

// watchTopics looks for added partitions until ctx ends.
func (r *run) watchTopics(ctx context.Context, session int64) {
	w := &topicWatch{run: r, session: session}
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
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
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

// look finds out how many partitions the topics have, and goes on with as many as they all have.
func (w *topicWatch) look(ctx context.Context) error {
	inputs, outputs, err := w.describeTopics(ctx)
	if err != nil || inputs == nil {
		return err
	}
	failure := ""
	if narrow := below(outputs, fewest(inputs)); w.settings.growOutputs && narrow != nil {
		if err := w.raise(ctx, narrow, fewest(inputs)); err != nil {
			failure = err.Error()
		}
		if inputs, outputs, err = w.describeTopics(ctx); err != nil || inputs == nil {
			return err
		}
	}
	if !w.sink && len(w.outputs.streams) > 0 {
		w.tellOfTheNextRun(inputs)
		return nil
	}
	w.grow(fewest(slices.Concat(inputs, outputs)))
	w.tell(failure, inputs, outputs)
	return nil
}

// describeTopics returns the topics; none where one isn't there or is another by now: whoever reads or writes it says so.
func (w *topicWatch) describeTopics(ctx context.Context) (inputs, outputs []topic, err error) {
	all := w.topics.names
	if w.sink {
		all = slices.Concat(w.topics.names, w.outputs.names())
	}
	topics, err := describe(ctx, w.client, all)
	if err != nil || !known(topics) {
		return nil, nil, err
	}
	for i, t := range topics {
		if i < len(w.topics.names) && w.topics.isOther(t.name, t.id) || i >= len(w.topics.names) && t.id != w.outputs.ids[t.name] {
			return nil, nil, nil
		}
	}
	return topics[:len(w.topics.names)], topics[len(w.topics.names):], nil
}

// fewest returns the least number of partitions that any of the topics has.
func fewest(topics []topic) int {
	least := topics[0].partitions
	for _, t := range topics {
		least = min(least, t.partitions)
	}
	return least
}

// most returns the greatest number of partitions that any of the topics has.
func most(topics []topic) int {
	most := 0
	for _, t := range topics {
		most = max(most, t.partitions)
	}
	return most
}

// below returns the topics that have fewer partitions than n.
func below(topics []topic, n int) (all []topic) {
	for _, t := range topics {
		if t.partitions < n {
			all = append(all, t)
		}
	}
	return all
}

// grow goes on with n partitions, where there are fewer.
func (w *topicWatch) grow(n int) {
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

// announce has the group deal out again where that was done without partitions that this instance knows of. It returns whether
// the group and the instance agree.
func (w *topicWatch) announce(ctx context.Context) bool {
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

// tell logs, once, which topics still have fewer partitions than others, what has gone wrong with outputs that were to be given
// as many, and what to do.
func (w *topicWatch) tell(failure string, inputs, outputs []topic) {
	target := most(slices.Concat(inputs, outputs))
	narrow := below(inputs, target)
	if failure != "" || !w.settings.growOutputs {
		narrow = append(narrow, below(outputs, target)...)
	}
	told := ""
	if narrow != nil {
		told = failure + counts(narrow)
	}
	if told == w.told {
		return
	}
	w.told = told
	if narrow == nil {
		return
	}
	attributes := []any{"partitions", w.Partitions(), "topics", counts(slices.Concat(inputs, outputs)),
		"do", w.settings.raiseCommands(narrow, target)}
	if failure != "" {
		attributes = append(attributes, "error", failure)
	}
	w.logger.Warn("some topics have more partitions than others: what was added is read as soon as all have as many",
		attributes...)
}

// tellOfTheNextRun logs, once, that the results go to a storage that was opened for fewer partitions.
func (w *topicWatch) tellOfTheNextRun(inputs []topic) {
	n := fewest(inputs)
	told := counts(inputs)
	if n <= w.Partitions() || told == w.told {
		return
	}
	w.told = told
	w.logger.Warn("the input topics have more partitions than when the run began, and its results go to a storage that was "+
		"opened for as many as then: start the run again to have the others read", "before", w.Partitions(), "partitions", n)
}

// raiseCommands returns the commands that give topics so many partitions.
func (s *settings) raiseCommands(topics []topic, partitions int) string {
	commands := make([]string, len(topics))
	for i, t := range topics {
		commands[i] = fmt.Sprintf("kafka-topics.sh --bootstrap-server %s --alter --topic %s --partitions %d",
			s.addresses[0], t.name, partitions)
	}
	return strings.Join(commands, "; ")
}
