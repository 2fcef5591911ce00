package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
	"github.com/leat-go/leat/pipeline/topic"
)

// sampleSize is how many elements at the beginning, and how many at the end, of each partition of a stream Check reads.
const sampleSize = 1000

// A part is a row of elements of one partition.
type part struct {
	elements []any
	// positions are where the elements are.
	positions []broker.Position
	stream    string
	// repeated is a member that an element has more than once, and repeatedBy the first such element.
	repeated   string
	repeatedBy int
}

// add adds an element that was decoded.
func (p *part) add(element *object.Object, raw []byte) {
	if p.repeated == "" {
		p.repeated, p.repeatedBy = rawjson.Repeated(raw), len(p.elements)
	}
	p.elements = append(p.elements, element)
}

// repetition says which member is there more than once, and where.
func (p *part) repetition() string {
	if p.repeated == "" {
		return ""
	}
	return fmt.Sprintf("%s: the member %s is there more than once; the last counts", p.where(p.repeatedBy), p.repeated)
}

// where says where an element of the part is.
func (p *part) where(i int) string { return p.positions[i].String() }

// A sample is the beginning and the end of a stream's partition.
type sample struct {
	head, tail part
	// whole says that the head is all that there is.
	whole bool
	// unread says that the stream wasn't read, so that nothing follows from its elements.
	unread bool
}

// samples are samples of all streams of a mill.
type samples struct {
	// of holds a sample of each partition, in their order.
	of map[*mill.Node][]*sample
	// problems are what would stop a run: what can't be read or decoded.
	problems []string
}

// readSamples reads samples of all partitions of all streams.
func readSamples(ctx context.Context, m *mill.Mill, options *mill.Options) (all *samples, err error) {
	all = &samples{of: map[*mill.Node][]*sample{}}
	if m.ReadsTopics() {
		return all, all.readTopics(ctx, m)
	}
	return all, all.readFiles(ctx, m, options)
}

func (all *samples) problem(text string) { all.problems = append(all.problems, text) }

func (all *samples) readFiles(ctx context.Context, m *mill.Mill, options *mill.Options) (err error) {
	spec := m.Spec(m.Layout(nil), options)
	job := &broker.Job{Name: spec.Name, Logger: spec.Logger}
	var read []*mill.Node
	for _, n := range m.Master.All() {
		all.of[n] = []*sample{{unread: true}}
		if !n.Stream.IsReadOnce() {
			read = append(read, n)
			job.Inputs = append(job.Inputs, n.Declared())
		}
	}
	input, err := spec.Source.OpenSource(ctx, job)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	for i, n := range read {
		reader, err := input.Reader(ctx, i, 0, 0)
		if err != nil {
			return err
		}
		s, err := all.readHead(ctx, reader, job.Inputs[i])
		if err = errors.Join(err, reader.Close()); err != nil {
			return err
		}
		if err := all.readTail(s, job.Inputs[i]); err != nil {
			return err
		}
		all.of[n] = []*sample{s}
	}
	return nil
}

// readHead reads the beginning of one file, up to the first element that can't be read or decoded. A file of up to twice
// the size of a sample is read as a whole, so that beginning and end never overlap.
func (all *samples) readHead(ctx context.Context, reader broker.Reader, stream broker.Stream) (*sample, error) {
	s := &sample{head: part{stream: stream.Name}}
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return nil, err
	}
	for len(s.head.elements) <= 2*sampleSize {
		records, err := reader.Read(ctx)
		switch {
		case errors.Is(err, io.EOF):
			s.whole = true
			return s, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			all.problem(err.Error())
			return s, nil
		}
		if !all.decode(&s.head, records, decode, 0) {
			return s, nil
		}
	}
	s.cut()
	return s, nil
}

// cut leaves of a head that isn't the whole what makes a sample.
func (s *sample) cut() {
	n := min(sampleSize, len(s.head.elements))
	s.head.elements, s.head.positions = s.head.elements[:n], s.head.positions[:n]
}

