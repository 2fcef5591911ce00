package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"github.com/leat-go/leat/broker"
)

// OpenSink implements [broker.Sink]. It makes the outputs that don't exist.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if len(job.Outputs) == 0 {
		return nil, errors.New("nats: there are no results to write: leave out leat.To; the source keeps the positions")
	}
	var o *output
	err := b.opening(ctx, job, func(c *connection) error {
		o = &output{ledger: newLedger(b, job, c), partitions: job.Partitions}
		return o.open(ctx, b, job)
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// open looks at the outputs.
func (o *output) open(ctx context.Context, b *Broker, job *broker.Job) error {
	declared, err := o.declare(b, job)
	switch {
	case err != nil:
		return err
	case job.Looking:
		return o.findTarget(ctx, declared)
	}
	return o.openTarget(ctx, declared)
}

// declare takes the outputs over from a job.
func (o *output) declare(b *Broker, job *broker.Job) (declared []*subject, err error) {
	if o.nameErr != nil {
		return nil, o.nameErr
	}
	o.prefix = positionsSubject
	for _, stream := range job.Outputs {
		s, err := b.subject(stream)
		if err != nil {
			return nil, err
		}
		if !isLiteral(stream.Name) {
			return nil, fmt.Errorf("nats: results can't go to the subject %s: an output is one subject, without wildcards or "+
				"blanks", stream.Name)
		}
		declared = append(declared, s)
		o.subjects = append(o.subjects, stream.Name)
	}
	return declared, nil
}

// An output writes for one run.
type output struct {
	*ledger
	// subjects are those of the job's outputs.
	subjects []string
	// partitions is how many the source has.
	partitions int
	// maxMessage is how many bytes a message of the stream may have.
	maxMessage int
	closed     bool
}

// Check implements broker.Checker: it finds results that are too large for a message.
func (o *output) Check(stream int, _, value []byte) error {
	if limit := o.maxMessage - overhead; len(value) > limit {
		return fmt.Errorf("nats: the result for %s has %d bytes, and a message takes %d, which the server's max_payload or "+
			"the stream's max_msg_size would have to allow", o.subjects[stream], len(value), limit)
	}
	return nil
}

// Pace implements broker.Pacer: most commits are one batch.
func (o *output) Pace() broker.Pace {
	return broker.Pace{Interval: 100 * time.Millisecond, Prompt: true, Results: 300, Bytes: 1 << 20}
}

// Commit implements broker.Output.
func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	if o.closed {
		return errors.New("nats: Commit was called after Close")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := o.ledger.commit(ctx, commits, func(c *broker.Commit) []*natsgo.Msg {
		messages := make([]*natsgo.Msg, 0, len(c.Results)+len(o.subjects))
		for i := range c.Results {
			m := natsgo.NewMsg(o.subjects[c.Results[i].Stream])
			m.Data = c.Results[i].Value
			messages = append(messages, m)
		}
		if c.End && o.partitions <= 1 {
			messages = append(messages, o.endMarks()...)
		}
		return messages
	})
	if err == nil && slices.ContainsFunc(commits, func(c broker.Commit) bool { return c.End }) {
		err = o.mark(ctx)
	}
	return err
}

// Close implements broker.Output.
func (o *output) Close() error {
	o.closed = true
	o.connection.Close()
	return nil
}

// Save implements broker.Saver, for a sink that keeps no positions.
func (in *input) Save(ctx context.Context, commits []broker.Commit) error {
	for {
		err := in.ledger.commit(ctx, commits, func(*broker.Commit) []*natsgo.Msg { return nil })
		if !errors.Is(err, broker.ErrAborted) || ctx.Err() != nil {
			return err
		}
		in.logger.Warn("saving positions was interrupted, trying again", "error", err, "pause", firstBackoff)
		if err := pause(ctx, firstBackoff); err != nil {
			return fmt.Errorf("nats: %w", err)
		}
	}
}
