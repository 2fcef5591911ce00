package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/codec"
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

// readSamples reads samples of all partitions of all streams.
func (p *Pipeline) readSamples(
	ctx context.Context, options Options, report *Report,
) (samples map[*node][]*sample, err error) {
	if p.ReadsKafka() {
		samples, err = p.topicSamples(ctx, report)
	} else {
		samples, err = p.fileSamples(ctx, options, report)
	}
	if err != nil {
		return nil, err
	}
	for _, n := range p.master.all() {
		report.Streams = append(report.Streams, n.streamReport(samples[n]))
	}
	return samples, nil
}

func (n *node) streamReport(samples []*sample) StreamReport {
	r := StreamReport{Name: n.name, Whole: true}
	for _, s := range samples {
		r.Read += len(s.head.elements)
		r.Tail += len(s.tail.elements)
		r.Whole = r.Whole && s.whole
		r.Repeated = cmp.Or(r.Repeated, s.head.repetition(), s.tail.repetition())
		if s.unread {
			r.Note = "not read: it can be read once only"
		}
	}
	if n.site.topic {
		r.Topic, r.Partitions = n.site.name, len(samples)
	} else {
		r.File = n.site.name
	}
	return r
}

func (p *Pipeline) fileSamples(ctx context.Context, options Options, report *Report) (_ map[*node][]*sample, err error) {
	spec := p.spec(p.layout(nil), options)
	job := &broker.Job{Name: spec.Name, Logger: spec.Logger}
	samples := map[*node][]*sample{}
	var read []*node
	for _, n := range p.master.all() {
		samples[n] = []*sample{{unread: true}}
		if !readOnce(n.site.name) {
			read = append(read, n)
			job.Inputs = append(job.Inputs, stream(n.site, n.name, n.codec))
		}
	}
	input, err := spec.Source.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	for i, n := range read {
		reader, err := input.Reader(ctx, i, 0, 0)
		if err != nil {
			return nil, err
		}
		s, err := report.readHead(ctx, reader, job.Inputs[i])
		if err = errors.Join(err, reader.Close()); err != nil {
			return nil, err
		}
		if err := report.readTail(s, job.Inputs[i]); err != nil {
			return nil, err
		}
		samples[n] = []*sample{s}
	}
	return samples, nil
}

// readOnce reports whether a path is standard input, a pipe or a device.
func readOnce(path string) bool {
	if path == standard {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// readHead reads the beginning of one file, up to the first element that can't be read or decoded. A file of up to twice
// the size of a sample is read as a whole, so that beginning and end never overlap.
func (r *Report) readHead(ctx context.Context, reader broker.Reader, stream broker.Stream) (*sample, error) {
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
			r.Problems = append(r.Problems, err.Error())
			return s, nil
		}
		if !r.decode(&s.head, records, decode, 0) {
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
func (r *Report) readTail(s *sample, stream broker.Stream) (err error) {
	if s.whole || len(s.head.elements) < sampleSize {
		return nil // it is damaged in the head
	}
	objects, err := file.Tail(stream.Name, sampleSize)
	if isDamage(err) {
		r.Problems = append(r.Problems, err.Error())
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
			r.Problems = append(r.Problems, (&broker.PositionError{Position: at, Err: err}).Error())
			s.tail.elements, s.tail.positions = nil, nil
			continue
		}
		s.tail.add(element, o.Text)
		s.tail.positions = append(s.tail.positions, at)
	}
	return nil
}

// decode appends elements to a part, up to the first that can't be decoded, which is a problem.
func (r *Report) decode(p *part, records []broker.Record, decode codec.Decode, partition int) bool {
	for i := range records {
		element := &object.Object{}
		if err := decode(records[i].Value, element); err != nil {
			r.Problems = append(r.Problems, records[i].DecodeError(p.stream, partition, err).Error())
			return false
		}
		p.positions = append(p.positions, records[i].At(p.stream, partition))
		p.add(element, records[i].Value)
	}
	return true
}

func (p *Pipeline) topicSamples(ctx context.Context, report *Report) (map[*node][]*sample, error) {
	cluster, err := p.cluster()
	if err != nil {
		return nil, err
	}
	samples := map[*node][]*sample{}
	for _, n := range p.master.all() {
		if samples[n], err = report.topicSample(ctx, cluster, n); err != nil {
			return nil, err
		}
	}
	report.comparePartitions(p.master, samples)
	return samples, nil
}

// topicSample reads samples of all partitions of one topic.
func (r *Report) topicSample(ctx context.Context, cluster *topic.Cluster, n *node) ([]*sample, error) {
	opened, err := cluster.Open(ctx, n.site.name, n.site.reading.ofTombstones())
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	decode, err := n.codec.Decoder(nil)
	if err != nil {
		return nil, err
	}
	samples := make([]*sample, opened.Count())
	for partition := range samples {
		head, whole, err := firstRecords(ctx, opened, partition)
		if err != nil {
			return nil, err
		}
		s := &sample{head: part{stream: n.site.name}, tail: part{stream: n.site.name}}
		samples[partition] = s
		if s.whole = r.decode(&s.head, head, decode, partition) && whole; s.whole || len(s.head.elements) <= 2*sampleSize {
			continue
		}
		s.cut()
		tail, err := lastRecords(ctx, opened, partition)
		if err != nil {
			return nil, err
		}
		r.decode(&s.tail, tail, decode, partition)
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
func (r *Report) comparePartitions(master *node, samples map[*node][]*sample) {
	var counts []string
	differ := false
	for _, n := range master.all() {
		counts = append(counts, fmt.Sprintf("%q has %d", n.site.name, len(samples[n])))
		differ = differ || len(samples[n]) != len(samples[master])
	}
	if differ {
		r.Problems = append(r.Problems, "partition p of all topics is joined, so they need equal numbers of partitions, but "+
			strings.Join(counts, ", "))
	}
}
