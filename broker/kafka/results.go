package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/endmark"
)

const (
	// defaultBatch is the largest batch where a topic's settings may not be read: what the library has without them.
	defaultBatch = 1_000_012
	// leastLimit and mostLimit bound what the library takes for the largest batch, whose requests have at most 100 MiB.
	leastLimit = 512
	mostLimit  = 100<<20 - 4096
	// batchOverhead is how many bytes a batch takes beside its records. mostOverhead is the most that a batch of one
	// record takes beside the record's key and value.
	batchOverhead = 65
	mostOverhead  = batchOverhead + 4 + 3*binary.MaxVarintLen32
)

// tooSmall returns a final error where a topic takes only batches that are smaller than the library's smallest.
func tooSmall(topic string, size int32) error {
	if size >= leastLimit {
		return nil
	}
	return &finalError{fmt.Errorf("topic %q takes batches of %d bytes at most", topic, size),
		fmt.Sprintf("raise its setting %s, to %d at least", settingSize, leastLimit)}
}

func (o *outputTopic) setLimit(size int32) { o.limit.Store(min(max(size, leastLimit), mostLimit)) }

// check tells why a result isn't taken, nil where it is.
func (o *outputs) check(stream int, key, value []byte) error {
	if stream < 0 || stream >= len(o.byStream) {
		return fmt.Errorf("kafka: a result is for output %d, but the job has %d", stream, len(o.byStream))
	}
	topic := o.byStream[stream]
	if len(key)+len(value) <= int(topic.limit.Load())-mostOverhead && (key != nil || !topic.compacted) {
		return nil
	}
	return topic.check(key, value)
}

// check is outputs.check for what is near the limit, or lacks a key.
func (o *outputTopic) check(key, value []byte) error {
	size, limit := batchSize(key, value), o.limit.Load()
	switch {
	case size > int(limit):
		return fmt.Errorf("kafka: a result of %d bytes is larger than topic %q takes, which is batches of %d bytes: raise "+
			"its setting %s, to %d at least", len(value), o.name, limit, settingSize, size)
	case key == nil && o.compacted:
		return fmt.Errorf("kafka: topic %q is compacted, so that each result needs a key, and the master's record has none: "+
			"give results one, with kafka.Key or by keys of the input's records, or set the topic's %s to delete",
			o.name, settingPolicy)
	}
	return nil
}

// batchSize returns the size of a batch that holds a result alone, before it is compressed.
func batchSize(key, value []byte) int {
	record := 4 + kbin.VarintLen(int32(len(key))) + len(key) + kbin.VarintLen(int32(len(value))) + len(value)
	return batchOverhead + kbin.VarintLen(int32(record)) + record
}

// mark returns an end-of-stream mark for a topic's partition. In a compacted topic each mark has a key of its own:
// Kafka takes no record without a key there, and keeps only the last record of each key.
func (o *outputs) mark(topic string, partition int) *kgo.Record {
	mark := &kgo.Record{Topic: topic, Partition: int32(partition), Value: []byte(endmark.Value)}
	if o.byName[topic].compacted {
		mark.Key = endmark.Key()
	}
	return mark
}

// checkAge compares the age of results with how long their topic keeps records. Kafka would silently delete results
// that are older soon after they are written. That is an error where the inputs are kept longer, and otherwise a
// warning: the inputs are about to be deleted, too.
func (o *outputs) checkAge(commits []broker.Commit) error {
	now := time.Now()
	for i, t := range o.byStream {
		if t.retention == unlimited || t.byAppend || t.warned {
			continue
		}
		oldest := oldestOf(commits, i)
		age := time.Duration(t.retention) * time.Millisecond
		if oldest.IsZero() || now.Sub(oldest) <= age {
			continue
		}
		err := fmt.Errorf("kafka: results of %v, the time of their master's record, are older than the %v for which topic "+
			"%q keeps records (%s): Kafka would delete them soon after they are written. Raise it, or have the topic go by "+
			"when they are written (%s=LogAppendTime)",
			oldest.UTC().Format(time.RFC3339), age, t.name, settingRetention, settingTimestamp)
		if longer(t.retention, o.inputRetention) != t.retention {
			return err
		}
		t.warned = true
		o.logger.Warn("results are as old as the records that Kafka deletes from their topic, and so is their input",
			"topic", t.name, "error", err)
	}
	return nil
}

// oldestOf returns the time of the oldest result for an output; zero where none has a time.
func oldestOf(commits []broker.Commit, output int) (oldest time.Time) {
	for i := range commits {
		for j := range commits[i].Results {
			r := &commits[i].Results[j]
			if r.Stream == output && !r.Time.IsZero() && (oldest.IsZero() || r.Time.Before(oldest)) {
				oldest = r.Time
			}
		}
	}
	return oldest
}

// shrink lowers a topic's batch limit after Kafka has refused a batch as too large: the topic's setting was lowered,
// or the client may not read it. The next member sends smaller batches. Where a single result is too large, shrink
// returns a final error.
func (o *outputs) shrink(ctx context.Context, failed *produceError, commits []broker.Commit) error {
	t := o.byName[failed.topic]
	before := t.limit.Load()
	limit := before / 2
	if found, err := configs(ctx, o.client, []string{t.name}); err == nil {
		if size := found[t.name].size; size > 0 && size < before {
			if err := tooSmall(t.name, size); err != nil {
				return err
			}
			limit = size
		}
	}
	largest := 0
	for i := range commits {
		for j := range commits[i].Results {
			if r := &commits[i].Results[j]; o.streams[r.Stream].Name == t.name {
				largest = max(largest, batchSize(r.Key, r.Value))
			}
		}
	}
	t.setLimit(max(limit, int32(min(largest, mostLimit))))
	if t.limit.Load() >= before {
		return &finalError{fmt.Errorf("topic %q takes no result of %d bytes: %w", t.name, largest, kerr.MessageTooLarge),
			"raise its setting " + settingSize}
	}
	o.logger.Warn("a batch of results was larger than the topic takes, trying again with smaller ones",
		"topic", t.name, "bytes", t.limit.Load())
	return failed
}
