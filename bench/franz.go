package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
)

// topics is the storage of loops over Kafka topics of one partition, as one writes it by hand with franz-go.
type topics struct {
	at endpoints
	// interval is the time between two transactions; without it there are none.
	interval time.Duration

	names   []string
	readers []*kgo.Client
	out     *topicWriter
}

// open makes a client for each use of a topic: one client doesn't read a partition twice.
func (t *topics) open(stream string) (source, error) {
	topic := t.at.input(stream)
	client, err := kgo.NewClient(
		kgo.SeedBrokers(t.at.kafka),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(0)}}),
	)
	if err != nil {
		return nil, err
	}
	t.names, t.readers = append(t.names, topic), append(t.readers, client)
	return &topicReader{client: client, last: -1}, nil
}

func (t *topics) create(s *session) (sink, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(t.at.kafka),
		kgo.DefaultProduceTopic(t.at.out),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(20 * time.Millisecond),
	}
	if t.interval > 0 {
		options = append(options, kgo.TransactionalID(t.at.out))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	t.out = &topicWriter{session: s, topics: t, client: client}
	if t.interval > 0 {
		return t.out, t.out.begin()
	}
	return t.out, nil
}

func (t *topics) close(s *session) (err error) {
	if t.out != nil {
		if s.err == nil {
			err = t.out.end()
		}
		t.out.client.Close()
	}
	for _, reader := range t.readers {
		reader.Close()
	}
	return err
}

// A topicReader reads a topic up to its end mark.
type topicReader struct {
	client  *kgo.Client
	records []*kgo.Record
	last    int64
}

func (r *topicReader) next() ([]byte, error) {
	for len(r.records) == 0 {
		fetches := r.client.PollFetches(context.Background())
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		r.records = fetches.Records()
	}
	record := r.records[0]
	if bytes.Equal(record.Value, kafkatopic.EndMark) {
		return nil, nil
	}
	r.records, r.last = r.records[1:], record.Offset
	return record.Value, nil
}

func (r *topicReader) offset() int64 { return r.last }

// A topicWriter writes results, in transactions that hold the positions, too.
type topicWriter struct {
	session *session
	topics  *topics
	client  *kgo.Client
	due     time.Time
	failed  kgo.FirstErrPromise
}

func (w *topicWriter) buffer() []byte { return nil }

func (w *topicWriter) write(result []byte) error {
	w.client.Produce(context.Background(), &kgo.Record{Value: result}, w.failed.Promise())
	if w.topics.interval > 0 && time.Now().After(w.due) {
		return errors.Join(w.commit(), w.begin())
	}
	return nil
}

func (w *topicWriter) begin() error {
	w.due = time.Now().Add(w.topics.interval)
	return w.client.BeginTransaction()
}

// end writes the end mark and waits for everything.
func (w *topicWriter) end() error {
	mark := w.client.ProduceSync(context.Background(), &kgo.Record{Value: kafkatopic.EndMark})
	if w.topics.interval == 0 {
		return errors.Join(mark.FirstErr(), w.client.Flush(context.Background()), w.failed.Err())
	}
	return errors.Join(mark.FirstErr(), w.commit())
}

func (w *topicWriter) commit() error {
	ctx := context.Background()
	if err := errors.Join(w.client.Flush(ctx), w.failed.Err()); err != nil {
		return err
	}
	if err := w.commitOffsets(ctx); err != nil {
		return fmt.Errorf("commit the positions: %w", err)
	}
	return w.client.EndTransaction(ctx, kgo.TryCommit)
}

// commitOffsets makes the positions a part of the transaction, at the offsets of a group without members.
func (w *topicWriter) commitOffsets(ctx context.Context) error {
	id, epoch, err := w.client.ProducerID(ctx)
	if err != nil {
		return err
	}
	request := kmsg.NewPtrTxnOffsetCommitRequest()
	request.TransactionalID, request.Group = w.topics.at.out, w.topics.at.out
	request.ProducerID, request.ProducerEpoch, request.Generation = id, epoch, -1
	for topic, at := range w.positions() {
		partition := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		partition.Offset, partition.Metadata = slices.Min(at), kmsg.StringPtr(strings.Trim(fmt.Sprint(at), "[]"))
		t := kmsg.NewTxnOffsetCommitRequestTopic()
		t.Topic, t.Partitions = topic, append(t.Partitions, partition)
		request.Topics = append(request.Topics, t)
	}
	response, err := request.RequestWith(ctx, w.client)
	if err != nil {
		return err
	}
	for _, topic := range response.Topics {
		for _, partition := range topic.Partitions {
			err = errors.Join(err, kerr.ErrorForCode(partition.ErrorCode))
		}
	}
	return err
}

// positions returns where each use of each topic goes on.
func (w *topicWriter) positions() map[string][]int64 {
	positions := map[string][]int64{}
	for i, at := range w.session.resume() {
		topic := w.topics.names[i]
		positions[topic] = append(positions[topic], at)
	}
	return positions
}
