package relation

import (
	"context"
	"errors"

	"github.com/leat-go/leat/broker"
)

// Create opens the outputs of a job. It checks that they exist, or makes them, and makes the table of positions.
func Create(ctx context.Context, job *Job) (broker.Output, error) {
	o := &output{ledger: newLedger(job, max(job.Partitions, 1))}
	if err := o.open(ctx); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	if job.Watch != nil && !job.Looking {
		o.unwatch = job.Watch(func(ctx context.Context) error {
			return o.lookedAt(ctx, func() error { return o.conn.PingContext(ctx) })
		})
	}
	return o, nil
}

// An output writes for one run.
type output struct {
	*ledger
	targets []*target
	// unwatch ends what finds out that the server is away while nothing is written; nil where nothing does.
	unwatch func()
	closed  bool
}

func (o *output) open(ctx context.Context) error {
	if len(o.job.Outputs) == 0 {
		return o.job.errorf("there are no results to write: leave out leat.To; the source keeps the positions")
	}
	return o.connected(ctx, func() error {
		if o.job.Looking {
			return nil
		}
		o.targets = nil
		for _, declared := range o.job.Outputs {
			d, err := o.job.declaration(declared)
			if err != nil {
				return err
			}
			t, err := o.openTarget(ctx, d)
			if err != nil {
				return err
			}
			o.targets = append(o.targets, t)
		}
		weaknesses, err := o.job.weaknesses(ctx, o.conn)
		for _, w := range weaknesses {
			o.job.Logger.Warn(w)
		}
		return err
	})
}

// Check implements broker.Checker: it finds members without a column.
func (o *output) Check(stream int, _, value []byte) error { return o.targets[stream].check(value) }

// Commit implements broker.Output: one transaction, in which the positions come last, so that their rows are locked for
// a moment only.
func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	if o.closed {
		return o.job.errorf("Commit was called after Close")
	}
	return o.ledger.commit(ctx, commits, func(ctx context.Context, c *broker.Commit) error {
		for i, t := range o.targets {
			if err := t.write(ctx, o.conn, i, c.Results); err != nil {
				return t.explain(err)
			}
		}
		return nil
	})
}

// Pace implements broker.Pacer: a transaction holds more than a mebibyte where results come fast, since each waits for
// the disk.
func (o *output) Pace() broker.Pace {
	pace := broker.DefaultPace
	pace.Bytes = 4 << 20
	return pace
}

// Close implements broker.Output.
func (o *output) Close() error {
	o.closed = true
	if o.unwatch != nil {
		o.unwatch()
	}
	o.ledger.close()
	return o.job.Database.Close()
}
