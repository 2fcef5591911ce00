package lookup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/avro"
	"github.com/leat-go/leat/broker/file/parquet"
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
	// seeker finds positions to bisect by; nil where that is done by offsets.
	seeker() broker.Seeker
	// isOneSession reports whether keys must grow all along a partition that is bisected. Each session of a queue may begin
	// anew.
	isOneSession() bool
	// scan makes the source be read from the beginning from now on, and reports whether that is anything new.
	scan() bool
	// each calls visit for the records of a partition from a place on, until it returns false or there are no more.
	each(ctx context.Context, partition int, from mill.Place, how amount, visit mill.Visitor) error
	// locate returns where a record lies, for people, that each has given last.
	locate(record *broker.Record, partition int) broker.Position
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

// openSource opens the stream of a node.
func openSource(
	ctx context.Context, m *mill.Mill, n *mill.Node, cluster *topic.Cluster, logger *slog.Logger,
) (source, error) {
	if n.Stream.Topic {
		opened, err := cluster.Open(ctx, n.Stream.Name, n.Stream.Tombstones())
		if err != nil {
			return nil, err
		}
		return topicSource{opened, n.Stream.Name}, nil
	}
	if n.Stream.IsReadOnce() {
		return nil, n.Stream.Text.Errorf("%s can be read once only, so nothing can be looked up in it: write it to a "+
			"file first", n.Stream.Name)
	}
	if n.Stream.Stored != nil {
		return openStored(ctx, m, n, logger)
	}
	return openFile(n)
}

// A topicSource is a Kafka topic.
type topicSource struct {
	*topic.Partitions
	name string
}

func (s topicSource) partitions() int                         { return s.Count() }
func (s topicSource) bounds(partition int) (start, end int64) { return s.Bounds(partition) }
func (s topicSource) slack() int64                            { return 500 }
func (s topicSource) seeker() broker.Seeker                   { return nil }
func (s topicSource) isOneSession() bool                      { return false }
func (s topicSource) scan() bool                              { return false }

func (s topicSource) close() { s.Close() }

func (s topicSource) each(ctx context.Context, partition int, from mill.Place, _ amount, visit mill.Visitor) error {
	return s.Each(ctx, partition, from.Offset, visit)
}

func (s topicSource) locate(record *broker.Record, partition int) broker.Position {
	return record.At(s.name, partition)
}

// A storedSource is a stream of another storage.
type storedSource struct {
	*mill.Look
	name         string
	queue        bool
	starts, ends []int64
	// scans says that it is read from the beginning although positions could be found.
	scans bool
}

func openStored(ctx context.Context, m *mill.Mill, n *mill.Node, logger *slog.Logger) (source, error) {
	look, err := m.Look(ctx, n, logger)
	if err != nil {
		return nil, err
	}
	s := &storedSource{Look: look, name: n.Stream.Name, queue: n.Stream.Stored.Queue}
	for partition := range look.Partitions() {
		start, end, err := look.Bounds(ctx, partition)
		if err != nil {
			return nil, errors.Join(err, look.Close())
		}
		s.starts, s.ends = append(s.starts, start), append(s.ends, end)
	}
	return s, nil
}

func (s *storedSource) partitions() int { return s.Partitions() }
func (s *storedSource) bounds(partition int) (start, end int64) {
	return s.starts[partition], s.ends[partition]
}
func (s *storedSource) slack() int64       { return 500 }
func (s *storedSource) isOneSession() bool { return s.seeker() != nil && !s.queue }

func (s *storedSource) seeker() broker.Seeker {
	if s.scans {
		return nil
	}
	return s.Seeker()
}

func (s *storedSource) scan() bool {
	isNew := s.isOneSession()
	s.scans = s.scans || isNew
	return isNew
}

func (s *storedSource) close() { _ = s.Close() } // it was only read

func (s *storedSource) each(ctx context.Context, partition int, from mill.Place, _ amount, visit mill.Visitor) error {
	return s.Each(ctx, partition, from, visit)
}

func (s *storedSource) locate(record *broker.Record, partition int) broker.Position {
	return s.At(record, s.name, partition)
}

