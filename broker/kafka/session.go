package kafka

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
)

const (
	// sessionTimeout is how long the group waits for an instance that shows no life, and transactionTimeout how long
	// Kafka does for a transaction, which holds up read_committed readers.
	sessionTimeout     = 10 * time.Second
	heartbeatInterval  = 500 * time.Millisecond
	rebalanceTimeout   = 20 * time.Second
	transactionTimeout = 10 * time.Second
	// produceTimeout is how long the copies of a partition may take to have what was sent.
	produceTimeout = 5 * time.Second
	// bufferedRecords is how many results are on their way to Kafka at a time.
	bufferedRecords = 50_000
	// flushCheck is how long results may be on their way before the topics are looked at.
	flushCheck = 5 * time.Second
)

// A session is one client in the group, for membership and transactions; it never fetches data. When it fails in a way
// that leaves it in doubt, it is replaced by another.
type session struct {
	member *member
	// ctx ends when the session has failed: cause says why.
	ctx    context.Context
	cancel context.CancelCauseFunc
	// client is the context of the library's client, without which closing it would wait for a Kafka that doesn't answer.
	client      context.Context
	closeClient context.CancelFunc
	// again says that the instance shares the partitions with others, and that the group may know it already.
	again bool
	// joined is closed with the first assignment.
	joined   chan struct{}
	joinOnce sync.Once
	// busy is held while a transaction is under way.
	busy  sync.Mutex
	group *kgo.GroupTransactSession

	// attempted says that the library's group management, which alone uses it, has tried to join since the last assignment.
	attempted bool

	// These are guarded by member.mu. assigned are the partition numbers of the last assignment, and holds says that it does;
	// dealt is how many numbers it has dealt out, to all instances.
	assigned map[int]bool
	holds    bool
	dealt    int
}

