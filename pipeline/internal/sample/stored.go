package sample

import (
	"context"
	"errors"
	"log/slog"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// readStored reads samples of streams that lie in another storage.
func (all *Samples) readStored(ctx context.Context, m *mill.Mill, logger *slog.Logger) error {
	for _, n := range m.Master.All() {
		if n.Stream.IsReadOnce() {
			all.Of[n] = []*Sample{{Unread: true}}
			if err := all.unread(ctx, m, n, logger); err != nil {
				return err
			}
			continue
		}
		if err := all.stored(ctx, m, n, logger); err != nil {
			return err
		}
	}
	return nil
}

// unread finds out whether a run could read a stream that can be read once only, without reading it.
func (all *Samples) unread(ctx context.Context, m *mill.Mill, n *mill.Node, logger *slog.Logger) error {
	look, err := m.Look(ctx, n, logger)
	if err != nil {
		return err
	}
	// What there is to advise of such a stream is what a run would be refused.
	refused, err := look.Advise(ctx)
	for _, why := range refused {
		all.problem(look.Locate(errors.New(why)).Error())
	}
	return errors.Join(look.Locate(err), look.Close())
}

// stored reads samples of all partitions of one stream.
func (all *Samples) stored(ctx context.Context, m *mill.Mill, n *mill.Node, logger *slog.Logger) (err error) {
	look, err := m.Look(ctx, n, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, look.Close()) }()
	// An advice that isn't to be had is no reason not to check.
	advice, _ := look.Advise(ctx)
	all.Advice = append(all.Advice, advice...)
	decode, err := n.Codec.Decoder(nil)
	if err != nil {
		return err
	}
	for partition := range look.Partitions() {
		head, whole, err := all.headOf(ctx, look, partition)
		if _, damaged := errors.AsType[*broker.PositionError](err); damaged && ctx.Err() == nil {
			all.problem(err.Error())
		} else if err != nil {
			return look.Locate(err)
		}
		part := Part{stream: n.Stream.Name, node: n}
		s := &Sample{Head: part, Tail: part}
		all.Of[n] = append(all.Of[n], s)
		s.Whole = all.decode(&s.Head, head, decode, partition, look.At) && whole
		if s.Whole || len(s.Head.Elements) <= all.most() {
			continue
		}
		s.cut(all.size)
		tail, err := look.Last(ctx, partition, all.size)
		if err != nil {
			return look.Locate(err)
		}
		all.decode(&s.Tail, tail, decode, partition, look.At)
	}
	return nil
}

// headOf returns the beginning of a partition, up to an end-of-stream mark, and whether these are all.
func (all *Samples) headOf(
	ctx context.Context, look *mill.Look, partition int,
) (records []broker.Record, whole bool, err error) {
	whole = true
	err = look.Each(ctx, partition, mill.Place{}, func(record broker.Record, mark bool) (bool, error) {
		if mark {
			return false, nil
		}
		records = append(records, record)
		whole = len(records) <= all.most()
		return whole, nil
	})
	return records, whole && err == nil, err
}
