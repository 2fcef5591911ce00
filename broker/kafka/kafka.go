// Package kafka is the broker for streams that are Kafka topics: exactly once, over all partitions, by any number of
// instances.
//
//	kafka.New([]string{"localhost:9092"},
//		kafka.Topic[Location]("robot-locations"),
//		kafka.Topic[NextLocation]("robot-locations"),
//		kafka.Topic[Speed]("robot-speed"),
//		kafka.Group("robot-speed"),
//	)
//
// # Partitions and instances
//
// Partition p of all input topics makes one task. Its results go to partition p of the output topics. They have the
// key and the time of their master record, unless [Key] or [Time] gives them another. So all input topics need equal
// partition counts, and the outputs have the same. Missing output topics are created.
//
// Start more processes with the same [Group], and they share the partitions. Partition p of all topics always goes to
// the same process, and a rebalance moves no more partitions than it must.
//
// Partitions that are added to the topics while a run is on are noticed within [MetadataAge]. The run reads them from
// their beginning, once all inputs and outputs have them. Until then, the log says which topics don't. [GrowOutputs]
// adds them to the outputs. Where the results go to another storage, the next run reads them.
//
// # Exactly once
//
// Every 100 milliseconds (leat.CommitEvery), and sooner while there is little to do, one transaction is committed. It
// holds the results of all partitions of the instance, their end-of-stream marks, and the positions to go on from. A
// read_committed consumer sees each result exactly once, whatever is killed and whenever. Aborted transactions,
// rebalances, restarts of Kafka and lost connections are logged and retried. Where a partition was lost meanwhile,
// its task starts again from the committed positions.
//
// Positions are the group's committed offsets. For each topic and partition that is the smallest offset that one of
// the topic's nodes needs again. So the usual tools show the lag, and can reset the group while nothing runs. The
// offset's metadata holds each node's own position, the topic's id and a check sum. Kafka limits the metadata to
// 4,096 bytes, enough for some fifty nodes of one topic. A run refuses positions in a topic that was deleted and
// recreated, and positions whose offset somebody has moved without dropping the metadata.
//
// # The end of a stream
//
// An end-of-stream mark is a record whose value is a JSON object with a member "eos__" that is true: {"eos__": true}.
// Services written with the Python package watermill understand it, and write it. In a compacted output, each mark
// has a key of its own.
//
// # Settings of the output topics
//
// Batches are as large as an output's max.message.bytes allows. A result that is larger, before it is compressed, is
// an error of its call. Results have the time of their master's record, so they may be older than an output keeps
// records. Where the output keeps records for a shorter time than the inputs, the run ends before it writes such a
// result. A compacted output takes only results with a key.
//
// # Rights
//
// The client needs
//
//   - READ on the group and on the input topics,
//   - WRITE on the output topics,
//   - WRITE on the transactional id, which is the group's name, a hyphen and the instance's name,
//   - CREATE for output topics that don't exist,
//   - ALTER on the output topics for [GrowOutputs].
//
// With DESCRIBE_CONFIGS on the topics, a run knows their settings. Without it, a run takes them to be Kafka's
// defaults, and what differs shows when Kafka refuses a result.
package kafka

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/elements"
)

// A Broker reads and writes streams that are Kafka topics. Make one with [New]. It is a [broker.Source] and a
// [broker.Sink], connects to Kafka when a run opens it, and is safe for concurrent use.
//
// Where the source of a mill is another storage, its positions are kept with the results, at the group's offsets of the
// first output topic. Where the sink is another storage that keeps none, its positions are kept in the group.
type Broker struct {
	settings settings

	mu sync.Mutex
	// runs holds what the source and the sink of each job share.
	runs map[*broker.Job]*run
}

// An Option is an argument of [New].
type Option func(*Broker)

// A TopicOption is an option of one topic, see [Topic].
type TopicOption func(*broker.Stream)

// New returns a broker for the Kafka cluster that can be reached at any of the addresses given, each "host:port" or
// "host". It reads and writes the topics that [Topic] and [Streams] declare. It doesn't connect yet.
//
// Of an option that is given twice, the last one counts. New panics where an option is nil, and where two options
// contradict each other, as [Plain] and [ScramSHA512] do; the message names both.
func New(addresses []string, options ...Option) *Broker {
	b := &Broker{settings: defaults(), runs: map[*broker.Job]*run{}}
	b.settings.addresses = slices.Clone(addresses)
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("kafka.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	if problem := b.settings.contradiction(); problem != "" {
		panic("kafka.New: " + problem)
	}
	return b
}

