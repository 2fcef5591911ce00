package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
)

// An output is a run as its job's sink sees it.
type output struct {
	broker *Broker
	*run
	// watch finds out that Kafka is away while nothing is written, where another storage is read; nil elsewhere.
	watch  *server.Watch
	closed bool
}

// newWatch returns a watch; what it finds out is told where the client's connections are looked at.
func newWatch(r *run) *server.Watch {
	return server.NewWatch(func(ctx context.Context) error {
		short, cancel := context.WithTimeout(ctx, reachTimeout)
		defer cancel()
		_ = r.client.Ping(short)
		return ctx.Err()
	})
}

// Pace implements broker.Pacer.
func (o *output) Pace() broker.Pace { return o.settings.pace }

// Check implements broker.Checker.
func (o *output) Check(stream int, key, value []byte) error {
	return o.outputs.check(stream, key, value)
}

// Commit implements broker.Output.
func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	if o.closed {
		return errors.New("kafka: Commit was called after Close")
	}
	for _, c := range commits {
		for _, r := range c.Results {
			if r.Stream < 0 || r.Stream >= len(o.job.Outputs) {
				return fmt.Errorf("kafka: a result is for output %d, but the job has %d", r.Stream, len(o.job.Outputs))
			}
		}
	}
	if err := o.outputs.checkAge(commits); err != nil {
		return err
	}
	return o.transactions.commit(ctx, commits)
}

// Close implements broker.Output.
func (o *output) Close() error {
	if !o.closed {
		o.closed = true
		o.watch.Stop()
		o.broker.leave(o.job, o.run)
	}
	return nil
}
