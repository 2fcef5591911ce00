package lookup

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/zstd"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/topic"
)

// A source is a stream to look things up in: it is read from anywhere, without a group and without a trace.
type source interface {
	// partitions returns how many there are.
	partitions() int
	// bounds returns the first offset of a partition and the one behind its last. Where they are equal there is nothing to
	// be bisected: the stream is read from its beginning.
	bounds(partition int) (start, end int64)
	// slack is how many offsets before the key reading begins, so that disorder near it shows.
	slack() int64
	// bytes reports whether offsets are bytes of a file.
	bytes() bool
	// scan makes the source be read from the beginning from now on, and reports whether that is anything new.
	scan() bool
	// each calls visit for the records of a partition from an offset on, until it returns false or there are no more.
	each(ctx context.Context, partition int, from int64, how amount, visit visitor) error
	close()
}

// An amount is how much one wants to read.
type amount int

const (
	// whole is a slice, whose elements are shown to people.
	whole amount = iota
	// glance is an element or two.
	glance
)

// A visitor gets one record, or an end-of-stream mark, and says whether it wants the next.
type visitor func(record broker.Record, mark bool) (more bool, err error)

// openSource opens the stream of a node.
func openSource(ctx context.Context, m *mill.Mill, n *mill.Node, cluster *topic.Cluster) (source, error) {
	if n.Stream.Topic {
		opened, err := cluster.Open(ctx, n.Stream.Name, n.Stream.Tombstones())
		if err != nil {
			return nil, err
		}
		return topicSource{opened}, nil
	}
	if n.Stream.IsReadOnce() {
		return nil, n.Stream.Text.Errorf("%s can be read once only, so nothing can be looked up in it: write it to a "+
			"file first", n.Stream.Name)
	}
	if n.Stream.Stored != nil {
		return openStored(ctx, m, n)
	}
	return openFile(n)
}

// A topicSource is a Kafka topic.
type topicSource struct{ *topic.Partitions }

func (s topicSource) partitions() int                         { return s.Count() }
func (s topicSource) bounds(partition int) (start, end int64) { return s.Bounds(partition) }
func (s topicSource) slack() int64                            { return 500 }
func (s topicSource) bytes() bool                             { return false }
func (s topicSource) scan() bool                              { return false }

func (s topicSource) close() { s.Close() }

func (s topicSource) each(ctx context.Context, partition int, from int64, _ amount, visit visitor) error {
	return s.Each(ctx, partition, from, visit)
}

// A storedSource is a stream of another storage.
type storedSource struct {
	*mill.Look
	starts, ends []int64
}

func openStored(ctx context.Context, m *mill.Mill, n *mill.Node) (source, error) {
	look, err := m.Look(ctx, n)
	if err != nil {
		return nil, err
	}
	s := storedSource{Look: look}
	for partition := range look.Partitions() {
		start, end, err := look.Bounds(ctx, partition)
		if err != nil {
			return nil, errors.Join(err, look.Close())
		}
		s.starts, s.ends = append(s.starts, start), append(s.ends, end)
	}
	return s, nil
}

func (s storedSource) partitions() int { return s.Partitions() }
func (s storedSource) bounds(partition int) (start, end int64) {
	return s.starts[partition], s.ends[partition]
}
func (s storedSource) slack() int64 { return 500 }
func (s storedSource) bytes() bool  { return false }
func (s storedSource) scan() bool   { return false }

func (s storedSource) close() { _ = s.Close() } // it was only read

func (s storedSource) each(ctx context.Context, partition int, from int64, _ amount, visit visitor) error {
	return s.Each(ctx, partition, from, visit)
}

// A fileSource is a JSON file. Where that can be, it is read from any byte on.
type fileSource struct {
	node   *mill.Node
	seeker *file.Seeker // nil where it is read from its beginning
}

// scanned is how large a file may be to be read from its beginning in any case: the lines of its elements are known
// then.
const scanned = 1 << 20

func openFile(n *mill.Node) (*fileSource, error) {
	seeker, err := file.OpenSeeker(n.Declared())
	if err != nil {
		return nil, err
	}
	s := &fileSource{n, seeker}
	if seeker != nil && seeker.Size() <= scanned {
		s.scan()
	}
	return s, nil
}

func (s *fileSource) partitions() int { return 1 }
func (s *fileSource) slack() int64    { return 64 << 10 }
func (s *fileSource) bytes() bool     { return s.seeker != nil }

func (s *fileSource) bounds(int) (start, end int64) {
	if s.seeker == nil {
		return 0, 0
	}
	return 0, s.seeker.Size()
}

func (s *fileSource) scan() bool {
	if s.seeker == nil {
		return false
	}
	// It was only read.
	_ = s.seeker.Close()
	s.seeker = nil
	return true
}

func (s *fileSource) close() { s.scan() }

func (s *fileSource) each(ctx context.Context, _ int, from int64, how amount, visit visitor) error {
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
func (s *fileSource) eachOfAll(ctx context.Context, from int64, visit visitor) (err error) {
	declared := s.node.Declared()
	job := &broker.Job{Inputs: []broker.Stream{declared}, Logger: slog.New(slog.DiscardHandler)}
	input, err := file.New(zstd.Files(), file.Streams(declared)).OpenSource(ctx, job)
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
