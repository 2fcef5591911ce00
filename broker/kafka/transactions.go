package kafka

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
)

// transactions make a run's commits, each in one transaction of the member that lives. One is made at a time.
//
// Kafka may commit a transaction whose answer is lost. Its commits must then neither be made again, which would
// double their results, nor be given up. So each transaction has a number, which the committed positions hold, and
// the next attempt reads those first.
type transactions struct {
	membership *membership
	assignment *assignment
	positions  *positions
	outputs    *outputs
	// unknown is the number of the transaction whose outcome isn't known, 0 where there is none.
	unknown atomic.Uint64
}

// commit makes the commits visible that this instance may make, in one transaction. Those of partitions that were
// lost are dropped: whoever has the partitions now makes them again.
func (t *transactions) commit(ctx context.Context, commits []broker.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	owning, unknown := t.assignment.isOwning(), t.unknown.Load()
	if !owning {
		if _, err := t.membership.open(ctx); err != nil {
			return err
		}
		if unknown != 0 {
			done, err := t.wasCommitted(ctx, unknown, commits)
			if done || err != nil {
				return err
			}
		}
	}
	live, mb, err := t.assignment.liveCommits(commits)
	if err == nil && owning && unknown != 0 {
		err = t.findCommitted(ctx, unknown, commits)
	}
	if err != nil || len(live) == 0 {
		return err
	}
	if err := t.positions.identity.check(ctx); err != nil {
		t.assignment.fail(err)
		return t.assignment.failure()
	}
	number := randomNumber()
	offsets, err := t.positions.offsets(live, number)
	if err != nil {
		return err
	}
	return t.commitOffsets(ctx, mb, live, offsets, number)
}

// commitStart commits where the nodes of a partition begin, by topic, without results.
func (t *transactions) commitStart(ctx context.Context, p int, starts map[string]int64) error {
	live, mb, err := t.assignment.liveCommits([]broker.Commit{{Partition: p}})
	if err != nil {
		return err
	}
	if len(live) == 0 {
		return ctx.Err()
	}
	number := randomNumber()
	offsets, err := t.positions.offsetsOf(map[int]position{p: t.positions.startPosition(p, starts, number)})
	if err != nil {
		return err
	}
	return t.commitOffsets(ctx, mb, live, offsets, number)
}

// wasCommitted finds out whether the transaction of unknown outcome was committed. Then its commits, which are the
// same as these, are done.
func (t *transactions) wasCommitted(ctx context.Context, number uint64, commits []broker.Commit) (bool, error) {
	positions, err := t.positions.fetch(ctx, []int{commits[0].Partition})
	if err != nil {
		return false, err
	}
	t.unknown.Store(0)
	return positions[0].transaction == number, nil
}

// findCommitted finds out which of the commits of lost partitions the transaction of unknown outcome has made.
func (t *transactions) findCommitted(ctx context.Context, number uint64, commits []broker.Commit) error {
	var lost []int
	for _, c := range commits {
		if c.Lost {
			lost = append(lost, c.Partition)
		}
	}
	t.unknown.Store(0)
	if lost == nil {
		return nil
	}
	positions, err := t.positions.fetch(ctx, lost)
	if err != nil {
		return err
	}
	for i := range commits {
		if at := slices.Index(lost, commits[i].Partition); at >= 0 && positions[at].transaction == number {
			commits[i].Lost = false
		}
	}
	return nil
}

// commitOffsets makes one transaction of results and offsets. A member that it leaves in doubt is killed, and the
// next commit is another member's.
func (t *transactions) commitOffsets(
	ctx context.Context, mb *member, commits []broker.Commit, offsets []kmsg.TxnOffsetCommitRequestTopic, number uint64,
) error {
	mb.busy.Lock()
	defer mb.busy.Unlock()
	both, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(mb.ctx, func() { cancel(context.Cause(mb.ctx)) })()
	// Not every wait in the library heeds the context. Who gives up a commit gives up the member anyway.
	defer context.AfterFunc(both, mb.closeClient)()

	err := t.transact(both, mb, commits, offsets, number)
	switch {
	case err == nil, errors.Is(err, broker.ErrAborted):
		return err
	case ctx.Err() != nil:
		mb.kill(err)
		t.unknown.Store(0) // nobody tries the same again
		return ctx.Err()
	case unretriable(err) != nil:
		mb.kill(err)
		t.assignment.fail(unretriable(err))
		return t.assignment.failure()
	}
	mb.kill(err)
	return aborted(err)
}

// transact makes one transaction. An error that doesn't wrap broker.ErrAborted leaves the member in doubt.
func (t *transactions) transact(
	ctx context.Context, mb *member, commits []broker.Commit, offsets []kmsg.TxnOffsetCommitRequestTopic, number uint64,
) error {
	if err := mb.group.Begin(); err != nil {
		return err
	}
	if err := t.outputs.produce(ctx, mb.group.Client(), commits); err != nil {
		return t.abort(ctx, mb, commits, err)
	}
	t.unknown.Store(number)
	fill := func(request *kmsg.TxnOffsetCommitRequest) error {
		// The request has its generation by now. A partition that is lost later is lost in another generation, and
		// Kafka refuses this request then. One that was lost before must not be committed with the generation that
		// came after.
		if !t.assignment.allLive(commits) {
			return errLost
		}
		request.Topics = offsets
		return nil
	}
	committed, err := mb.group.End(kgo.PreTxnCommitFnContext(ctx, fill), kgo.TryCommit)
	if errors.Is(err, errLost) {
		t.unknown.Store(0)
		return aborted(err)
	}
	if err != nil {
		return err
	}
	t.unknown.Store(0)
	if !committed {
		return aborted(errors.New("the group has changed"))
	}
	return nil
}

// abort ends a transaction whose results Kafka hasn't taken, and says what that means for the run.
func (t *transactions) abort(ctx context.Context, mb *member, commits []broker.Commit, err error) error {
	if failed, ok := errors.AsType[*produceError](err); ok && errors.Is(err, kerr.MessageTooLarge) {
		return t.outputs.shrink(ctx, failed, commits)
	}
	if err = t.outputs.checkDeleted(ctx, err); final(err) != nil {
		return err
	}
	if _, end := mb.group.End(ctx, kgo.TryAbort); end != nil || ctx.Err() != nil || isFenced(err) {
		return errors.Join(err, end)
	}
	if err := unretriable(err); err != nil {
		return err
	}
	return aborted(err)
}

// errLost ends a transaction that holds results of a partition that was lost meanwhile.
var errLost = errors.New("a partition was lost")

// randomNumber returns a number, not zero, that nobody else has.
func randomNumber() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:]) | 1
}
