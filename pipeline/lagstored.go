package pipeline

import (
	"context"
	"errors"
	"log/slog"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// countedRows is how many records behind a position are counted, by an index or by reading them.
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
		for partition, r := range rewinds[i] {
			s, err := storedLag(ctx, m, n, partition, r, options.Logger)
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
		progress, err := kept.ProgressOf(ctx, m, partition)
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
	ctx context.Context, m *mill.Mill, n *mill.Node, partition int, rewind *broker.Rewind, logger *slog.Logger,
) (s StreamLag, err error) {
	s = StreamLag{Name: n.Name, Storage: n.Stream.Storage, Address: n.Stream.Stored.Called, Partition: partition}
	look, err := m.Look(ctx, n, logger)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, look.Close()) }()
	kept := broker.Rewind{}
	if rewind != nil {
		kept, s.Begun = *rewind, true
		if at := streamPosition(rewind); at.Kept != "" {
			s.At = at.where()
		}
	}
	backlog, err := look.Backlog(ctx, partition, rewind)
	switch {
	case err != nil:
		return s, look.Locate(err)
	case backlog != nil:
		s.setBacklog(backlog)
		return s, nil
	case look.Seeker() != nil:
		return s, look.Locate(s.count(ctx, look, n, kept))
	}
	return s, look.Locate(s.measure(ctx, look, n, kept))
}

// setBacklog says how much of a storage's log there is behind a position.
func (s *StreamLag) setBacklog(b *broker.Backlog) {
	s.Behind, s.Log = -1, &LogLag{From: b.From, End: b.End, Bytes: b.Bytes, RetainedBy: b.By, RetainedBytes: b.Retained}
	if !b.Through.IsZero() {
		s.Log.Through = &b.Through
	}
}

// count counts the records of a storage that finds them by positions, without reading them: those of a table by its
// index.
func (s *StreamLag) count(ctx context.Context, look *mill.Look, n *mill.Node, kept broker.Rewind) (err error) {
	if s.Behind, err = look.Seeker().Count(ctx, 0, s.Partition, kept.Position, countedRows); err != nil {
		return err
	}
	s.AtLeast = s.Behind == countedRows
	if s.EndAt, err = look.LastValues(ctx, s.Partition); err != nil {
		return err
	}
	first := true
	err = look.Each(ctx, s.Partition, mill.Place{Position: kept.Position}, func(r broker.Record, mark bool) (bool, error) {
		if first && kept.Behind && !mark && look.Values(s.Partition, r.Offset) == mill.Values(kept.Position) {
			first = false
			s.Behind-- // it was dealt with
			return true, nil
		}
		if !mark {
			s.Key = keyOf(n, &r, s.Partition)
		}
		return mark, nil
	})
	s.End = s.Position + s.Behind
	return err
}

// measure asks a queue how many records there are from an offset on, and counts them where it doesn't tell.
func (s *StreamLag) measure(ctx context.Context, look *mill.Look, n *mill.Node, kept broker.Rewind) (err error) {
	s.Position = kept.Offset
	first, all, err := look.Remaining(ctx, s.Partition, kept.Offset)
	if err != nil {
		return err
	}
	wasDealtWith := len(first) > 0 && kept.Behind && first[0].Offset == kept.Offset
	if s.Behind = all; all < 0 {
		if err := s.read(ctx, look); err != nil {
			return err
		}
	}
	if wasDealtWith {
		first = first[1:]
		s.Behind--
	}
	if len(first) > 0 {
		s.Key = keyOf(n, &first[0], s.Partition)
	}
	s.End, err = look.End(ctx, s.Partition)
	s.End = max(s.End, s.Position+s.Behind)
	return err
}

// read counts records by reading them.
func (s *StreamLag) read(ctx context.Context, look *mill.Look) error {
	s.Behind = 0
	return look.Each(ctx, s.Partition, mill.Place{Offset: s.Position}, func(broker.Record, bool) (bool, error) {
		s.Behind++
		s.AtLeast = s.Behind >= countedRows
		return !s.AtLeast, nil
	})
}
