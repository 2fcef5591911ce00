package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// sessionTimeout is how long the group waits for a member that sends no heartbeat, and transactionTimeout how
	// long Kafka waits for the end of a transaction, which holds up read_committed readers.
	sessionTimeout     = 10 * time.Second
	heartbeatInterval  = 500 * time.Millisecond
	rebalanceTimeout   = 20 * time.Second
	transactionTimeout = 10 * time.Second
	// produceTimeout is how long the copies of a partition may take to have what was sent.
	produceTimeout = 5 * time.Second
	// bufferedRecords is how many results are on their way to Kafka at a time.
	bufferedRecords = 50_000
)

// A member is one client in the group, for membership and transactions. It never fetches records. After a failure
// that leaves in doubt what Kafka holds of it, the membership replaces it by another.
type member struct {
	membership *membership
	// ctx ends when the member has failed. Its cause says why.
	ctx    context.Context
	cancel context.CancelCauseFunc
	// clientContext is that of the library's client. Without it, closing the client would wait for a Kafka that
	// doesn't answer.
	clientContext context.Context
	closeClient   context.CancelFunc
	// rejoins says that the instance shares the partitions with others, and that the group may know it already.
	rejoins bool
	// joined is closed with the first assignment.
	joined   chan struct{}
	joinOnce sync.Once
	// busy is held while a transaction is under way.
	busy  sync.Mutex
	group *kgo.GroupTransactSession

	// attempted says that the library has tried to join since the last assignment. Only its group management uses it.
	attempted bool

	// These are guarded by assignment.mu. assigned are the partition numbers of the last assignment, valid says that
	// they may be used, and total is how many numbers it has assigned to all members together.
	assigned map[int]bool
	valid    bool
	total    int
}

func newMember(m *membership) *member {
	mb := &member{membership: m, joined: make(chan struct{})}
	mb.ctx, mb.cancel = context.WithCancelCause(context.Background())
	mb.clientContext, mb.closeClient = context.WithCancel(context.Background())
	return mb
}

// newGroup makes the member's client, which begins to join the group.
func (mb *member) newGroup() (*kgo.GroupTransactSession, error) {
	m := mb.membership
	options, err := m.settings.clientOptions(m.logger,
		kgo.WithContext(mb.clientContext),
		kgo.ConsumerGroup(m.group),
		kgo.InstanceID(m.instance),
		kgo.ConsumeTopics(m.topics.names...),
		kgo.Balancers(&balancer{m.assignment.count, mb.onJoining, mb.onAssignment}),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { mb.onAssigned() }),
		kgo.OnPartitionsLost(func(context.Context, *kgo.Client, map[string][]int32) { mb.onLost() }),
		kgo.WithHooks(groupErrors{mb}, m.outages),
		kgo.SessionTimeout(sessionTimeout),
		kgo.HeartbeatInterval(heartbeatInterval),
		kgo.RebalanceTimeout(rebalanceTimeout),
		kgo.TransactionalID(m.assignment.transactionalID()),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.RequestTimeoutOverhead(responseTimeout),
		kgo.ProduceRequestTimeout(produceTimeout),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MaxBufferedRecords(bufferedRecords),
		kgo.ProducerBatchMaxBytesFn(m.outputs.batchLimit),
	)
	if err != nil {
		return nil, err
	}
	dial, err := m.settings.dialer()
	if err != nil {
		return nil, err
	}
	options = append(options, kgo.Dialer(persistent(dial)))
	if len(m.settings.compression) > 0 {
		options = append(options, kgo.ProducerBatchCompression(m.settings.compression...))
	}
	return kgo.NewGroupTransactSession(options...)
}

// join joins the group, waits for the first assignment, and only then takes the transactional id. In this order, an
// older process of this name whose producer is fenced can ask the group whether it was replaced.
func (mb *member) join(ctx context.Context) error {
	group, err := mb.newGroup()
	if err != nil {
		return &finalError{err, "the options don't go together"}
	}
	mb.group = group
	group.Client().PauseFetchTopics(mb.membership.topics.names...)
	select {
	case <-mb.joined:
	case <-mb.ctx.Done():
		return context.Cause(mb.ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
	if _, _, err = group.Client().ProducerID(ctx); err != nil {
		return err
	}
	// A member that comes back under its name gets what it had, without a rebalance. Where its predecessor died
	// between giving a partition up and saying so, nobody would have that partition.
	if mb.rejoins && !mb.membership.allAssigned(ctx, mb.membership.assignment.count()) {
		group.Client().ForceRebalance()
	}
	return nil
}

// kill ends the member: all its partitions are lost.
func (mb *member) kill(err error) {
	mb.cancel(err)
	mb.membership.assignment.revoke(mb)
}

// close closes the client, once the transaction under way has noticed the member's end.
func (mb *member) close() {
	mb.cancel(context.Canceled)
	mb.closeClient()
	mb.busy.Lock()
	defer mb.busy.Unlock()
	if mb.group != nil {
		mb.group.Close()
	}
}

// onJoining is called before each attempt to join. A second attempt without an assignment between says that the group
// has expelled the member, or may have: another may have had its partitions meanwhile.
func (mb *member) onJoining(owning bool) {
	if mb.attempted && owning {
		mb.onLost()
	}
	mb.attempted = true
}

// onAssignment is called with each assignment before the library acts on it. What is no longer there is lost.
func (mb *member) onAssignment(assignment map[string][]int32, total int) {
	mb.attempted = false
	mb.membership.assignment.assign(mb, numbers(assignment, mb.membership.topics.names), total)
}

// numbers returns the partition numbers of which all topics' partitions are assigned.
func numbers(assignment map[string][]int32, topics []string) map[int]bool {
	count := map[int]int{}
	for _, topic := range topics {
		for _, p := range assignment[topic] {
			count[int(p)]++
		}
	}
	numbers := map[int]bool{}
	for p, n := range count {
		numbers[p] = n == len(topics)
	}
	return numbers
}

// onAssigned is called when an assignment may be used.
func (mb *member) onAssigned() {
	mb.membership.assignment.confirm(mb)
	mb.joinOnce.Do(func() { close(mb.joined) })
}

// onLost is called when the group has expelled the member.
func (mb *member) onLost() { mb.membership.assignment.revoke(mb) }

// groupErrors is told of what breaks the membership. The library tells nobody else, since nobody polls this client.
type groupErrors struct{ *member }

// OnGroupManageError implements kgo.HookGroupManageError.
func (h groupErrors) OnGroupManageError(err error) {
	h.onLost()
	if errors.Is(err, kerr.FencedInstanceID) {
		h.kill(err)
		h.closeClient() // the library would join again, and so fence the one that has replaced this one
	}
	if err := final(err); err != nil {
		h.kill(err)
		h.membership.assignment.fail(err)
		return
	}
	if errors.Is(err, kgo.ErrClientClosed) {
		return // this member was closed while it joined: nothing joins again
	}
	h.membership.logger.Warn("the group was left, joining again", "error", err)
}

// randomName returns a name for an instance without one.
func randomName() string { return rand.Text() }
