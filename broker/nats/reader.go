package nats

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/endmark"
)

// batchSize is how many records a Read returns at most.
const batchSize = 1000

// A reader reads a subject by a consumer of its own, and by a new one from behind the last message where that is lost.
type reader struct {
	*connection
	stream       *stream
	subscription *subscription // nil while there is none
	// arrived holds messages that were taken from the subscription and aren't read yet; list is the memory of all.
	arrived, list []arrival

	next   int64
	end    atomic.Int64
	closed bool
}

// Next implements broker.Reader.
func (r *reader) Next() int64 { return r.next }

// End implements broker.Lagger. It counts only messages of the subject that are still to be read.
func (r *reader) End() int64 { return r.end.Load() }

// Read implements broker.Reader.
func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	if r.closed {
		return nil, errors.New("nats: Read was called after Close")
	}
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		records, err := r.read(ctx)
		switch {
		case err == nil || err == io.EOF || err == broker.ErrDataTimeout:
			return records, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		r.drop()
		if !isPassing(err) && !errors.Is(err, errAgain) {
			return nil, &broker.PositionError{Position: r.position(r.next), Err: explain(r.stream.name, err)}
		}
		err = r.contact.Pause(ctx, "reading was interrupted, going on", err, backoff, "subject", r.stream.stream.Name)
		if err != nil {
			return nil, err
		}
	}
}

func (r *reader) position(offset int64) broker.Position {
	return broker.Position{Stream: r.stream.stream.Name, Offset: offset}
}

// read reads once.
func (r *reader) read(ctx context.Context) ([]broker.Record, error) {
	if r.subscription == nil {
		if err := r.subscribe(ctx); err != nil {
			return nil, err
		}
	}
	if len(r.arrived) == 0 {
		if err := r.await(ctx); err != nil {
			return nil, err
		}
	}
	n := slices.IndexFunc(r.arrived, func(a arrival) bool { return endmark.Is(a.Data()) })
	isMark := n == 0
	switch {
	case isMark:
		n = 1
	case n < 0:
		n = len(r.arrived)
	}
	batch := r.arrived[:n]
	if err := r.check(ctx, batch); err != nil {
		return nil, err
	}
	r.arrived = r.arrived[n:]
	r.pass(batch[n-1])
	records := recordsOf(batch)
	clear(batch) // the list is used again
	if isMark {
		return nil, io.EOF
	}
	return records, nil
}

// pass sets next and end behind a message that was read.
func (r *reader) pass(a arrival) {
	r.next = int64(a.sequence) + 1
	r.end.Store(r.next + int64(a.pending))
}

// await takes the next messages, for which it waits as long as the data timeout.
func (r *reader) await(ctx context.Context) error {
	var expired <-chan time.Time
	if d := r.stream.stream.DataTimeout; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		expired = timer.C
	}
	if r.take() {
		return nil
	}
	for {
		select {
		case <-r.subscription.ready:
			if r.take() {
				return nil
			}
		case err := <-r.subscription.failed:
			if r.take() {
				r.subscription.fail(err) // it is found again behind what has arrived
				return nil
			}
			if errors.Is(err, natsgo.ErrPermissionViolation) {
				return err
			}
			return fmt.Errorf("%w: %w", errAgain, err)
		case <-expired:
			if !r.IsConnected() {
				return errAgain // the subject may have grown
			}
			return broker.ErrDataTimeout
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take takes the messages that have come, and reports whether there are any.
func (r *reader) take() bool {
	r.list = r.subscription.take(r.list[:0])
	r.arrived = r.list
	return len(r.arrived) > 0
}

// check finds out whether messages were removed before they could be read: those between two that have arrived may be
// of other subjects, or may have been ours.
func (r *reader) check(ctx context.Context, batch []arrival) error {
	next := uint64(r.next)
	for _, a := range batch {
		if a.sequence == next || a.sure || next == 0 {
			next = a.sequence + 1
			continue
		}
		lowest, err := r.lowest(ctx, r.stream.name)
		if err != nil {
			return err
		}
		if lowest <= next {
			return nil // it was no higher when the later ones arrived
		}
		return r.stream.removed(r.logger, next, lowest)
	}
	return nil
}

// recordsOf makes records of messages.
func recordsOf(batch []arrival) []broker.Record {
	records := make([]broker.Record, len(batch))
	for i, a := range batch {
		records[i] = broker.Record{Offset: int64(a.sequence), Value: a.Data(), Time: a.time}
		if records[i].Value == nil {
			records[i].Value = []byte{} // nil would be a record without a value
		}
		for name, values := range a.Headers() {
			if strings.HasPrefix(name, "Nats-") {
				continue
			}
			for _, value := range values {
				records[i].Headers = append(records[i].Headers, broker.Header{Key: name, Value: []byte(value)})
			}
		}
	}
	return records
}

// subscribe makes a consumer that begins at the next message.
func (r *reader) subscribe(ctx context.Context) error {
	info, err := r.infoUntil(ctx, r.stream.name)
	if err != nil {
		return err
	}
	if err := r.stream.isSame(info); err != nil {
		return err
	}
	if last := int64(info.State.LastSeq); r.next > last+1 {
		return fmt.Errorf("the stream ends at %d, before the position: its newest messages were lost, as when the server's "+
			"machine crashes and sync_interval isn't always", last)
	}
	r.arrived = nil
	var consumer jetstream.Consumer
	err = r.ask(ctx, func(ctx context.Context) (err error) {
		consumer, err = r.js.CreateConsumer(ctx, r.stream.name, jetstream.ConsumerConfig{
			AckPolicy:         jetstream.AckNonePolicy,
			DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:       max(1, uint64(r.next)),
			FilterSubject:     r.stream.stream.Name,
			InactiveThreshold: inactive,
			MemoryStorage:     true,
			Replicas:          1,
		})
		return err
	})
	if err != nil {
		return err
	}
	r.end.Store(r.next + int64(consumer.CachedInfo().NumPending))
	if r.subscription, err = subscribe(consumer, 2*int(r.MaxPayload()), r.reads); err != nil {
		r.subscription = nil
	}
	return err
}

// drop ends the consumer.
func (r *reader) drop() {
	if r.subscription == nil {
		return
	}
	name := r.subscription.close()
	r.reads(name, nil)
	r.subscription, r.arrived, r.list = nil, nil, nil
	if !r.IsConnected() {
		return // it vanishes by itself
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = r.js.DeleteConsumer(ctx, r.stream.name, name)
}

// Close implements broker.Reader.
func (r *reader) Close() error {
	r.closed = true
	r.drop()
	return nil
}
