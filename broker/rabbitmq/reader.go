package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq/internal/amqp1"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
	"github.com/leat-go/leat/internal/endmark"
)

const (
	// batch is how many records a Read returns at most.
	batch = 1024
	// endInterval is the pause between two looks at where a stream ends, and endTimeout how long one may take.
	endInterval = time.Second
	endTimeout  = 10 * time.Second
	// quietAfter is how long the first messages may take before it is asked where the stream ends.
	quietAfter = 200 * time.Millisecond
)

// A reader is a cursor over a stream, on a connection of its own.
type reader struct {
	input  *input
	stream broker.Stream
	// next is the offset behind what was returned.
	next int64
	// from is where the reader begins, as long as retention may have removed what is there; -1 once that is known.
	from  int64
	conn  *wire.Conn
	sub   *wire.Subscription
	chunk *wire.Chunk
	// isFirst says that the next chunk is the first one of sub.
	isFirst bool
	// mark says that the message at next is a mark that Read has yet to return.
	mark  bool
	spare []broker.Record
	// end is what End returns, and looked when the server was last asked for it.
	end    atomic.Int64
	looked time.Time
	probe  probe
}

// End implements broker.Lagger. It counts what the server keeps for itself between messages, until that is passed.
func (r *reader) End() int64 { return r.end.Load() }

// Read implements broker.Reader.
func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	if r.mark {
		r.mark = false
		r.pass(r.next)
		return nil, io.EOF
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		records, err := r.records()
		if err != nil {
			return nil, r.at(err)
		}
		if len(records) > 0 {
			return records, nil
		}
		if r.mark {
			return r.Read(ctx)
		}
		if err := r.nextChunk(ctx); err != nil {
			return nil, err
		}
	}
}

// nextChunk waits for more. Where the connection is lost, it begins anew on another one.
func (r *reader) nextChunk(ctx context.Context) error {
	return r.input.connector.again(ctx, func() error {
		err := r.connect(ctx)
		if err == nil {
			r.chunk, err = r.wait(ctx)
		}
		if err == nil && r.isFirst {
			r.isFirst = false
			err = r.checkFirst(ctx)
		}
		if err == nil && time.Since(r.looked) >= endInterval {
			err = r.lookForEnd(ctx)
		}
		if err != nil && !errors.Is(err, broker.ErrDataTimeout) {
			r.disconnect()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	})
}

// connect subscribes at the next offset.
func (r *reader) connect(ctx context.Context) (err error) {
	if r.sub != nil {
		return nil
	}
	r.chunk, r.isFirst = nil, true
	r.conn, r.sub, err = r.input.connector.subscribe(ctx, r.stream.Name, wire.At(r.next), r.input.readAhead)
	return err
}

func (r *reader) disconnect() {
	_ = r.conn.Close()
	r.conn, r.sub, r.chunk = nil, nil, nil
}

// wait waits for the next chunk, for as long as the data timeout says. Where none comes at once, and it isn't known yet where
// the stream ends, it looks for that before it goes on waiting.
func (r *reader) wait(ctx context.Context) (*wire.Chunk, error) {
	begun, timeout := time.Now(), r.stream.DataTimeout
	if r.end.Load() < 0 && (timeout == 0 || timeout > endInterval) {
		chunk, err := r.waitFor(ctx, quietAfter)
		if err == nil {
			return chunk, nil
		}
		if errors.Is(err, broker.ErrDataTimeout) {
			err = r.lookForEnd(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
	if timeout == 0 {
		return r.sub.Read(ctx)
	}
	return r.waitFor(ctx, timeout-time.Since(begun))
}

// waitFor waits for the next chunk for some time.
func (r *reader) waitFor(ctx context.Context, timeout time.Duration) (*wire.Chunk, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	chunk, err := r.sub.Read(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return nil, broker.ErrDataTimeout
	}
	return chunk, err
}

// lookForEnd asks where the stream ends, on the connection that it is read by. Where there is no chunk the answer takes a
// moment.
func (r *reader) lookForEnd(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	end, err := r.conn.End(limited, r.stream.Name)
	r.looked = time.Now()
	switch {
	case err == nil:
		r.end.Store(max(end, r.next))
	case ctx.Err() == nil && limited.Err() != nil: // reading doesn't wait for that
	default:
		return explainRead(r.stream.Name, r.input.connector.config, err)
	}
	return nil
}

// pass goes on behind a message.
func (r *reader) pass(offset int64) {
	r.next = offset + 1
	if r.next > r.end.Load() && r.end.Load() >= 0 {
		r.end.Store(r.next)
	}
}

// checkFirst finds out whether the first chunk is what comes next, or what was there is gone.
func (r *reader) checkFirst(ctx context.Context) error {
	if r.chunk.Offset+int64(r.chunk.Records) <= r.next {
		return r.at(fmt.Errorf("rabbitmq: the stream %q ends before offset %d, up to which it was read: it was deleted and "+
			"made anew. To read it from its beginning, keep positions under another name", r.stream.Name, r.next))
	}
	if r.from < 0 || r.chunk.Offset <= r.from {
		r.from = -1
		return nil
	}
	return r.checkRemoved(ctx, r.from)
}

// checkRemoved finds out whether the first chunk lies behind where the reader began because retention has removed what
// was there, or because no message ever had the offsets between: the server gives some to notes of its own.
func (r *reader) checkRemoved(ctx context.Context, from int64) error {
	conn, sub, err := r.input.connector.subscribe(ctx, r.stream.Name, wire.First(), 1)
	if err != nil {
		return err
	}
	defer conn.Close()
	first, err := sub.Read(ctx)
	if err != nil {
		return err
	}
	r.from = -1
	if first.Offset <= from {
		return nil
	}
	return r.at(fmt.Errorf("rabbitmq: offset %d of the stream %q isn't there any more: retention has removed everything "+
		"before %d. Raise the queue's x-max-age or x-max-length-bytes; to go on without what is gone, keep positions under "+
		"another name", from, r.stream.Name, first.Offset))
}

// records returns what is left of the chunk, up to a mark or a batch of it.
func (r *reader) records() (records []broker.Record, err error) {
	if r.chunk == nil {
		return nil, nil
	}
	for len(records) < batch {
		message, offset, err := r.chunk.Next()
		if err == io.EOF {
			r.chunk = nil
			break
		}
		if err != nil {
			return nil, err
		}
		if offset < r.next { // the chunk begins before where the reader does
			continue
		}
		record := broker.Record{Offset: offset, Time: r.chunk.Time}
		if err := amqp1.Read(message, &record); err != nil {
			return nil, fmt.Errorf("the message at offset %d: %w", offset, err)
		}
		r.next = offset
		if endmark.Is(record.Value) {
			r.mark = true
			break
		}
		r.pass(offset)
		if records == nil {
			records, r.spare = r.spare[:0], nil
		}
		records = append(records, record)
	}
	return records, nil
}

// at returns an error with its position.
func (r *reader) at(err error) error {
	return &broker.PositionError{Position: broker.Position{Stream: r.stream.Name, Offset: r.next}, Err: err}
}

// Recycle implements broker.Recycler.
func (r *reader) Recycle(records []broker.Record) {
	clear(records)
	r.spare = records[:0]
}

// Next implements broker.Reader.
func (r *reader) Next() int64 { return r.next }

// Close implements broker.Reader.
func (r *reader) Close() error {
	r.disconnect()
	r.probe.close()
	return nil
}
