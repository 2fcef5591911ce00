package pipeline

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/topic"
)

// A shelf is a stream to look things up in: it is read at any place, without a group and without a trace.
type shelf interface {
	// partitions returns how many there are.
	partitions() int
	// bounds returns the first offset of a partition and the one behind its last. Where they are equal there is nothing to
	// be bisected: the stream is read from its beginning.
	bounds(partition int) (start, end int64)
	// slack is how far before a key's place one begins to read, in offsets, so that disorder near it shows.
	slack() int64
	// bytes reports whether offsets are bytes of a file.
	bytes() bool
	// scan makes the shelf read from the beginning from now on, and reports whether that is anything new.
	scan() bool
	// each calls visit for the records of a partition from an offset on, until it returns false or there are no more.
	each(ctx context.Context, partition int, from int64, how extent, visit visitor) error
	close()
}

// An extent is how much one wants to read.
type extent int

const (
	// whole is a slice, whose elements are shown to people.
	whole extent = iota
	// glance is an element or two.
	glance
)

// A visitor gets one record, or an end-of-stream mark, and says whether it wants the next.
type visitor func(record broker.Record, mark bool) (more bool, err error)

// openShelf opens the stream of a node.
func openShelf(ctx context.Context, n *mill.Node, cluster *topic.Cluster) (shelf, error) {
	if n.Stream.Topic {
		opened, err := cluster.Open(ctx, n.Stream.Name, n.Stream.Tombstones())
		if err != nil {
			return nil, err
		}
		return topicShelf{opened}, nil
	}
	if n.Stream.IsReadOnce() {
		return nil, n.Stream.Text.Errorf("%s can be read once only, so nothing can be looked up in it: write it to a file first",
			n.Stream.Name)
	}
	return openFile(n)
}

// A topicShelf is a Kafka topic.
type topicShelf struct{ *topic.Partitions }

func (s topicShelf) partitions() int                         { return s.Count() }
func (s topicShelf) bounds(partition int) (start, end int64) { return s.Bounds(partition) }
func (s topicShelf) slack() int64                            { return 500 }
func (s topicShelf) bytes() bool                             { return false }
func (s topicShelf) scan() bool                              { return false }

func (s topicShelf) close() { s.Close() }

func (s topicShelf) each(ctx context.Context, partition int, from int64, _ extent, visit visitor) error {
	return s.Each(ctx, partition, from, visit)
}

// A fileShelf is a JSON file. Where that can be, it is read from any byte on.
type fileShelf struct {
	node   *mill.Node
	seeker *file.Seeker // nil where it is read from its beginning
}

// scanned is how large a file may be to be read from its beginning in any case: the places of its elements are known better so.
const scanned = 1 << 20

func openFile(n *mill.Node) (*fileShelf, error) {
	seeker, err := file.OpenSeeker(n.Declared())
	if err != nil {
		return nil, err
	}
	s := &fileShelf{n, seeker}
	if seeker != nil && seeker.Size() <= scanned {
		s.scan()
	}
	return s, nil
}

func (s *fileShelf) partitions() int { return 1 }
func (s *fileShelf) slack() int64    { return 64 << 10 }
func (s *fileShelf) bytes() bool     { return s.seeker != nil }

func (s *fileShelf) bounds(int) (start, end int64) {
	if s.seeker == nil {
		return 0, 0
	}
	return 0, s.seeker.Size()
}

func (s *fileShelf) scan() bool {
	if s.seeker == nil {
		return false
	}
	// It was only read.
	_ = s.seeker.Close()
	s.seeker = nil
	return true
}

func (s *fileShelf) close() { s.scan() }

func (s *fileShelf) each(ctx context.Context, _ int, from int64, how extent, visit visitor) error {
	if s.seeker == nil {
		return s.eachOfAll(ctx, from, visit)
	}
	expected := 4 << 10
	if how == whole {
		expected = 128 << 10
	}
	return s.seeker.Each(ctx, from, expected, func(at int64, object []byte) (_ bool, err error) {
		record := broker.Record{Offset: at, Value: object}
		if how == whole {
			if record.Line, record.Column, err = s.seeker.Line(at); err != nil {
				return false, err
			}
		}
		return visit(record, false)
	})
}

// eachOfAll reads the file from its beginning.
func (s *fileShelf) eachOfAll(ctx context.Context, from int64, visit visitor) (err error) {
	declared := s.node.Declared()
	job := &broker.Job{Inputs: []broker.Stream{declared}, Logger: slog.New(slog.DiscardHandler)}
	input, err := file.New(file.Streams(declared)).OpenSource(ctx, job)
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