// readTail reads the end of a file whose head isn't the whole, if one can get there.
func (all *samples) readTail(s *sample, stream broker.Stream) (err error) {
	if s.whole || len(s.head.elements) < sampleSize {
		return nil // it is damaged in the head
	}
	objects, err := file.Tail(stream.Name, sampleSize)
	if isDamage(err) {
		all.problem(err.Error())
		return nil
	}
	if err != nil || len(objects) == 0 {
		return err
	}
	lines, err := file.OpenSeeker(stream)
	if err != nil || lines == nil {
		return err
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return err
	}
	s.tail.stream = stream.Name
	for _, o := range objects {
		element := &object.Object{}
		at := broker.Position{Stream: stream.Name, Offset: -1, Byte: o.At}
		if at.Line, at.Column, err = lines.Line(o.At); err != nil {
			return err
		}
		if err := decode(o.Text, element); err != nil {
			all.problem((&broker.PositionError{Position: at, Err: err}).Error())
			s.tail.elements, s.tail.positions = nil, nil
			continue
		}
		s.tail.add(element, o.Text)
		s.tail.positions = append(s.tail.positions, at)
	}
	return nil
}

// decode appends elements to a part, up to the first that can't be decoded, which is a problem.
func (all *samples) decode(p *part, records []broker.Record, decode codec.Decode, partition int) bool {
	for i := range records {
		element := &object.Object{}
		if err := decode(records[i].Value, element); err != nil {
			all.problem(records[i].DecodeError(p.stream, partition, err).Error())
			return false
		}
		p.positions = append(p.positions, records[i].At(p.stream, partition))
		p.add(element, records[i].Value)
	}
	return true
}

func (all *samples) readTopics(ctx context.Context, m *mill.Mill) error {
	cluster, err := m.Cluster()
	if err != nil {
		return err
	}
	for _, n := range m.Master.All() {
		if all.of[n], err = all.topic(ctx, cluster, n); err != nil {
			return err
		}
	}
	all.comparePartitions(m.Master)
	return nil
}

// topic reads samples of all partitions of one topic.
func (all *samples) topic(ctx context.Context, cluster *topic.Cluster, n *mill.Node) ([]*sample, error) {
	opened, err := cluster.Open(ctx, n.Stream.Name, n.Stream.Tombstones())
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	decode, err := n.Codec.Decoder(nil)
	if err != nil {
		return nil, err
	}
	samples := make([]*sample, opened.Count())
	for partition := range samples {
		head, whole, err := firstRecords(ctx, opened, partition)
		if err != nil {
			return nil, err
		}
		s := &sample{head: part{stream: n.Stream.Name}, tail: part{stream: n.Stream.Name}}
		samples[partition] = s
		if s.whole = all.decode(&s.head, head, decode, partition) && whole; s.whole || len(s.head.elements) <= 2*sampleSize {
			continue
		}
		s.cut()
		tail, err := lastRecords(ctx, opened, partition)
		if err != nil {
			return nil, err
		}
		all.decode(&s.tail, tail, decode, partition)
	}
	return samples, nil
}

// firstRecords returns the beginning of a partition, up to an end-of-stream mark, and whether these are all.
func firstRecords(ctx context.Context, p *topic.Partitions, partition int) (records []broker.Record, whole bool, err error) {
	whole = true
	start, _ := p.Bounds(partition)
	err = p.Each(ctx, partition, start, func(record broker.Record, mark bool) (bool, error) {
		if mark {
			return false, nil
		}
		records = append(records, record)
		whole = len(records) <= 2*sampleSize
		return whole, nil
	})
	return records, whole, err
}

// lastRecords returns the end of a partition: of its last session that has elements.
func lastRecords(ctx context.Context, p *topic.Partitions, partition int) (records []broker.Record, err error) {
	start, end := p.Bounds(partition)
	marked := false
	err = p.Each(ctx, partition, max(start, end-2*sampleSize), func(record broker.Record, mark bool) (bool, error) {
		if marked && !mark {
			records, marked = nil, false
		}
		if marked = marked || mark; !mark {
			records = append(records, record)
		}
		return true, nil
	})
	return records[max(0, len(records)-sampleSize):], err
}

// comparePartitions finds topics with different numbers of partitions.
func (all *samples) comparePartitions(master *mill.Node) {
	var counts []string
	differ := false
	for _, n := range master.All() {
		counts = append(counts, fmt.Sprintf("%q has %d", n.Stream.Name, len(all.of[n])))
		differ = differ || len(all.of[n]) != len(all.of[master])
	}
	if differ {
		all.problem("partition p of all topics is joined, so they need equal numbers of partitions, but " + strings.Join(counts, ", "))
	}
}
