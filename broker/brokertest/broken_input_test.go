package brokertest

import (
	"context"
	"errors"
	"sync"

	"github.com/leat-go/leat/broker"
)

type task = func(ctx context.Context, partition int) error

// A bentOwner replaces Own.
type bentOwner struct {
	broker.Input
	own func(ctx context.Context, inner broker.Input, t task) error
}

func (in *bentOwner) Own(ctx context.Context, t task) error { return in.own(ctx, in.Input, t) }

func ownBend(own func(ctx context.Context, inner broker.Input, t task) error) bend {
	return bend{input: func(inner broker.Input) broker.Input { return &bentOwner{inner, own} }}
}

func brokenInputs() []broken {
	return append(brokenOwners(), []broken{
		{"a wrong number of partitions", "Read/OrderAndMarks", "Input.Partitions returns 4",
			bend{input: func(inner broker.Input) broker.Input { return wrongCount{inner} }}},
		{"every reader starts at the beginning", "Read/FromEveryOffset", "offsets grow",
			bend{input: func(inner broker.Input) broker.Input { return fromStart{inner} }}},
		{"all nodes share one reader", "Read/NodesAreIndependent", "nodes are read independently",
			bend{input: func(inner broker.Input) broker.Input { return &oneReader{Input: inner} }}},
		{"opened once only", "Read/SecondRun", "already open",
			bend{source: func(inner broker.Source) broker.Source { return &openOnce{Source: inner} }}},
		{"Close closes the other run", "Read/RunsSideBySide", "doesn't touch another", brokenClose()},
		{"unequal partitions accepted", "Open/UnequalPartitions", "it must refuse them",
			bend{source: func(inner broker.Source) broker.Source { return anyCount{inner} }}},
		{"unequal partitions not counted", "Open/UnequalPartitions", "doesn't name the count 3",
			bend{source: func(inner broker.Source) broker.Source { return noCount{inner} }}},
		{"saved progress is forgotten", "Progress/Saver", "Save replaces the progress",
			bend{input: func(inner broker.Input) broker.Input { return forgetful{inner} }}},
	}...)
}

func brokenOwners() []broken {
	return []broken{
		{"tasks one after the other", "Own/EveryPartitionOnce", "side by side",
			ownBend(func(ctx context.Context, inner broker.Input, t task) error {
				for p := range inner.Partitions() {
					if err := t(ctx, p); err != nil {
						return err
					}
				}
				return nil
			})},
		{"a task twice", "Own/EveryPartitionOnce", "each of [0 1 2] once",
			ownBend(func(ctx context.Context, inner broker.Input, t task) error {
				return errors.Join(inner.Own(ctx, t), t(ctx, 1))
			})},
		{"every reader reads partition 0", "Own/ReadsSideBySide", "reading all partitions",
			bend{input: func(inner broker.Input) broker.Input { return onePartition{inner} }}},
		{"Own loses the error", "Own/FirstErrorEndsTheRest", "the first error of a task",
			ownBend(func(ctx context.Context, inner broker.Input, t task) error {
				_ = inner.Own(ctx, t)
				return nil
			})},
		{"an error leaves the other tasks alone", "Own/FirstErrorEndsTheRest", "when another task has failed",
			ownBend(func(ctx context.Context, inner broker.Input, t task) error {
				var wait sync.WaitGroup
				errs := make([]error, inner.Partitions())
				for p := range errs {
					wait.Go(func() { errs[p] = t(ctx, p) })
				}
				wait.Wait()
				return errors.Join(errs...)
			})},
		{"one end ends all", "Own/OneEndLeavesTheRest", "the others go on",
			ownBend(func(ctx context.Context, inner broker.Input, t task) error {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				return inner.Own(ctx, func(ctx context.Context, p int) error {
					defer cancel()
					return t(ctx, p)
				})
			})},
		{"Own ignores its context", "Own/IsCancelled", "when the context given to Own has ended",
			ownBend(func(ctx context.Context, inner broker.Input, t task) error {
				return inner.Own(context.WithoutCancel(ctx), t)
			})},
		{"Own hides that it was cancelled", "Own/IsCancelled", "the context's error",
			ownBend(func(ctx context.Context, inner broker.Input, t task) error {
				err := inner.Own(ctx, t)
				if ctx.Err() != nil {
					return nil
				}
				return err
			})},
		{"Own doesn't wait for its tasks", "Own/IsCancelled", "still running",
			ownBend(func(ctx context.Context, inner broker.Input, t task) error {
				go func() { _ = inner.Own(ctx, t) }()
				<-ctx.Done()
				return ctx.Err()
			})},
	}
}

type wrongCount struct{ broker.Input }

func (w wrongCount) Partitions() int { return w.Input.Partitions() + 1 }

type fromStart struct{ broker.Input }

func (f fromStart) Reader(ctx context.Context, node, partition int, _ int64) (broker.Reader, error) {
	return f.Input.Reader(ctx, node, partition, 0)
}

type onePartition struct{ broker.Input }

func (o onePartition) Reader(ctx context.Context, node, _ int, from int64) (broker.Reader, error) {
	return o.Input.Reader(ctx, node, 0, from)
}

type oneReader struct {
	broker.Input
	reader broker.Reader
}

func (o *oneReader) Reader(ctx context.Context, node, partition int, from int64) (r broker.Reader, err error) {
	if o.reader == nil {
		o.reader, err = o.Input.Reader(ctx, node, partition, from)
	}
	return o.reader, err
}

type openOnce struct {
	broker.Source
	opened bool
}

func (o *openOnce) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if o.opened {
		return nil, errors.New("already open")
	}
	o.opened = true
	return o.Source.OpenSource(ctx, job)
}

// brokenClose closes what all runs share.
func brokenClose() bend {
	closed := new(bool)
	return bend{input: func(inner broker.Input) broker.Input { return &sharedClose{inner, closed} }}
}

type sharedClose struct {
	broker.Input
	closed *bool
}

func (s *sharedClose) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if *s.closed {
		return nil, errors.New("closed")
	}
	return s.Input.Reader(ctx, node, partition, from)
}

func (s *sharedClose) Close() error {
	*s.closed = true
	return s.Input.Close()
}

type anyCount struct{ broker.Source }

func (a anyCount) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	first := *job
	first.Inputs = first.Inputs[:1]
	return a.Source.OpenSource(ctx, &first)
}

type noCount struct{ broker.Source }

func (n noCount) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if _, err := n.Source.OpenSource(ctx, job); err != nil {
		return nil, errors.New("can't join that")
	}
	return nil, errors.New("unexpected")
}

type forgetful struct{ broker.Input }

func (forgetful) Progress(context.Context, int) (broker.Progress, error) {
	return broker.Progress{}, nil
}
func (forgetful) Save(context.Context, []broker.Commit) error { return nil }