func newSession(m *member, again bool) *session {
	s := &session{member: m, again: again, joined: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.client, s.closeClient = context.WithCancel(context.Background())
	return s
}

// newGroup makes the client of the session, which begins to join the group.
func (s *session) newGroup() (*kgo.GroupTransactSession, error) {
	m := s.member
	options, err := m.settings.clientOptions(m.logger,
		kgo.WithContext(s.client),
		kgo.ConsumerGroup(m.group),
		kgo.InstanceID(m.instance),
		kgo.ConsumeTopics(m.topics.names...),
		kgo.Balancers(&balancer{m.Partitions, s.onJoining, s.onAssignment}),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { s.onAssigned() }),
		kgo.OnPartitionsLost(func(context.Context, *kgo.Client, map[string][]int32) { s.onLost() }),
		kgo.WithHooks(groupErrors{s}),
		kgo.SessionTimeout(sessionTimeout),
		kgo.HeartbeatInterval(heartbeatInterval),
		kgo.RebalanceTimeout(rebalanceTimeout),
		kgo.TransactionalID(m.group+"-"+m.instance),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.RequestTimeoutOverhead(answerTimeout),
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

// join joins the group, waits for the first assignment, and then takes the transactional id: in this order, an older
// process of this name that finds its producer fenced can tell by its membership that it was replaced.
func (s *session) join(ctx context.Context) error {
	group, err := s.newGroup()
	if err != nil {
		return &finalError{err, "the options don't go together"}
	}
	s.group = group
	group.Client().PauseFetchTopics(s.member.topics.names...)
	select {
	case <-s.joined:
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
	if _, _, err = group.Client().ProducerID(ctx); err != nil {
		return err
	}
	// A member that comes back under its name gets what it had, and nobody is asked. Where its predecessor died between
	// giving a partition up and saying so, nobody would have that.
	if s.again && !s.member.allAssigned(ctx, s.member.Partitions()) {
		group.Client().ForceRebalance()
	}
	return nil
}

// kill ends the session: all partitions are lost.
func (s *session) kill(err error) {
	s.cancel(err)
	m := s.member
	m.mu.Lock()
	if m.session == s {
		m.loseAll()
	}
	m.mu.Unlock()
	m.wake()
}

// close closes the client, when the transaction under way has noticed the end of the session.
func (s *session) close() {
	s.cancel(context.Canceled)
	s.closeClient()
	s.busy.Lock()
	defer s.busy.Unlock()
	if s.group != nil {
		s.group.Close()
	}
}

// onJoining is called before each attempt to join. A second one without an assignment between says that the member has
// been expelled meanwhile, or may have been: what it had may have been another's.
func (s *session) onJoining(owning bool) {
	if s.attempted && owning {
		s.onLost()
	}
	s.attempted = true
}

// onAssignment is called with each assignment before anything is made of it. What is no longer there is lost.
func (s *session) onAssignment(assignment map[string][]int32, dealt int) {
	s.attempted = false
	m := s.member
	m.mu.Lock()
	defer m.mu.Unlock()
	s.assigned, s.holds, s.dealt = numbers(assignment, m.topics.names), false, dealt
	if m.session != s {
		return
	}
	for p := range m.tasks {
		if !s.assigned[p] {
			m.lose(p)
		}
	}
	if dealt > len(m.tasks) {
		m.lookNow() // another instance knows of more
	}
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

// onAssigned is called when an assignment holds.
func (s *session) onAssigned() {
	m := s.member
	m.mu.Lock()
	s.holds = true
	s.take()
	m.mu.Unlock()
	s.joinOnce.Do(func() { close(s.joined) })
	m.wake()
}

// take gives the member the partitions of an assignment that holds, as far as it knows of them. REQUIRES: member.mu is held.
func (s *session) take() {
	m := s.member
	if !s.holds || m.session != s || s.ctx.Err() != nil || m.err != nil {
		return
	}
	for p, all := range s.assigned {
		if all && p < len(m.tasks) {
			m.tasks[p].assigned = true
		}
	}
}

// onLost is called when the member has been expelled from the group.
func (s *session) onLost() {
	m := s.member
	m.mu.Lock()
	s.holds = false
	if m.session == s {
		m.loseAll()
	}
	m.mu.Unlock()
	m.wake()
}

// groupErrors hears of what breaks the membership, which an unpolled client tells nobody else.
type groupErrors struct{ *session }

// OnGroupManageError implements kgo.HookGroupManageError.
func (h groupErrors) OnGroupManageError(err error) {
	h.onLost()
	if errors.Is(err, kerr.FencedInstanceID) {
		h.kill(err)
		h.closeClient() // the library would take the place back from the one that has replaced this one
	}
	if err := final(err); err != nil {
		h.kill(err)
		h.member.fail(err)
		return
	}
	h.member.logger.Warn("the group was left, joining again", "error", err)
}

// commit makes commits in one transaction.
func (s *session) commit(ctx context.Context, commits []broker.Commit) error {
	transaction := randomNumber()
	offsets, err := s.member.positions.offsets(commits, transaction)
	if err != nil {
		return err
	}
	return s.commitOffsets(ctx, commits, offsets, transaction)
}

// commitStarts commits where the nodes of a partition begin, by topic, in a transaction without results.
func (s *session) commitStarts(ctx context.Context, of []broker.Commit, starts map[string]int64) error {
	transaction := randomNumber()
	offsets, err := s.member.positions.offsetsOf(map[int]position{
		of[0].Partition: s.member.positions.startPosition(of[0].Partition, starts, transaction),
	})
	if err != nil {
		return err
	}
	return s.commitOffsets(ctx, of, offsets, transaction)
}

func (s *session) commitOffsets(
	ctx context.Context, commits []broker.Commit, offsets []kmsg.TxnOffsetCommitRequestTopic, transaction uint64,
) error {
	s.busy.Lock()
	defer s.busy.Unlock()
	both, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })()
	// Not every wait in the library heeds the context. Who gives up a commit gives up the session anyway.
	defer context.AfterFunc(both, s.closeClient)()

	err := s.transact(both, commits, offsets, transaction)
	switch {
	case err == nil, errors.Is(err, broker.ErrAborted):
		return err
	case ctx.Err() != nil:
		s.kill(err)
		s.member.setUnsure(0) // nobody tries the same again
		return ctx.Err()
	case hopeless(err) != nil:
		s.kill(err)
		s.member.fail(hopeless(err))
		return s.member.failure()
	}
	s.kill(err)
	return aborted(err)
}

// transact makes one transaction. An error that doesn't wrap broker.ErrAborted leaves the session in doubt.
func (s *session) transact(
	ctx context.Context, commits []broker.Commit, offsets []kmsg.TxnOffsetCommitRequestTopic, transaction uint64,
) error {
	if err := s.group.Begin(); err != nil {
		return err
	}
	if err := s.produce(ctx, commits); err != nil {
		if failed, ok := errors.AsType[*produceError](err); ok && errors.Is(err, kerr.MessageTooLarge) {
			return s.member.outputs.shrink(ctx, failed, commits)
		}
		if err = s.member.outputs.checkDeleted(ctx, err); final(err) != nil {
			return err
		}
		if _, end := s.group.End(ctx, kgo.TryAbort); end != nil || ctx.Err() != nil || isFenced(err) {
			return errors.Join(err, end)
		}
		if err := hopeless(err); err != nil {
			return err
		}
		return aborted(err)
	}
	s.member.setUnsure(transaction)
	fill := func(request *kmsg.TxnOffsetCommitRequest) error {
		// The request has its generation by now. A partition that is lost later is so with another generation, and Kafka
		// refuses this one; one that was lost earlier must not be committed with the generation after that.
		if !s.member.allLive(commits) {
			return errLost
		}
		request.Topics = offsets
		return nil
	}
	committed, err := s.group.End(kgo.PreTxnCommitFnContext(ctx, fill), kgo.TryCommit)
	if errors.Is(err, errLost) {
		s.member.setUnsure(0)
		return aborted(err)
	}
	if err != nil {
		return err
	}
	s.member.setUnsure(0)
	if !committed {
		return aborted(errors.New("the group has changed"))
	}
	return nil
}

// errLost ends a transaction that holds results of a partition that was lost meanwhile.
var errLost = errors.New("a partition was lost")

func (m *member) allLive(commits []broker.Commit) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range commits {
		if !m.live(c.Partition) {
			return false
		}
	}
	return true
}

func (m *member) setUnsure(transaction uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unsure = transaction
}

// produce sends results and marks, and waits until Kafka has them.
func (s *session) produce(ctx context.Context, commits []broker.Commit) error {
	client, outputs := s.group.Client(), s.member.job.Outputs
	var failed firstError
	for _, c := range commits {
		for i := range c.Results {
			r := &c.Results[i]
			client.Produce(ctx, &kgo.Record{
				Topic:     outputs[r.Stream].Name,
				Partition: int32(c.Partition),
				Key:       r.Key,
				Value:     r.Value,
				Timestamp: r.Time,
			}, failed.promise)
		}
		if c.End {
			for _, topic := range names(outputs) {
				client.Produce(ctx, s.member.outputs.mark(topic, c.Partition), failed.promise)
			}
		}
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	err := failed.get()
	if err != nil {
		client.ForceMetadataRefresh() // the client may not know yet of a partition that was added
	}
	return err
}

// flush waits until Kafka has all results. The library waits for ever for a topic that was there once; where that takes
// long, it may have been deleted.
func (s *session) flush(ctx context.Context) error {
	for {
		short, cancel := context.WithTimeout(ctx, flushCheck)
		err := s.group.Client().Flush(short)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if err := s.outputsThere(ctx); err != nil {
			return err
		}
	}
}

// outputsThere returns a final error where an output was deleted. A broker that gives no answer doesn't hold up the results by
// it: they may long be on their way to another.
func (s *session) outputsThere(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, 2*createdGrace) // what comes late isn't taken for deleted
	defer cancel()
	if err := s.member.outputs.checkDeleted(short, kerr.UnknownTopicOrPartition); errors.Is(err, errFinal) {
		return err
	}
	return nil
}

// A firstError keeps the first error of many records.
type firstError struct {
	mu  sync.Mutex
	err error
}

func (f *firstError) promise(r *kgo.Record, err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = &produceError{r.Topic, err}
	}
}

func (f *firstError) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// names returns the names of streams, each once.
func names(streams []broker.Stream) []string {
	var all []string
	seen := map[string]bool{}
	for _, s := range streams {
		if !seen[s.Name] {
			all = append(all, s.Name)
		}
		seen[s.Name] = true
	}
	return all
}

// randomNumber returns a number, not zero, that nobody else has.
func randomNumber() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:]) | 1
}

// randomName returns a name for an instance without one.
func randomName() string { return rand.Text() }