// A fileSource is a JSON file. Where that can be, it is read from any byte on.
type fileSource struct {
	node *mill.Node
	file *file.Seeker // nil where it is read from its beginning
	// rows is how many rows it has, where it is a table that is read from any row on; zero otherwise.
	rows    int64
	isTable bool
}

// scanned is how large a file may be to be read from its beginning in any case: the lines of its elements are known
// then.
const scanned = 1 << 20

func openFile(n *mill.Node) (*fileSource, error) {
	declared := n.Declared()
	opened, err := file.OpenSeeker(declared)
	if err != nil {
		return nil, err
	}
	s := &fileSource{node: n, file: opened, isTable: file.IsTable(declared)}
	if s.isTable {
		s.rows, err = tableRows(n)
		return s, err
	}
	if opened != nil && (opened.Size() <= scanned || n.AsksRecords()) { // what is found by a byte has no offset
		s.scan()
	}
	return s, nil
}

func (s *fileSource) partitions() int { return 1 }

func (s *fileSource) slack() int64 {
	if s.rows > 0 {
		return 500
	}
	return 64 << 10
}

func (s *fileSource) seeker() broker.Seeker { return nil }
func (s *fileSource) isOneSession() bool    { return s.file != nil || s.rows > 0 }

// locate returns a record's byte, too, where the file isn't read from its beginning.
func (s *fileSource) locate(record *broker.Record, partition int) broker.Position {
	at := record.At(s.node.Stream.Name, partition)
	if s.isTable {
		at.At = fmt.Sprintf("row %d", at.Offset+1)
	}
	if s.file != nil {
		path, before := s.file.Name(record.Offset)
		at.Stream, at.Among = path, s.node.Stream.Several
		at.Offset, at.Byte = -1, record.Offset-before
	}
	return at
}

func (s *fileSource) bounds(int) (start, end int64) {
	if s.file == nil {
		return 0, s.rows
	}
	return 0, s.file.Size()
}

func (s *fileSource) scan() bool {
	if s.file == nil {
		isNew := s.rows > 0
		s.rows = 0
		return isNew
	}
	// It was only read.
	_ = s.file.Close()
	s.file = nil
	return true
}

func (s *fileSource) close() { s.scan() }

func (s *fileSource) each(ctx context.Context, _ int, from mill.Place, how amount, visit mill.Visitor) error {
	if s.file == nil {
		return s.eachOfAll(ctx, from.Offset, visit)
	}
	expected := 4 << 10
	if how == whole {
		expected = 128 << 10
	}
	return s.file.Each(ctx, from.Offset, expected, func(at int64, object []byte) (_ bool, err error) {
		record := broker.Record{Offset: at, Value: object}
		if how == whole {
			if record.Line, record.Column, err = s.file.Line(at); err != nil {
				return false, err
			}
		}
		return visit(record, false)
	})
}

// tableRows returns how many rows a table has.
func tableRows(n *mill.Node) (rows int64, err error) {
	declared := n.Declared()
	job := &broker.Job{Inputs: []broker.Stream{declared}, Logger: slog.New(slog.DiscardHandler)}
	input, err := newFiles(declared).OpenSource(context.Background(), job)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	reader, err := input.Reader(context.Background(), 0, 0, 0)
	if err != nil {
		return 0, err
	}
	if lagger, ok := reader.(broker.Lagger); ok {
		rows = lagger.End()
	}
	return rows, reader.Close()
}

func newFiles(stream broker.Stream) *file.Broker {
	return file.New(zstd.Files(), parquet.Files(), avro.Files(), file.Globs(), file.Following(), file.Streams(stream))
}

// eachOfAll reads the file from an element on; one that isn't a table is read to there.
func (s *fileSource) eachOfAll(ctx context.Context, from int64, visit mill.Visitor) (err error) {
	declared := s.node.Declared()
	job := &broker.Job{Inputs: []broker.Stream{declared}, Logger: slog.New(slog.DiscardHandler)}
	input, err := newFiles(declared).OpenSource(ctx, job)
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
