package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// An input is a run as its job's source sees it.
type input struct {
	saver
	broker  *Broker
	readers *readers
}

// Own implements broker.Input.
func (in *input) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	return in.run.own(ctx, task)
}

// Reader implements broker.Input.
func (in *input) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if node < 0 || node >= len(in.job.Inputs) || partition < 0 || partition >= in.Partitions() || from < 0 {
		return nil, fmt.Errorf("kafka: there is no reader of node %d, partition %d from offset %d: the job has %d nodes "+
			"and %d partitions", node, partition, from, len(in.job.Inputs), in.Partitions())
	}
	return in.readers.newReader(ctx, node, partition, from)
}

// Close implements broker.Input.
func (in *input) Close() error {
	in.readers.close()
	in.broker.leave(in.job, in.run)
	return nil
}

// A saver keeps the progress for a sink that can't.
type saver struct{ *run }

// Save implements broker.Saver.
func (s saver) Save(ctx context.Context, commits []broker.Commit) error {
	commits = slices.Clone(commits)
	for i := range commits {
		commits[i].Results, commits[i].End = nil, false // they are the sink's
	}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := s.transactions.commit(ctx, commits)
		if !errors.Is(err, broker.ErrAborted) {
			return err
		}
		s.logger.Warn("committing the positions failed, trying again", "error", err, "pause", pause)
		if wait.For(ctx, pause) != nil {
			return err
		}
	}
}
