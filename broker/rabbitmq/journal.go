package rabbitmq

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
)

const (
	// journalLength is how many bytes a journal has at most, in segments of which the server removes the oldest.
	journalLength = 256 << 20
	segmentLength = 32 << 20
	// journalAhead is how many bytes of a journal are read before they are needed.
	journalAhead = 1 << 20
	// stepBack is by how many messages a run goes back at first that finds nothing at the journal's end.
	stepBack = 4
)

// A journal is the stream of Leat's own that decides what counts, see [state]. It is written and read on one
// connection. It is used by one goroutine at a time.
type journal struct {
	connector *connector
	stream    string
	// run tells this run's entries from those of others.
	run    string
	number uint64
	// looking is Job.Looking.
	looking bool

	conn      *wire.Conn // nil where there is none
	publisher *wire.Publisher
	sub       *wire.Subscription
	// published counts the messages that were sent by the connection.
	published uint64
	state     *state
}

func newJournal(c *connector, name string) *journal {
	return &journal{connector: c, stream: "leat." + name, run: rand.Text()}
}

// isOpen reports whether there is a connection that isn't known to be broken.
func (j *journal) isOpen() bool { return j.conn != nil && j.conn.Err() == nil }

// open connects, and reads the journal up to its end.
func (j *journal) open(ctx context.Context) (err error) {
	j.drop()
	err = j.ensure(ctx)
	switch {
	case errors.Is(err, broker.ErrNothingKept):
		return err
	case err != nil:
		return j.explain(err)
	}
	j.conn, j.sub, err = j.connector.subscribe(ctx, j.stream, wire.Last(), journalAhead)
	if err != nil {
		return err
	}
	if j.publisher, err = j.conn.Publisher(ctx, j.stream, ""); err == nil {
		err = j.readAll(ctx)
	}
	if err != nil {
		j.drop()
		return j.explain(err)
	}
	return nil
}

// ensure makes the stream where it doesn't exist.
func (j *journal) ensure(ctx context.Context) error {
	conn, err := j.connector.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if j.looking {
		if _, err = conn.Nodes(ctx, j.stream); wire.Is(err, wire.StreamDoesNotExist) {
			return broker.ErrNothingKept
		}
		return err
	}
	return ensure(ctx, conn, j.stream, map[string]string{
		"max-length-bytes":              strconv.Itoa(journalLength),
		"stream-max-segment-size-bytes": strconv.Itoa(segmentLength),
	})
}

// ensure makes a stream where it doesn't exist.
func ensure(ctx context.Context, conn *wire.Conn, stream string, arguments map[string]string) error {
	_, err := conn.Nodes(ctx, stream)
	if !wire.Is(err, wire.StreamDoesNotExist) {
		return err
	}
	if err = conn.Create(ctx, stream, arguments); wire.Is(err, wire.StreamExists) {
		return nil // somebody else has just made it
	}
	return err
}

// readAll reads the journal up to its end, which an entry marks that is added for that. Where to begin is in the
// entries: it reads the last ones first.
func (j *journal) readAll(ctx context.Context) error {
	j.state = newState()
	from := int64(-1)
	last, err := j.appendAnd(ctx, &entry{Kind: kindLook, From: -1}, nil, func(e *entry) { from = max(from, e.From) })
	if err == nil && from < 0 {
		from, err = j.findFrom(ctx, last)
	}
	if err != nil {
		return err
	}
	begin := wire.First()
	if from >= 0 {
		begin = wire.At(from)
	}
	_, err = j.readFrom(ctx, begin, last, func(*entry) {})
	return err
}

