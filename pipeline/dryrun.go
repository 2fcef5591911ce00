package pipeline

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// DryRun runs the pipeline from the beginning of its streams, and hands its results to result instead of writing them:
// nothing is written, no positions are kept or looked at, and no group is joined. Its errors are those of Run, and
// result's, which isn't called by two goroutines at a time. A result is valid until it returns.
func (p *Pipeline) DryRun(ctx context.Context, options Options, result func(json []byte) error) error {
	for _, n := range p.mill.Master.All() {
		if n.Stream.Stored != nil && n.Stream.Stored.ReadOnce {
			return n.Stream.Text.Errorf("reading %s leaves a trace, so that it can't be tried without one: "+
				"run the pipeline without --dry-run", n.Name)
		}
	}
	cluster, err := p.mill.Cluster()
	if err != nil {
		return err
	}
	at := p.mill.Layout(cluster)
	for n, s := range at.Inputs {
		if s.Stored != nil && s.Stored.Queue && s.Reading.DataTimeout == 0 {
			s.Reading.DataTimeout = quiet
			at.Inputs[n] = s
		}
	}
	return p.start(ctx, at, options, func(spec *engine.Spec) {
		spec.Source = lookedSource{spec.Source}
		spec.Sink = &triedSink{streams: spec.Outputs, result: result}
	})
}

// A lookedSource is a source that is read without a trace.
type lookedSource struct{ broker.Source }

// OpenSource implements [broker.Source].
func (s lookedSource) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	job.Looking = true
	input, err := s.Source.OpenSource(ctx, job)
	job.Shared = false
	if err != nil {
		return nil, err
	}
	return lookedInput{input}, nil
}

// A lookedInput has all partitions, and claims none. What else an input may be, such as one that keeps positions, it isn't.
type lookedInput struct{ broker.Input }

// Own implements [broker.Input].
func (i lookedInput) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for partition := range i.Partitions() {
		group.Go(func() error { return task(ctx, partition) })
	}
	return group.Wait()
}

// Bytes implements [broker.Meter].
func (i lookedInput) Bytes() (read, total int64) {
	if meter, ok := i.Input.(broker.Meter); ok {
		return meter.Bytes()
	}
	return 0, 0
}

// Bounded implements [broker.Bounded].
func (i lookedInput) Bounded(node int) (ends, waits bool) {
	if bounded, ok := i.Input.(broker.Bounded); ok {
		return bounded.Bounded(node)
	}
	return false, true
}

// Warnings implements [broker.Warner].
func (i lookedInput) Warnings() []string {
	if warner, ok := i.Input.(broker.Warner); ok {
		return warner.Warnings()
	}
	return nil
}

// A triedSink writes nothing.
type triedSink struct {
	streams []broker.Stream
	result  func(json []byte) error
	mu      sync.Mutex
}

// Streams implements [broker.Sink].
func (s *triedSink) Streams() []broker.Stream { return s.streams }

// OpenSink implements [broker.Sink].
func (s *triedSink) OpenSink(context.Context, *broker.Job) (broker.Output, error) { return s, nil }

// Guarantee implements [broker.Sink].
func (s *triedSink) Guarantee() broker.Guarantee { return broker.AtEnd }

// Commit implements [broker.Output].
func (s *triedSink) Commit(_ context.Context, commits []broker.Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, commit := range commits {
		for _, result := range commit.Results {
			if result.Stream != 0 {
				continue // a letter, or what was unmatched
			}
			if err := s.result(result.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close implements [broker.Output].
func (s *triedSink) Close() error { return nil }
