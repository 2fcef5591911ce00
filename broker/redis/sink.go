package redis

import (
	"context"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
)

// maxResult is how many bytes a result may have: the server takes no more in one argument by default.
const maxResult = 512<<20 - 1

// OpenSink implements [broker.Sink]. It checks that the outputs can be written, and looks at what the server keeps.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if len(job.Outputs) == 0 {
		return nil, errors.New("redis: there are no results to write: leave out leat.To; the source keeps the positions")
	}
	c, err := b.newConnector(job)
	if err != nil {
		return nil, err
	}
	o := &output{ledger: newLedger(b, job, c)}
	switch err = o.declare(b, job); {
	case err != nil:
	case job.Looking:
		// Who looks at positions next needs the server; what it refuses then is told then.
		err = o.ready(ctx, func(c *goredis.Client) error {
			if _, err := o.kept(ctx, c, 0); isLost(err) || goredis.IsAuthError(err) {
				return err
			}
			return nil
		})
	default:
		if err = o.try(ctx); err == nil {
			err = o.assess(ctx, b)
		}
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	if !job.Looking {
		o.watch = newWatch(c)
	}
	return o, nil
}

// newWatch returns a watch with a connection of its own: that of the output is one committer's.
func newWatch(c *connector) *server.Watch {
	l := c.link()
	return server.NewWatch(func(ctx context.Context) error {
		return l.patiently(ctx, "watching the server", func(c *goredis.Client) error {
			if err := c.Ping(ctx).Err(); isLost(err) {
				return err
			}
			return nil // whatever it answers, a user's right lacks, say
		})
	}, l.close)
}

// An output writes for one run.
type output struct {
	*ledger
	streams []*declared
	names   []string
	// watch finds out that the server is away while nothing is written.
	watch  *server.Watch
	closed bool
}

// declare takes the outputs over from a job.
func (o *output) declare(b *Broker, job *broker.Job) error {
	if o.nameErr != nil {
		return o.nameErr
	}
	for _, s := range job.Outputs {
		d, err := b.declared(s)
		if err != nil {
			return err
		}
		o.streams, o.names = append(o.streams, d), append(o.names, d.Name)
	}
	return nil
}

// try finds out whether the outputs could be written, by a commit of nothing, which no partition has claimed.
func (o *output) try(ctx context.Context) error {
	var answer []any
	err := o.ready(ctx, func(c *goredis.Client) (err error) {
		answer, err = o.send(ctx, c, nil, &publication{outputs: o.names})
		return err
	})
	if err != nil {
		return o.explain(err)
	}
	if text(answer, 0) != "made" {
		_, err := o.answered(nil, o.names, answer)
		return err
	}
	return nil
}

// Check implements broker.Checker: it finds results that no entry can hold.
func (o *output) Check(stream int, _, value []byte) error {
	d := o.streams[stream]
	if len(value) > maxResult {
		return fmt.Errorf("redis: output stream %s: the result has %d bytes, and an entry takes %d", d.Name, len(value),
			maxResult)
	}
	if !d.fields {
		return nil
	}
	if _, err := d.fieldsOf(value); err != nil {
		return fmt.Errorf("redis: output stream %s: %w", d.Name, err)
	}
	return nil
}

// Pace implements broker.Pacer: while the script of a commit runs, the server does nothing else.
func (o *output) Pace() broker.Pace {
	pace := broker.DefaultPace
	pace.Results = 10_000
	return pace
}

// Commit implements broker.Output.
func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	if o.closed {
		return errors.New("redis: Commit was called after Close")
	}
	return o.ledger.commit(ctx, commits, o.publication)
}

// publication adds what a commit publishes.
func (o *output) publication(c *broker.Commit, p *publication) error {
	p.outputs = o.names
	for i := range c.Results {
		r := &c.Results[i]
		d := o.streams[r.Stream]
		fields, err := d.fieldsOf(r.Value)
		if err != nil {
			return fmt.Errorf("redis: output stream %s: %w", d.Name, err)
		}
		p.add(r.Stream, fields)
	}
	if c.End {
		for i := range o.streams {
			p.add(i, []string{endMark, "true"})
		}
	}
	return nil
}

// Close implements broker.Output.
func (o *output) Close() error {
	o.closed = true
	o.watch.Stop()
	o.link.close()
	return nil
}

// Save implements broker.Saver, for a sink that keeps no positions.
func (in *input) Save(ctx context.Context, commits []broker.Commit) error {
	return in.ledger.commit(ctx, commits, func(*broker.Commit, *publication) error { return nil })
}
