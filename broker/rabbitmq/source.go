package rabbitmq

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/solo"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
)

// OpenSource implements [broker.Source]. It checks that the streams exist, and may be read.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if len(job.Inputs) == 0 {
		return nil, errors.New("rabbitmq: the job has no inputs")
	}
	c, err := b.newConnector(job)
	if err != nil {
		return nil, err
	}
	in := &input{ledger: newLedger(b, job, c), readAhead: b.readAhead}
	for _, declared := range job.Inputs {
		q, err := b.queue(declared)
		if err != nil {
			return nil, err
		}
		if q.plain {
			return nil, fmt.Errorf("rabbitmq: %q is a queue, which results can only be written to: what was read from it "+
				"is gone; declare a stream for reading, by rabbitmq.Stream", declared.Name)
		}
		in.streams = append(in.streams, q.stream)
	}
	if err := c.opening(ctx, func() error { return in.check(ctx) }); err != nil {
		return nil, err
	}
	return in, nil
}

// An input reads for one run.
type input struct {
	solo.Input
	*ledger
	readAhead int
	// streams holds what each node reads.
	streams []broker.Stream
}

// check opens each stream once, to see that it is there and may be read.
func (in *input) check(ctx context.Context) error {
	for _, s := range in.streams {
		conn, _, err := in.connector.subscribe(ctx, s.Name, wire.Next(), in.readAhead)
		if err != nil {
			return err
		}
		if err := conn.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Reader implements broker.Input.
func (in *input) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if node < 0 || node >= len(in.streams) || partition != 0 || from < 0 {
		return nil, fmt.Errorf("rabbitmq: there is no reader of node %d, partition %d from offset %d", node, partition,
			from)
	}
	r := &reader{input: in, stream: in.streams[node], from: from, next: from}
	r.end.Store(-1)
	if from == 0 {
		r.from = -1 // a run that begins takes what is there
	}
	return r, nil
}

// Close implements broker.Input.
func (in *input) Close() error { return in.ledger.close() }