// Topic declares a topic as a stream of elements of type T, or of *T, which is the same. The mill says which way the
// stream flows: what its function takes is read, and what it returns is written. A topic may be declared several
// times, with an element type each. Topic panics where an option is nil.
func Topic[T any](name string, options ...TopicOption) Option {
	stream := broker.NewStream[T](name)
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("kafka.Topic(%q): option %d is nil; leave it out", name, i+1))
		}
		option(&stream)
	}
	return Streams(stream)
}

// Streams declares streams that were made elsewhere; their names are topics.
func Streams(streams ...broker.Stream) Option {
	return func(b *Broker) { b.settings.streams = append(b.settings.streams, streams...) }
}

// Named tells several topics of one element type apart; the join carries the same name.
func Named(name string) TopicOption {
	return func(s *broker.Stream) { s.As = name }
}

// Tombstones makes elements of records without a value. Their fields are those of the record's key where that is a
// JSON object, and zero otherwise. Without this option such records are passed over, and counted.
func Tombstones() TopicOption { return (*broker.Stream).TakeTombstones }

// Codec sets the codec of a topic's values, in place of [codec.JSON]. It panics where c is nil.
func Codec(c codec.Codec) TopicOption {
	if c == nil {
		panic("kafka.Codec: the codec is nil; leave the option out for codec.JSON")
	}
	return func(s *broker.Stream) { s.Codec = c }
}

// MaxElement sets how many bytes a record's value may have where the topic is read, in place of
// [broker.DefaultMaxElement]. A larger value can't be decoded. The run ends at a batch of records that decompresses
// to more than four times the greatest MaxElement of all topics. MaxElement panics where bytes isn't above zero.
func MaxElement(bytes int) TopicOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("kafka.MaxElement(%d): an element has at least one byte", bytes))
	}
	return func(s *broker.Stream) { s.MaxElement = bytes }
}

// Key sets the function that gives each result its record key. Without it, results have the key of their master
// record. The partition is that of the task either way. Key panics where the function is nil, and where T isn't the
// topic's element type or a pointer to it.
func Key[T any](key func(T) []byte) TopicOption {
	if key == nil {
		panic("kafka.Key: the function is nil; leave the option out for the keys of the master records")
	}
	return func(s *broker.Stream) {
		checkElement[T](s, "Key")
		from := elements.From[T]()
		s.Key = func(element any) []byte { return key(from(element)) }
	}
}

// Time sets the function that gives each result its record time. Without it, results have the time of their master record.
// Time panics where the function is nil, and where T isn't the topic's element type or a pointer to it.
func Time[T any](at func(T) time.Time) TopicOption {
	if at == nil {
		panic("kafka.Time: the function is nil; leave the option out for the times of the master records")
	}
	return func(s *broker.Stream) {
		checkElement[T](s, "Time")
		from := elements.From[T]()
		s.Time = func(element any) time.Time { return at(from(element)) }
	}
}

// PassHeaders gives results the headers of their master record. Without it, they have none.
func PassHeaders() TopicOption {
	return func(s *broker.Stream) { s.PassHeaders = true }
}

// Streams returns the streams that the broker was made with.
func (b *Broker) Streams() []broker.Stream { return slices.Clone(b.settings.streams) }

// Guarantee returns [broker.ExactlyOnce].
func (b *Broker) Guarantee() broker.Guarantee { return broker.ExactlyOnce }

// join returns what source and sink of a job share, and makes it for the first of them.
func (b *Broker) join(job *broker.Job, create func() (*run, error)) (*run, error) {
	b.mu.Lock()
	r := b.runs[job]
	if r != nil {
		r.users++
	}
	b.mu.Unlock()
	if r != nil {
		return r, nil
	}
	r, err := create()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r.users = 1
	b.runs[job] = r
	return r, nil
}

// leave ends the use of a run by the source or the sink of a job; the last one closes it.
func (b *Broker) leave(job *broker.Job, r *run) {
	b.mu.Lock()
	r.users--
	last := r.users == 0
	if last {
		delete(b.runs, job)
	}
	b.mu.Unlock()
	if last {
		r.close()
	}
}

// quoted lists names for an error.
func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }
