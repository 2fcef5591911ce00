package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// headSize is how many elements of each stream, and each partition of it, Check reads.
const headSize = 1000

// head is the head of a stream's partition.
type head struct {
	elements  []any
	positions []broker.Position
	whole     bool
	// unread says that the stream wasn't read, so that nothing follows from its elements.
	unread bool
}

// readHeads reads the heads of all partitions of all streams.
func (p *Pipeline) readHeads(ctx context.Context, options Options, report *Report) (heads map[*node][]*head, err error) {
	if p.ReadsKafka() {
		heads, err = p.topicHeads(ctx, report)
	} else {
		heads, err = p.fileHeads(ctx, options, report)
	}
	if err != nil {
		return nil, err
	}
	for _, n := range p.master.all() {
		report.Streams = append(report.Streams, n.streamReport(heads[n]))
	}
	return heads, nil
}

func (n *node) streamReport(heads []*head) StreamReport {
	s := StreamReport{Name: n.name, Whole: true}
	for _, h := range heads {
		s.Read += len(h.elements)
		s.Whole = s.Whole && h.whole
		if h.unread {
			s.Note = "not read: it can be read once only"
		}
	}
	if n.site.topic {
		s.Topic, s.Partitions = n.site.name, len(heads)
	} else {
		s.File = n.site.name
	}
	return s
}

func (p *Pipeline) fileHeads(ctx context.Context, options Options, report *Report) (_ map[*node][]*head, err error) {
	spec := p.spec(p.layout(nil), options)
	job := &broker.Job{Name: spec.Name, Logger: spec.Logger}
	heads := map[*node][]*head{}
	var read []*node
	for _, n := range p.master.all() {
		heads[n] = []*head{{unread: true}}
		if !readOnce(n.site.name) {
			read = append(read, n)
			job.Inputs = append(job.Inputs, stream(n.site.name, n.name, n.codec))
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
		h, err := report.readHead(ctx, reader, job.Inputs[i])
		if err = errors.Join(err, reader.Close()); err != nil {
			return nil, err
		}
		heads[n] = []*head{h}
	}
	return heads, nil
}

// readOnce reports whether a path is standard input, a pipe or a device.
func readOnce(path string) bool {
	if path == standard {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// readHead reads the head of one file, up to the first element that can't be read or decoded.
func (r *Report) readHead(ctx context.Context, reader broker.Reader, stream broker.Stream) (*head, error) {
	h := &head{}
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return nil, err
	}
	for len(h.elements) < headSize {
		records, err := reader.Read(ctx)
		switch {
		case errors.Is(err, io.EOF):
			h.whole = true
			return h, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			r.Problems = append(r.Problems, err.Error())
			return h, nil
		}
		if !r.decode(h, records[:min(len(records), headSize-len(h.elements))], decode, stream.Name, 0) {
			return h, nil
		}
	}
	return h, nil
}

// decode appends elements to a head, up to the first that can't be decoded, which is a problem.
func (r *Report) decode(h *head, records []broker.Record, decode codec.Decode, stream string, partition int) bool {
	for i := range records {
		element := &object{}
		if err := decode(records[i].Value, element); err != nil {
			r.Problems = append(r.Problems, records[i].DecodeError(stream, partition, err).Error())
			return false
		}
		h.elements = append(h.elements, element)
		h.positions = append(h.positions, records[i].At(stream, partition))
	}
	return true
}

func (p *Pipeline) topicHeads(ctx context.Context, report *Report) (map[*node][]*head, error) {
	cluster, err := p.cluster()
	if err != nil {
		return nil, err
	}
	heads := map[*node][]*head{}
	for _, n := range p.master.all() {
		partitions, err := cluster.Heads(ctx, n.site.name, nil, headSize)
		if err != nil {
			return nil, err
		}
		decode, err := n.codec.Decoder(nil)
		if err != nil {
			return nil, err
		}
		for i, partition := range partitions {
			h := &head{}
			h.whole = report.decode(h, partition.Records, decode, n.site.name, i) && partition.Whole
			heads[n] = append(heads[n], h)
		}
	}
	report.comparePartitions(p.master, heads)
	return heads, nil
}

// comparePartitions finds topics with different numbers of partitions.
func (r *Report) comparePartitions(master *node, heads map[*node][]*head) {
	var counts []string
	differ := false
	for _, n := range master.all() {
		counts = append(counts, fmt.Sprintf("%q has %d", n.site.name, len(heads[n])))
		differ = differ || len(heads[n]) != len(heads[master])
	}
	if differ {
		r.Problems = append(r.Problems, "partition p of all topics is joined, so they need equal numbers of partitions, but "+
			strings.Join(counts, ", "))
	}
}
