package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
)

// peekTimeout is how long the AMQP port may take to say what a name is that is no stream: streams don't need that port.
const peekTimeout = 2 * time.Second

// Rehearse implements [broker.Rehearser]. What a user may make is tried by requests that the server refuses, since their
// arguments can't be meant.
func (b *Broker) Rehearse(
	ctx context.Context, job *broker.Job, results []broker.Result,
) (advice []string, refused int, err error) {
	c, err := b.newConnector(job)
	if err != nil {
		return nil, -1, err
	}
	o := &output{ledger: newLedger(b, job, c)}
	if err := o.declare(b, job); err != nil {
		return nil, -1, err
	}
	if o.queues, err = b.newSender(c); err != nil && slices.ContainsFunc(o.outputs, func(q *queue) bool { return q.plain }) {
		return nil, -1, err
	}
	defer func() { _ = o.queues.close() }()
	if err := c.opening(ctx, func() error { return o.rehearse(ctx) }); err != nil {
		return nil, -1, err
	}
	refused, err = broker.FirstRefused(o, results)
	return nil, refused, err
}

// rehearse looks at the outputs and the journal as open does, and makes nothing.
func (o *output) rehearse(ctx context.Context) error {
	conn, err := o.connector.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	o.maxMessage = conn.MaxMessage()
	for _, q := range o.outputs {
		if q.plain {
			if err = refuseStream(ctx, conn, q.stream.Name); err == nil {
				err = o.queues.rehearse(ctx, q.stream.Name)
			}
		} else if err = o.tryWriting(ctx, conn, q.stream.Name); err != nil {
			err = explainWrite(q.stream.Name, o.connector.config, err)
		}
		if err != nil {
			return err
		}
	}
	if err = o.tryWriting(ctx, conn, o.journal.stream); err == nil {
		_, err = conn.Subscribe(ctx, o.journal.stream, wire.Next(), journalAhead)
		if wire.Is(err, wire.StreamDoesNotExist) || wire.Is(err, wire.StreamNotAvailable) {
			err = nil // the user may read it: it is made, or lies on another node
		}
	}
	if err != nil {
		return o.journal.explain(err)
	}
	return nil
}

// tryWriting finds out whether a stream may be written, and made where it doesn't exist.
func (o *output) tryWriting(ctx context.Context, conn *wire.Conn, stream string) error {
	_, err := conn.Publisher(ctx, stream, "")
	if !wire.Is(err, wire.StreamDoesNotExist) {
		return err
	}
	doing := fmt.Sprintf("making the stream %q", stream)
	if o.queues.isThere(ctx, stream) {
		return &wire.Error{Doing: doing, Code: wire.PreconditionFailed}
	}
	err = conn.Create(ctx, stream, map[string]string{"queue-leader-locator": "nowhere"})
	switch {
	case wire.Is(err, wire.PreconditionFailed):
		return nil // the user may make it
	case err == nil: // a server that doesn't look at that argument
		return conn.Delete(ctx, stream)
	}
	return err
}

// isThere reports whether there is a queue of a name, which may be a stream; it isn't certain where it reports false.
func (s *sender) isThere(ctx context.Context, name string) bool {
	limited, cancel := context.WithTimeout(ctx, peekTimeout)
	defer cancel()
	if s == nil || s.connect(limited) != nil {
		return false
	}
	_, err := s.channel.QueueDeclarePassive(name, true, false, false, false, nil)
	return err == nil
}

// rehearse finds out whether results can be sent to a queue, and it be made where it doesn't exist.
func (s *sender) rehearse(ctx context.Context, queue string) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	_, err := s.channel.QueueDeclarePassive(queue, true, false, false, false, nil)
	if hasCode(err, amqp.NotFound) { // that has closed the channel
		if err = s.connect(ctx); err == nil {
			_, err = s.channel.QueueDeclare(queue, true, false, false, false, amqp.Table{"x-max-length": int32(-1)})
		}
		switch {
		case hasCode(err, amqp.PreconditionFailed):
			err = s.connect(ctx) // the user may make it
		case err == nil: // a server that doesn't look at that argument
			_, err = s.channel.QueueDelete(queue, true, true, false)
		}
	}
	if err != nil {
		return fmt.Errorf("queue %s: %w", queue, s.explain(err))
	}
	// A message that no queue takes tells whether the user may send any.
	nothing := amqp.Publishing{DeliveryMode: amqp.Transient}
	sent, err := s.channel.PublishWithDeferredConfirmWithContext(ctx, "", queue+".leat.rehearsal", true, false, nothing)
	if err != nil {
		return s.failed(ctx, queue, err)
	}
	select {
	case <-sent.Done():
		if !sent.Acked() {
			return s.failed(ctx, queue, s.reason())
		}
	case _, ok := <-s.returned:
		if !ok {
			return s.failed(ctx, queue, s.reason())
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// hasCode reports whether the server has closed a channel with the code given.
func hasCode(err error, code int) bool {
	var refused *amqp.Error
	return errors.As(err, &refused) && refused.Code == code
}

var _ broker.Rehearser = (*Broker)(nil)
