package pipeline

import (
	"context"
	"errors"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// countedRows is how many records behind a position are counted where only reading them tells.
const countedRows = 1_000_000

// lagOfStored asks a storage other than Kafka how far the pipeline has come.
func (p *Pipeline) lagOfStored(ctx context.Context, options Options) (_ *Lag, err error) {
	m := p.mill
	rewinds, err := keptRewinds(ctx, m, options.ofMill())
	if err != nil {
		return nil, err
	}
	lag := &Lag{Group: m.Name, Streams: []StreamLag{}}
	begun := false
	for i, n := range m.Master.All() {
		if n.Stream.IsReadOnce() {
			return nil, n.Stream.Text.Errorf("how much there is behind a position in the %s isn't known without reading it: "+
				"leat positions shows the position, and pg_replication_slots what the slot holds back", n.Stream.Stored.Called)
		}
		for partition, r := range rewinds[i] {
			s, err := storedLag(ctx, m, n, partition, r)
			if err != nil {
				return nil, err
			}
			begun = begun || s.Begun
			lag.Streams = append(lag.Streams, s)
		}
	}
	if !begun {
		lag.Hint = "no run of this name has committed anything"
	}
	return lag, nil
}

// keptRewinds returns where each node goes on in each partition; nil where nothing is kept.
func keptRewinds(ctx context.Context, m *mill.Mill, options *mill.Options) (rewinds [][]*broker.Rewind, err error) {
	kept, err := m.OpenKept(ctx, options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	rewinds = make([][]*broker.Rewind, len(m.Master.All()))
	for partition := range kept.Input.Partitions() {
		progress, err := kept.Progress(ctx, m, partition)
		if err != nil {
			return nil, err
		}
		for i := range rewinds {
			var r *broker.Rewind
			if len(progress.Nodes) > 0 {
				r = &progress.Nodes[i]
			}
			rewinds[i] = append(rewinds[i], r)
		}
	}
	return rewinds, nil
}

// storedLag returns how far one node has come in one partition; rewind is nil where it hasn't begun.
func storedLag(
	ctx context.Context, m *mill.Mill, n *mill.Node, partition int, rewind *broker.Rewind,
) (s StreamLag, err error) {
	s = StreamLag{Name: n.Name, Storage: n.Stream.Storage, Address: n.Stream.Stored.Called, Partition: partition}
	look, err := m.Look(ctx, n)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, look.Close()) }()
	behind := false
	if rewind != nil {
		at := streamPosition(rewind)
		if s.Begun = true; at.Kept != "" {
			s.At = at.where()
		}
		resumed, err := look.Resume(ctx, partition, *rewind)
		if err != nil {
			return s, err
		}
		s.Position, behind = resumed.Offset, resumed.Behind
	}
	s.End = s.Position
	err = look.Each(ctx, partition, s.Position, func(record broker.Record, mark bool) (bool, error) {
		if behind && record.Offset == s.Position {
			return true, nil // it was dealt with
		}
		s.End = record.Offset + 1
		s.Behind++
		if s.Key == nil && !mark {
			s.Key = keyOf(n, record.Value)
		}
		s.AtLeast = s.Behind >= countedRows
		return !s.AtLeast, nil
	})
	return s, err
}
