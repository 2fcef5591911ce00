package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

const (
	// maxBatch is how many messages a batch may have, where the server's configuration doesn't say less, and
	// maxBatchBytes how many bytes: the server keeps what it hasn't stored yet in memory, and drops what is too much.
	maxBatch, maxBatchBytes = 1000, 32 << 20

	headerBatch         = "Nats-Batch-Id"
	headerBatchSequence = "Nats-Batch-Sequence"
	headerBatchCommit   = "Nats-Batch-Commit"
)

// errRefused says that the server has refused what it was sent because another message than the one expected is the
// last of its subject.
var errRefused = errors.New("another message is the last of its subject")

// errUnknown says that the server hasn't answered, so that nobody knows whether it has written what it was sent.
var errUnknown = errors.New("the answer was lost")

// publish writes messages, all or none, and returns the sequence of the last one. Where that isn't known, the error
// wraps errUnknown. The messages' sequences follow each other.
func (c *connection) publish(ctx context.Context, messages ...*natsgo.Msg) (sequence uint64, err error) {
	last := len(messages) - 1
	if last > 0 {
		id := nuid.Next()
		for i, m := range messages {
			m.Header.Set(headerBatch, id)
			m.Header.Set(headerBatchSequence, strconv.Itoa(i+1))
		}
		messages[last].Header.Set(headerBatchCommit, "1")
	}
	for _, m := range messages[:last] {
		if err := c.PublishMsg(m); err != nil {
			return 0, err // nothing is written without the last one
		}
	}
	err = c.ask(ctx, func(ctx context.Context) error {
		reply, err := c.RequestMsgWithContext(ctx, messages[last])
		switch {
		case errors.Is(err, natsgo.ErrNoResponders), errors.Is(err, natsgo.ErrReconnectBufExceeded),
			errors.Is(err, natsgo.ErrConnectionClosed), errors.Is(err, natsgo.ErrMaxPayload):
			return err // it wasn't sent, or not to a stream
		case err != nil:
			return fmt.Errorf("%w: %w", errUnknown, err)
		}
		sequence, err = readAck(reply.Data)
		return err
	})
	return sequence, err
}

// write is publish to the ledger's stream. Where nobody takes the messages, it finds out whether the stream is gone, or
// the server away.
func (l *ledger) write(ctx context.Context, messages ...*natsgo.Msg) (uint64, error) {
	sequence, err := l.publish(ctx, messages...)
	if !errors.Is(err, natsgo.ErrNoResponders) || ctx.Err() != nil {
		return sequence, err
	}
	info, missing := l.infoUntil(ctx, l.stream)
	switch {
	case missing != nil:
		return 0, missing
	case !collidesWithAny(l.subject(0), info.Config.Subjects):
		return 0, fmt.Errorf("somebody has taken the subject %s from the stream", l.subject(0))
	}
	return 0, err
}

// readAck reads what the server answers to a message or batch.
func readAck(data []byte) (uint64, error) {
	var answer struct {
		Sequence uint64              `json:"seq"`
		Error    *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return 0, fmt.Errorf("%w: the server's answer: %w", errUnknown, err)
	}
	switch {
	case answer.Error == nil:
		return answer.Sequence, nil
	case hasCode(answer.Error, jetstream.JSErrCodeStreamWrongLastSequence,
		jetstream.JSErrCodeStreamWrongLastSequenceConstant):
		return 0, fmt.Errorf("%w: %w", errRefused, answer.Error)
	}
	return 0, answer.Error
}

// isRepeatable reports whether a batch that was refused may be written if it is sent again.
func isRepeatable(err error) bool {
	return hasCode(err, codeBatchIncomplete, codeTooManyBatches) || isPassing(err)
}

// bytesOf returns about how many bytes a message has.
func bytesOf(m *natsgo.Msg) int { return len(m.Subject) + len(m.Data) + 128 }
