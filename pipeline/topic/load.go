package topic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/endmark"
	"github.com/leat-go/leat/pipeline/internal/objectfile"
)

// LoadOptions are the options of [Cluster.Load]. The zero value is good for use.
type LoadOptions struct {
	// Key gives each record its key; nil for records without keys.
	Key *Key
	// Partitions is the number of partitions that the topic must have, and with which it is created if it doesn't
	// exist. Zero takes the topic as it is, and creates one with one partition.
	Partitions int
	// End puts an end-of-stream mark into every partition, behind the records.
	End bool
	// Format makes records of the objects, and keys; its zero value takes objects as they are.
	Format Format
	// Records says that each object is a whole record, as [DumpOptions] has it. Key must be nil then. A record goes to the
	// partition that it says, or else to that of its key.
	Records bool
	// Cells says how a text file holds its cells; nil for as its name says.
	Cells *file.Dialect
	// Stdin is what the path "-" reads; it is needed for that path only.
	Stdin io.Reader
}

// Loaded says what was loaded.
type Loaded struct {
	Records, Partitions int
	// Created says that the topic didn't exist.
	Created bool
	// Warning says what is wrong with what was read though nothing has failed: that the file grew meanwhile, for example.
	Warning string
}

// Load appends the objects of a JSON file, as package file reads it, to a topic. Records with equal keys go to the
// same partition, the one that other Kafka clients choose. Records without keys go to all partitions in turn. Within
// a partition they have the file's order. After an error, all objects before the location that it names may have been
// loaded, or some of them.
func (c *Cluster) Load(ctx context.Context, path, topic string, options LoadOptions) (_ Loaded, err error) {
	objects, err := objectfile.Open(ctx, "load", path, options.Cells, options.Stdin)
	if err != nil {
		return Loaded{}, err
	}
	defer func() { err = errors.Join(err, objects.Close()) }()
	w, err := c.openWriter(ctx, topic, options.Partitions, true)
	if err != nil {
		return Loaded{}, err
	}
	defer w.client.Close()
	loaded := Loaded{Partitions: w.partitions, Created: w.created}
	loaded.Records, err = w.load(ctx, path, objects, options)
	loaded.Warning = objects.Warning()
	if err == nil && options.End {
		w.end(ctx)
	}
	return loaded, errors.Join(err, w.flush(ctx))
}

// End puts an end-of-stream mark into every partition of a topic, and returns how many these are.
func (c *Cluster) End(ctx context.Context, topic string) (partitions int, err error) {
	w, err := c.openWriter(ctx, topic, 0, false)
	if err != nil {
		return 0, err
	}
	defer w.client.Close()
	w.end(ctx)
	return w.partitions, w.flush(ctx)
}

// A writer appends records to a topic.
type writer struct {
	client     *kgo.Client
	topic      string
	partitions int
	created    bool
	// compacted says that the topic keeps only the last record of each key, and refuses records without one.
	compacted bool
	hash      kgo.TopicPartitioner
	// turn is the partition of the next record without a key.
	turn int

	mu     sync.Mutex
	failed error
}

// openWriter connects, and creates the topic if it doesn't exist.
func (c *Cluster) openWriter(ctx context.Context, topic string, count int, create bool) (_ *writer, err error) {
	client, err := c.connect(ctx, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			client.Close()
		}
	}()
	w := &writer{client: client, topic: topic, hash: kgo.StickyKeyPartitioner(nil).ForTopic(topic)}
	w.partitions, err = partitions(ctx, client, topic)
	if errors.Is(err, ErrMissing) && create {
		w.created, w.partitions = true, max(count, 1)
		err = w.create(ctx)
	}
	if err != nil {
		return nil, err
	}
	if count > 0 && count != w.partitions {
		return nil, fmt.Errorf("kafka: topic %q has %d partitions, not %d: leave the number out, or choose another topic",
			topic, w.partitions, count)
	}
	w.compacted = settings(ctx, client, topic).Compacted // a client that may not know it learns it by the first record
	return w, nil
}

