package sample

import (
	"context"
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/topic"
)

func (all *Samples) readTopics(ctx context.Context, m *mill.Mill) error {
	cluster, err := m.Cluster()
	if err == nil {
		err = m.Bind(ctx)
	}
	if err != nil {
		return err
	}
	for _, n := range m.Master.All() {
		if all.Of[n], err = all.topic(ctx, cluster, n); err != nil {
			return err
		}
	}
	all.comparePartitions(m.Master)
	return nil
}

// topic reads samples of all partitions of one topic.
func (all *Samples) topic(ctx context.Context, cluster *topic.Cluster, n *mill.Node) ([]*Sample, error) {
	opened, err := cluster.Open(ctx, n.Stream.Name, n.Stream.Tombstones())
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	decode, err := n.Codec.Decoder(nil)
	if err != nil {
		return nil, err
	}
	samples := make([]*Sample, opened.Count())
	for partition := range samples {
		head, whole, err := all.firstRecords(ctx, opened, partition)
		if err != nil {
			return nil, err
		}
		part := Part{stream: n.Stream.Name, node: n}
		s := &Sample{Head: part, Tail: part}
		samples[partition] = s
		if s.Whole = all.decode(&s.Head, head, decode, partition, nil) && whole; s.Whole || len(s.Head.Elements) <= all.most() {
			continue
		}
		s.cut(all.size)
		tail, err := all.lastRecords(ctx, opened, partition)
		if err != nil {
			return nil, err
		}
		all.decode(&s.Tail, tail, decode, partition, nil)
	}
	return samples, nil
}

// firstRecords returns the beginning of a partition, up to an end-of-stream mark, and whether these are all.
func (all *Samples) firstRecords(
	ctx context.Context, p *topic.Partitions, partition int,
) (records []broker.Record, whole bool, err error) {
	whole = true
	start, _ := p.Bounds(partition)
	err = p.Each(ctx, partition, start, func(record broker.Record, mark bool) (bool, error) {
		if mark {
			return false, nil
		}
		records = append(records, record)
		whole = len(records) <= all.most()
		return whole, nil
	})
	return records, whole, err
}

// lastRecords returns the end of a partition: of its last session that has elements.
func (all *Samples) lastRecords(
	ctx context.Context, p *topic.Partitions, partition int,
) (records []broker.Record, err error) {
	start, end := p.Bounds(partition)
	marked := false
	err = p.Each(ctx, partition, max(start, end-2*int64(all.size)), func(record broker.Record, mark bool) (bool, error) {
		if marked && !mark {
			records, marked = nil, false
		}
		if marked = marked || mark; !mark {
			records = append(records, record)
		}
		return true, nil
	})
	return records[max(0, len(records)-all.size):], err
}

// comparePartitions finds topics with different numbers of partitions.
func (all *Samples) comparePartitions(master *mill.Node) {
	var counts []string
	differ := false
	for _, n := range master.All() {
		counts = append(counts, fmt.Sprintf("%q has %d", n.Stream.Name, len(all.Of[n])))
		differ = differ || len(all.Of[n]) != len(all.Of[master])
	}
	if differ {
		all.problem("partition p of all topics is joined, so they need equal numbers of partitions, but " +
			strings.Join(counts, ", "))
	}
}
