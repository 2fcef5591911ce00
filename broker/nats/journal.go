package nats

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/leat-go/leat/broker"
)

// A commit that is too large for a batch is decided in two steps. First its results are put aside, in as few messages
// as they need, and the positions are written with the journal's name: from then on the commit is made. Then the
// results are copied to the outputs, batch by batch, and each of these batches holds the positions again, with how many
// results were copied. A run that claims the partition copies the rest.

// headerResults is the journal that a message of results put aside belongs to.
const headerResults = "Leat-Results"

// overhead is more than what a message needs beside its value.
const overhead = 1 << 10

// putAside commits one partition whose results are no batch.
func (l *ledger) putAside(ctx context.Context, p piece) error {
	journal := nuid.Next()
	for _, chunk := range l.chunks(p.messages) {
		m := natsgo.NewMsg(l.subject(p.Partition) + ".results")
		m.Data = chunk
		m.Header.Set(headerResults, journal)
		if _, err := l.write(ctx, m); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if isPassing(err) { // what is there already belongs to no commit
				return fmt.Errorf("%w: %w", broker.ErrAborted, err)
			}
			return l.explain(ctx, err)
		}
	}
	r := record{write: nuid.Next(), progress: p.progress, journal: journal}
	sequence, err := l.write(ctx, l.positions(p.Partition, l.claims.Of(p.Partition), r))
	switch {
	case err == nil:
		r.sequence = sequence
		l.claims.Set(p.Partition, sequence)
	case errors.Is(err, errRefused):
		return l.refused(ctx, []piece{p}, err)
	case errors.Is(err, errUnknown):
		if err := l.settle(ctx, []piece{p}, r.write, err); err != nil {
			return err
		}
		r.sequence = l.claims.Of(p.Partition)
	case isRepeatable(err):
		return fmt.Errorf("%w: %w", broker.ErrAborted, err)
	default:
		return l.explain(ctx, err)
	}
	return l.copyOut(ctx, p.Partition, r, p.messages)
}

// chunks packs messages into values of about the largest size that the server takes: lengths and bytes of subject and
// value, one after the other.
func (l *ledger) chunks(messages []*natsgo.Msg) (all [][]byte) {
	limit := int(l.MaxPayload()) - overhead/2
	var chunk []byte
	for _, m := range messages {
		if len(chunk) > 0 && len(chunk)+len(m.Subject)+len(m.Data)+2*binary.MaxVarintLen32 > limit {
			all = append(all, chunk)
			chunk = nil
		}
		for _, part := range [][]byte{[]byte(m.Subject), m.Data} {
			chunk = append(binary.AppendUvarint(chunk, uint64(len(part))), part...)
		}
	}
	return append(all, chunk)
}

// unpack reads a chunk.
func unpack(chunk []byte) (messages []*natsgo.Msg, err error) {
	for len(chunk) > 0 {
		var parts [2][]byte
		for i := range parts {
			n, read := binary.Uvarint(chunk)
			if read <= 0 || n > uint64(len(chunk)-read) {
				return nil, errors.New("results that were put aside are damaged")
			}
			parts[i], chunk = chunk[read:read+int(n)], chunk[read+int(n):]
		}
		m := natsgo.NewMsg(string(parts[0]))
		m.Data = parts[1]
		messages = append(messages, m)
	}
	return messages, nil
}

// finish copies what an earlier run has put aside and not copied.
func (l *ledger) finish(ctx context.Context, partition int, r record) error {
	if r.journal == "" {
		return nil
	}
	var messages []*natsgo.Msg
	for from := uint64(1); ; {
		m, err := l.message(ctx, l.stream, lookup{NextBySubject: l.subject(partition) + ".results", Sequence: from})
		if err != nil {
			return l.explain(ctx, err)
		}
		if m == nil {
			break
		}
		if m.headers().Get(headerResults) == r.journal {
			more, err := unpack(m.Data)
			if err != nil {
				return fmt.Errorf("nats: %s: %w", m.Subject, err)
			}
			messages = append(messages, more...)
		}
		from = m.Sequence + 1
	}
	if len(messages) < r.copied || len(messages) == 0 {
		return fmt.Errorf("nats: a commit of %q was put aside, and its results were removed from stream %s before all were "+
			"copied to the outputs", l.name, l.stream)
	}
	l.logger.Info("finishing a commit of the run before", "name", l.name, "results", len(messages), "there", r.copied)
	return l.copyOut(ctx, partition, r, messages)
}

// copyOut copies results to the outputs, the rest of them from r.copied on. The commit is made, so it goes on until it
// has copied all, the context ends, or somebody else goes on with it.
func (l *ledger) copyOut(ctx context.Context, partition int, r record, messages []*natsgo.Msg) error {
	for r.journal != "" {
		next := l.following(messages[r.copied:])
		after := record{write: nuid.Next(), progress: r.progress, journal: r.journal, copied: r.copied + len(next)}
		if after.copied == len(messages) {
			after.journal = ""
		}
		batch := append(next, l.positions(partition, r.sequence, after))
		sequence, err := l.write(ctx, batch...)
		switch {
		case err == nil:
			after.sequence = sequence
			r = after
			l.claims.Set(partition, sequence)
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case hasCode(err, codeBatchTooLarge):
			l.limit.Store(max(2, int64(len(batch)/2)))
		case !errors.Is(err, errRefused) && !errors.Is(err, errUnknown) && !isRepeatable(err):
			return l.explain(ctx, err)
		}
		if r, err = l.standing(ctx, partition, r, err); err != nil {
			return err
		}
		if r.run != l.run {
			return nil // whoever has the partition now copies the rest
		}
	}
	l.forget(ctx, partition)
	return nil
}

// standing finds out, after a batch failed, how far the copying is, and makes sure that the batch isn't written later.
func (l *ledger) standing(ctx context.Context, partition int, before record, cause error) (record, error) {
	l.logger.Warn("copying the results of a large commit was interrupted, going on", "name", l.name, "error", cause)
	if err := pause(ctx, firstBackoff); err != nil {
		return before, err
	}
	for {
		r, err := l.last(ctx, partition)
		if err != nil {
			return r, err
		}
		c := broker.Commit{Partition: partition}
		if err := l.stillMine(&c, r); err != nil || c.Lost {
			return r, err
		}
		claimed, err := l.claim(ctx, partition, r)
		if errors.Is(err, errRefused) {
			continue
		}
		if err == nil {
			l.claims.Set(partition, claimed.sequence)
		}
		return claimed, err
	}
}

// following returns the messages that the next batch has room for, besides the positions. They are copies: a batch that
// failed has left its headers in them.
func (l *ledger) following(messages []*natsgo.Msg) (next []*natsgo.Msg) {
	bytes := 0
	for _, m := range messages {
		bytes += bytesOf(m)
		if len(next) == int(l.limit.Load())-1 || len(next) > 0 && bytes > maxBatchBytes {
			break
		}
		c := natsgo.NewMsg(m.Subject)
		c.Data = m.Data
		next = append(next, c)
	}
	return next
}

// forget removes results that are copied. They do no harm where that isn't permitted.
func (l *ledger) forget(ctx context.Context, partition int) {
	var answer struct {
		Purged int `json:"purged"`
	}
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	filter := map[string]string{"filter": l.subject(partition) + ".results"}
	err := l.request(limited, "STREAM.PURGE."+l.stream, filter, &answer)
	if err != nil {
		l.logger.Debug("results that are copied can't be removed", "stream", l.stream, "error", err)
	}
}
