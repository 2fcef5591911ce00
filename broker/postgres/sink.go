package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
	"github.com/leat-go/leat/internal/wait"
)

// OpenSink implements [broker.Sink]. It checks that the outputs exist, and makes the table of positions.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if len(job.Outputs) == 0 {
		return nil, errors.New("postgres: there are no results to write: leave out leat.To; the source keeps the positions")
	}
	c, err := b.newConnector(job)
	if err != nil {
		return nil, err
	}
	var o *output
	if err := c.opening(ctx, func(s *session) error {
		o = &output{ledger: newLedger(b, job, c, func() int { return job.Partitions })}
		o.session = s
		return o.openTargets(ctx, b, job)
	}); err != nil {
		return nil, err
	}
	if !job.Looking {
		o.watch = server.NewWatch(func(ctx context.Context) error {
			return o.lookedAt(ctx, func(s *session) error { return s.run(ctx, "SELECT 1") })
		})
	}
	return o, nil
}

// openTargets looks at the outputs, and makes the table of positions.
func (o *output) openTargets(ctx context.Context, b *Broker, job *broker.Job) error {
	if o.nameErr != nil {
		return o.nameErr
	}
	if job.Looking {
		return o.ledger.open(ctx, o.session)
	}
	for _, declared := range job.Outputs {
		r, err := b.relation(declared)
		if err != nil {
			return err
		}
		t, err := o.session.openTarget(ctx, r)
		if err != nil {
			return err
		}
		o.targets = append(o.targets, t)
	}
	weaknesses, err := o.session.weaknesses(ctx)
	if err != nil {
		return o.explain(err)
	}
	for _, w := range weaknesses {
		o.connector.logger.Warn(w)
	}
	return o.ledger.open(ctx, o.session)
}

// weaknesses tells by which settings the database may lose what it has committed.
func (s *session) weaknesses(ctx context.Context) ([]string, error) {
	fsync, err := s.texts(ctx, "SELECT current_setting('fsync')")
	if err != nil || fsync[0] != "off" {
		return nil, err
	}
	return []string{"postgres: the database may lose what it has committed, and more, when its machine crashes: fsync is off; " +
		"ALTER SYSTEM SET fsync = on, and SELECT pg_reload_conf()"}, nil
}

// An output writes for one run.
type output struct {
	*ledger
	targets []*target
	// watch finds out that the server is away while nothing is written.
	watch  *server.Watch
	closed bool
}

// Check implements broker.Checker: it finds members without a column.
func (o *output) Check(stream int, _, value []byte) error { return o.targets[stream].check(value) }

// Commit implements broker.Output: one transaction, in which the positions come last, so that their rows are locked for
// a moment only.
func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	if o.closed {
		return errors.New("postgres: Commit was called after Close")
	}
	return o.ledger.commit(ctx, commits, func(ctx context.Context, s *session, c *broker.Commit) error {
		for i, t := range o.targets {
			if err := t.write(ctx, s, i, c.Results); err != nil {
				return t.explainWrite(err)
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
	o.watch.Stop()
	return o.ledger.close()
}

// Save implements broker.Saver, for a sink that keeps no positions.
func (in *input) Save(ctx context.Context, commits []broker.Commit) error {
	for {
		err := in.ledger.commit(ctx, commits, func(context.Context, *session, *broker.Commit) error { return nil })
		if !errors.Is(err, broker.ErrAborted) || ctx.Err() != nil {
			return err
		}
		in.connector.logger.Warn("saving positions was interrupted, trying again", "error", err, "pause", firstBackoff)
		if wait.For(ctx, firstBackoff) != nil {
			return fmt.Errorf("postgres: %w", ctx.Err())
		}
	}
}