// findFrom goes back from an entry to the last ones that say where to begin, and returns what they say; -1 where none
// does. Who opens the journal adds an entry that doesn't, and where it gets no further, the next one finds only that at the
// end: to begin at the beginning then would take longer with every one that got no further, up to never getting further.
func (j *journal) findFrom(ctx context.Context, last int64) (from int64, err error) {
	from = -1
	for end := last; from < 0 && end > 0; {
		begin := max(0, end-max(stepBack, (last-end)/4))
		at, err := j.readFrom(ctx, wire.At(begin), end-1, func(e *entry) { from = max(from, e.From) })
		if err != nil {
			return -1, err
		}
		if at > end-1 { // what is before is gone
			break
		}
		end = begin
	}
	return from, nil
}

// readFrom reads the journal anew, from an offset up to another, or the first one behind that is left, which it returns.
func (j *journal) readFrom(ctx context.Context, begin wire.Offset, end int64, each func(e *entry)) (at int64, err error) {
	if err := j.sub.Close(ctx); err != nil {
		return 0, err
	}
	j.state = newState()
	if j.sub, err = j.conn.Subscribe(ctx, j.stream, begin, journalAhead); err != nil {
		return 0, err
	}
	return j.readUntil(ctx, func(_ *entry, offset int64) bool { return offset >= end }, each)
}

// append adds an entry and reads the journal up to it. It returns the entry's offset.
func (j *journal) append(ctx context.Context, e *entry, payload []byte) (int64, error) {
	e.From = j.state.from()
	return j.appendAnd(ctx, e, payload, func(*entry) {})
}

func (j *journal) appendAnd(ctx context.Context, e *entry, payload []byte, each func(e *entry)) (int64, error) {
	j.number++
	e.Run, e.Number = j.run, j.number
	messages, err := e.messages(payload, j.conn.MaxMessage()/2)
	if err != nil {
		return 0, err
	}
	if size := len(messages[len(messages)-1]); size > j.conn.MaxMessage() {
		return 0, fmt.Errorf("rabbitmq: the positions have %d bytes, more than the %d of a message", size,
			j.conn.MaxMessage())
	}
	if err := j.publisher.Send(ctx, j.published, messages); err != nil {
		return 0, err
	}
	j.published += uint64(len(messages))
	if err := j.publisher.Wait(ctx); err != nil {
		return 0, err
	}
	return j.readUntil(ctx, func(read *entry, _ int64) bool {
		return read.Run == e.Run && read.Number == e.Number && read.Kind != kindPiece
	}, each)
}

// readUntil reads on until an entry for which found is true, and returns its offset.
func (j *journal) readUntil(ctx context.Context, found func(e *entry, offset int64) bool, each func(e *entry)) (at int64,
	err error) {
	for at = -1; at < 0; {
		chunk, err := j.sub.Read(ctx)
		if err != nil {
			return 0, err
		}
		for {
			message, offset, err := chunk.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return 0, err
			}
			e, err := j.state.apply(offset, chunk.Time, message)
			if err != nil {
				return 0, fmt.Errorf("rabbitmq: %s: %w", j.stream, err)
			}
			each(e)
			if at < 0 && found(e, offset) {
				at = offset
			}
		}
	}
	return at, nil
}

// explain says of an error what would mend it.
func (j *journal) explain(err error) error {
	var refused *wire.Error
	if !errors.As(err, &refused) {
		return &failure{"rabbitmq: the journal " + j.stream + ": " + strings.TrimPrefix(err.Error(), "rabbitmq: "), err}
	}
	remedy := ""
	switch refused.Code {
	case wire.AccessRefused:
		remedy = permission(j.connector.config, "configure, write and read", j.stream)
	case wire.PreconditionFailed:
		remedy = fmt.Sprintf("a queue %s is there, which isn't a stream: keep positions under another name, by rabbitmq.Name",
			j.stream)
	case wire.StreamNotAvailable:
		remedy = unavailable
	}
	return described("the journal, which holds positions", err, remedy)
}

// drop closes the connection, so that the next one who needs it opens it anew.
func (j *journal) drop() {
	_ = j.conn.Close()
	j.conn, j.publisher, j.sub, j.state = nil, nil, nil, nil
}
