package pipeline

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/jsonfile"
	"github.com/leat-go/leat/pipeline/topic"
)

// A shelf is a stream to look things up in: it is read at any place, without a group and without a trace.
type shelf interface {
	// partitions returns how many there are.
	partitions() int
	// bounds returns the first offset of a partition and the one behind its last. Where they are equal there is nothing to
	// be bisected: a file is read from its beginning.
	bounds(partition int) (start, end int64)
	// each calls visit for the records of a partition from an offset on, until it returns false or there are no more.
	each(ctx context.Context, partition int, from int64, visit visitor) error
	close()
}

// A visitor gets one record, or an end-of-stream mark, and says whether it wants the next.
type visitor func(record broker.Record, mark bool) (more bool, err error)

// openShelf opens the stream of a node.
func (p *Pipeline) openShelf(ctx context.Context, n *node, cluster *topic.Cluster) (shelf, error) {
	if n.site.topic {
		opened, err := cluster.Open(ctx, n.site.name)
		if err != nil {
			return nil, err
		}
		return topicShelf{opened}, nil
	}
	if readOnce(n.site.name) {
		return nil, n.site.text.errorf("%s can be read once only, so nothing can be looked up in it: write it to a file first",
			n.site.name)
	}
	return fileShelf{n}, nil
}

// A topicShelf is a Kafka topic.
type topicShelf struct{ *topic.Partitions }

func (s topicShelf) partitions() int                         { return s.Count() }
func (s topicShelf) bounds(partition int) (start, end int64) { return s.Bounds(partition) }
func (s topicShelf) close()                                  { s.Close() }

func (s topicShelf) each(ctx context.Context, partition int, from int64, visit visitor) error {
	return s.Each(ctx, partition, from, visit)
}

// A fileShelf is a JSON file.
type fileShelf struct{ node *node }

func (s fileShelf) partitions() int               { return 1 }
func (s fileShelf) bounds(int) (start, end int64) { return 0, 0 }
func (s fileShelf) close()                        {}

func (s fileShelf) each(ctx context.Context, _ int, from int64, visit visitor) (err error) {
	declared := stream(s.node.site, s.node.name, s.node.codec)
	job := &broker.Job{Inputs: []broker.Stream{declared}, Logger: slog.New(slog.DiscardHandler)}
	input, err := jsonfile.New(jsonfile.Streams(declared)).OpenSource(ctx, job)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	reader, err := input.Reader(ctx, 0, 0, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		records, err := reader.Read(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range records {
			if more, err := visit(records[i], false); err != nil || !more {
				return err
			}
		}
	}
}
