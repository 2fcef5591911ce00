package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/progress"
	"github.com/leat-go/leat/internal/wait"
)

// settleTime is how long a commit whose context has ended may take to find out what has become of it.
const settleTime = 700 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error { return wait.For(ctx, d) }

// A piece is what is committed of one partition.
type piece struct {
	*broker.Commit
	// messages are the results and end marks.
	messages []*natsgo.Msg
	progress []byte
}

// commit makes results and progress of some tasks visible. messages returns the results of one as messages.
func (l *ledger) commit(ctx context.Context, commits []broker.Commit,
	messages func(c *broker.Commit) []*natsgo.Msg) error {
	if err := l.ready(ctx); err != nil {
		return err
	}
	var pieces []piece
	for i := range commits {
		c := &commits[i]
		if err := l.own(c); err != nil {
			return err
		}
		if c.Lost {
			continue
		}
		kept, err := progress.Marshal(c.Progress)
		if err != nil {
			return err
		}
		pieces = append(pieces, piece{c, messages(c), kept})
	}
	if len(pieces) == 0 {
		return nil
	}
	if l.fits(pieces...) {
		return l.make(ctx, pieces)
	}
	// Too much for one batch. Partitions have nothing to do with each other, so each is committed by itself.
	for _, p := range pieces {
		if l.alone[p.Partition] {
			continue // done when the commit was tried before
		}
		commit := l.putAside
		if l.fits(p) {
			commit = func(ctx context.Context, p piece) error { return l.make(ctx, []piece{p}) }
		}
		if err := commit(ctx, p); err != nil {
			return err
		}
		l.alone[p.Partition] = true
	}
	clear(l.alone)
	return nil
}

// fits reports whether pieces are one batch.
func (l *ledger) fits(pieces ...piece) bool {
	count, bytes := 0, 0
	for _, p := range pieces {
		count += len(p.messages) + 1
		for _, m := range p.messages {
			bytes += bytesOf(m)
		}
	}
	return count <= int(l.limit.Load()) && bytes <= maxBatchBytes
}

// own checks that this run has claimed the commit's partition; where partitions move, the commit of one that has gone
// is left out.
func (l *ledger) own(c *broker.Commit) error {
	if l.claims.Has(c.Partition) || c.Lost {
		return nil
	}
	if l.shared {
		c.Lost = true
		return nil
	}
	return fmt.Errorf("nats: partition %d isn't claimed by this run: %w", c.Partition, broker.ErrTakenOver)
}

// make commits pieces as one batch: their messages, and the positions behind them.
func (l *ledger) make(ctx context.Context, pieces []piece) error {
	write := nuid.Next()
	var batch []*natsgo.Msg
	for _, p := range pieces {
		batch = append(batch, p.messages...)
	}
	for _, p := range pieces {
		batch = append(batch, l.positions(p.Partition, l.claims.Of(p.Partition), record{write: write, progress: p.progress}))
	}
	sequence, err := l.write(ctx, batch...)
	switch {
	case err == nil:
		for i, p := range pieces {
			l.claims.Set(p.Partition, sequence-uint64(len(pieces)-1-i))
		}
		return nil
	case errors.Is(err, errRefused):
		return l.refused(ctx, pieces, err)
	case errors.Is(err, errUnknown):
		return l.settle(ctx, pieces, write, err)
	case ctx.Err() != nil:
		return ctx.Err()
	case hasCode(err, codeBatchTooLarge):
		l.limit.Store(max(2, int64(len(batch)/2)))
		return fmt.Errorf("%w: %w; trying smaller ones", broker.ErrAborted, err)
	case isRepeatable(err):
		return fmt.Errorf("%w: %w", broker.ErrAborted, err)
	}
	return l.explain(ctx, err)
}

// refused finds out who has claimed a partition: that ends the run, unless partitions move.
func (l *ledger) refused(ctx context.Context, pieces []piece, cause error) error {
	for _, p := range pieces {
		r, err := l.last(ctx, p.Partition)
		if err != nil {
			return err
		}
		if err := l.stillMine(p.Commit, r); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %w", broker.ErrAborted, cause)
}

// stillMine checks that a partition's record is of this run. Where partitions move, the commit of one that has gone is
// set to be left out.
func (l *ledger) stillMine(c *broker.Commit, r record) error {
	known := l.claims.Of(c.Partition)
	switch {
	case r.run == l.run && r.sequence >= known:
		l.claims.Set(c.Partition, r.sequence)
		return nil
	case r.run == l.run || r.sequence < known:
		return fmt.Errorf("nats: stream %s has lost what it had acknowledged: its positions are of sequence %d, not %d; "+
			"exactly once needs sync_interval: always in the server's configuration, or replicas; or somebody has removed "+
			"messages. The next run goes on from what is left", l.stream, r.sequence, known)
	case l.shared:
		l.claims.Drop(c.Partition)
		c.Lost = true
		return nil
	}
	return l.takenOver(c.Partition, r)
}

// settle finds out what has become of a batch whose answer was lost. It writes the positions anew, so that a batch that
// is still under way, and expects the ones before, can't be written later.
func (l *ledger) settle(ctx context.Context, pieces []piece, write string, cause error) error {
	asking := ctx
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		asking, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
	}
	made, err := l.isMade(asking, pieces, write)
	switch {
	case ctx.Err() != nil && (err != nil || !made):
		return ctx.Err()
	case err != nil:
		return err
	case made:
		l.logger.Info("the answer to a commit was lost, and it was made", "name", l.name)
		return nil
	}
	return fmt.Errorf("%w: %w", broker.ErrAborted, cause)
}

// isMade reports whether a batch was written. All of it was, or nothing.
func (l *ledger) isMade(ctx context.Context, pieces []piece, write string) (bool, error) {
	for {
		r, err := l.last(ctx, pieces[0].Partition)
		if err != nil {
			return false, err
		}
		if r.write == write {
			return true, l.follow(ctx, pieces)
		}
		if err := l.stillMine(pieces[0].Commit, r); err != nil || pieces[0].Lost {
			return false, err
		}
		claimed, err := l.claim(ctx, pieces[0].Partition, r)
		if errors.Is(err, errRefused) {
			continue
		}
		if err == nil {
			l.claims.Set(pieces[0].Partition, claimed.sequence)
		}
		return false, err
	}
}

// follow takes the sequences of records that this run has written.
func (l *ledger) follow(ctx context.Context, pieces []piece) error {
	for _, p := range pieces {
		r, err := l.last(ctx, p.Partition)
		if err != nil {
			return err
		}
		if r.run == l.run {
			l.claims.Set(p.Partition, r.sequence)
		}
	}
	return nil
}