func (w *writer) create(ctx context.Context) error {
	const brokerDefault = -1
	reply, err := kadm.NewClient(w.client).CreateTopic(ctx, int32(w.partitions), brokerDefault, nil, w.topic)
	if err == nil {
		err = reply.Err
	}
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("kafka: create topic %q: %w", w.topic, err)
	}
	return nil
}

// maker returns what makes a record of an object.
func (w *writer) maker(o LoadOptions) func(object []byte) (*kgo.Record, error) {
	key, format := o.Key.keyer(o.Format.Key), o.Format
	return func(object []byte) (record *kgo.Record, err error) {
		placed := false
		if o.Records {
			record, placed, err = format.parseWhole(object)
		} else {
			record = &kgo.Record{Value: object}
			record.Key, err = key(object)
		}
		if err != nil {
			return nil, err
		}
		switch {
		case record.Value == nil:
		case format.Value == nil:
			record.Value = oneLine(record.Value)
		default:
			if record.Value, err = format.Value(record.Value); err != nil {
				return nil, err
			}
		}
		if record.Topic = w.topic; !placed {
			record.Partition = w.partitionOf(record)
		}
		if n := int(record.Partition); n < 0 || n >= w.partitions {
			return nil, fmt.Errorf("it says partition %d, but the topic has %d: create it by --partitions N, or take the member "+
				"partition out", n, w.partitions)
		}
		return record, nil
	}
}

// load appends the objects of a file and returns how many there were.
func (w *writer) load(ctx context.Context, path string, objects broker.Reader, o LoadOptions) (records int, err error) {
	recordOf := w.maker(o)
	for {
		batch, err := objects.Read(ctx)
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if at, ok := errors.AsType[*broker.PositionError](err); ok && errors.Is(err, broker.ErrTooLarge) {
			err = fmt.Errorf("%w: a topic takes no objects of more than %d MiB",
				broker.ErrTooLarge, broker.DefaultMaxElement>>20)
			return records, &broker.PositionError{Position: at.Position, Err: err}
		}
		if err != nil {
			return records, err
		}
		for i := range batch {
			record, err := recordOf(batch[i].Value)
			if err != nil {
				return records, batch[i].DecodeError(path, 0, err)
			}
			if record.Key == nil && w.compacted {
				return records, fmt.Errorf("kafka: topic %q is compacted (cleanup.policy), so that each record needs a key: "+
					"say what it is with --key", w.topic)
			}
			if err := w.produce(ctx, record); err != nil {
				return records, err
			}
			records++
		}
	}
}

// partitionOf chooses a record's partition.
func (w *writer) partitionOf(record *kgo.Record) int32 {
	if record.Key != nil {
		return int32(w.hash.Partition(record, w.partitions))
	}
	turn := w.turn
	w.turn = (w.turn + 1) % w.partitions
	return int32(turn)
}

// produce appends a record behind those before. It returns the first error of any of them.
func (w *writer) produce(ctx context.Context, record *kgo.Record) error {
	w.client.Produce(ctx, record, func(record *kgo.Record, err error) {
		if err != nil {
			w.fail(fmt.Errorf("kafka: write to %s[%d]: %w", record.Topic, record.Partition, err))
		}
	})
	return w.failure()
}

func (w *writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		w.failed = err
	}
}

func (w *writer) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

// end puts a mark into every partition.
func (w *writer) end(ctx context.Context) {
	for p := range w.partitions {
		mark := &kgo.Record{Topic: w.topic, Partition: int32(p), Value: []byte(endmark.Value)}
		if w.compacted {
			mark.Key = endmark.Key()
		}
		if w.produce(ctx, mark) != nil {
			return // flush returns the error
		}
	}
}

// flush waits until all is written, and returns the first error.
func (w *writer) flush(ctx context.Context) error {
	if err := w.client.Flush(ctx); err != nil {
		return err
	}
	return w.failure()
}
