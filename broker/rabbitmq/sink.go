package rabbitmq

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/server"
	"github.com/leat-go/leat/broker/rabbitmq/internal/amqp1"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
)

// OpenSink implements [broker.Sink]. It makes outputs that don't exist, and the journal, and checks that they may be
// written.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if len(job.Outputs) == 0 {
		return nil, errors.New("rabbitmq: there are no results to write: leave out leat.To; the source keeps the positions")
	}
	c, err := b.newConnector(job)
	if err != nil {
		return nil, err
	}
	o := &output{ledger: newLedger(b, job, c)}
	if err = o.declare(b, job); err == nil {
		err = c.opening(ctx, func() error { return o.open(ctx) })
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	if !job.Looking {
		o.watch = server.NewWatch(func(ctx context.Context) error { return o.do(ctx, func() error { return nil }) })
	}
	return o, nil
}

// declare takes the outputs over from a job.
func (o *output) declare(b *Broker, job *broker.Job) error {
	if o.nameErr != nil {
		return o.nameErr
	}
	if n := len(job.Outputs) * max(1, job.Partitions); n > maxPublishers {
		return fmt.Errorf("rabbitmq: %d outputs of %d partitions take %d publishers, and the server remembers the ids of "+
			"%d of a stream: read from fewer partitions", len(job.Outputs), job.Partitions, n, maxPublishers)
	}
	for _, declared := range job.Outputs {
		q, err := b.queue(declared)
		if err != nil {
			return err
		}
		o.outputs = append(o.outputs, q)
		if job.Looking {
			continue
		}
		if q.plain && o.queues == nil {
			if o.queues, err = b.newSender(o.connector); err != nil {
				return err
			}
		}
	}
	return nil
}

// open makes the outputs and the journal where they don't exist, and opens them.
func (o *output) open(ctx context.Context) error {
	if o.job.Looking {
		return o.journal.open(ctx)
	}
	if err := o.ensureStreams(ctx); err != nil {
		return err
	}
	if err := o.queues.ensure(ctx, o.outputs); err != nil {
		return err
	}
	return o.journal.open(ctx)
}

// ensureStreams makes the outputs that are streams where they don't exist, and tries whether they may be written.
func (o *output) ensureStreams(ctx context.Context) error {
	conn, err := o.connector.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	o.maxMessage = conn.MaxMessage()
	for _, q := range o.outputs {
		if q.plain {
			if err := refuseStream(ctx, conn, q.stream.Name); err != nil {
				return err
			}
			continue
		}
		err := ensure(ctx, conn, q.stream.Name, q.arguments)
		if err == nil {
			_, err = conn.Publisher(ctx, q.stream.Name, "")
		}
		if err != nil {
			return explainWrite(q.stream.Name, o.connector.config, err)
		}
	}
	return nil
}

// refuseStream refuses a queue that is a stream: there each result would be at least once, and it can be exactly once.
func refuseStream(ctx context.Context, conn *wire.Conn, queue string) error {
	_, err := conn.Nodes(ctx, queue)
	switch {
	case err == nil, wire.Is(err, wire.StreamNotAvailable):
		return fmt.Errorf("rabbitmq: the queue %s is a stream, not a queue: declare it by rabbitmq.Stream, or {stream: %[1]s} "+
			"in a pipeline file, by which each result is there exactly once", queue)
	case errors.Is(err, wire.ErrLost):
		return err
	}
	return nil // what it is will be seen when it is declared
}

// maxPublishers is how many publishers of a stream the server remembers the ids of; some are left to others.
const maxPublishers = 200

// An output writes for one run.
type output struct {
	*ledger
	maxMessage int
	closed     bool
}

// Check implements broker.Checker: a message must fit into a frame.
func (o *output) Check(stream int, key, value []byte) error {
	if size := len(key) + len(value) + amqp1.Overhead; size > o.maxMessage && !o.outputs[stream].plain {
		return fmt.Errorf("rabbitmq: a result has %d bytes, but the server takes messages of %d bytes at most: raise its "+
			"setting stream.frame_max", size, o.maxMessage)
	}
	return nil
}

// Commit implements broker.Output.
func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	if o.closed {
		return errors.New("rabbitmq: Commit was called after Close")
	}
	return o.ledger.commit(ctx, commits, true)
}

// Close implements broker.Output.
func (o *output) Close() error {
	o.closed = true
	o.watch.Stop()
	return o.ledger.close()
}
