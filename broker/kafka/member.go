package kafka

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/leat-go/leat/broker"
)

const (
	// firstPause and lastPause are the pauses between two attempts at what Kafka should be able to do.
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second
	// leaveTimeout is how long leaving the group may take.
	leaveTimeout = 2 * time.Second
)

// A member is the run's place in the consumer group, which source and sink of a job share: the session that joins and
// commits, and whose the partitions are.
//
// A partition's task is live from its start until the partition is lost: only then may it commit. A partition that is lost
// and comes back gets a new task when the old one has returned, so no commit of the old one can be taken for the new
// one's.
type member struct {
	*admin
	job       *broker.Job
	instance  string
	named     bool // the instance's name outlasts the run
	topics    *positionTopics
	identity  *identity
	positions *positions
	// partitions is how many partitions the tasks are for: as many as all topics have. It only grows.
	partitions atomic.Int64
	// sink says that the results go to this cluster, too; it is set before the run owns partitions.
	sink  bool
	users int // guarded by Broker.mu

	outputs *outputs

	// opening is held by the one that opens a session.
	opening chan struct{}
	// changed wakes the one that owns: a partition has come or gone, a task has returned, the session has failed.
	changed chan struct{}
	// looking wakes the one that looks for added partitions.
	looking chan struct{}

	mu      sync.Mutex
	session *session // nil before the first
	// tasks has an entry for each partition.
	tasks  []ownership
	owning bool
	// current is the number of the session that the run is for, once it owns partitions.
	current int64
	// err is what ends the run.
	err error
	// unsure is the number of the transaction whose end isn't known, 0 where there is none.
	unsure uint64
	ended  bool
}

// An ownership says what this instance has to do with a partition.
type ownership struct {
	// assigned says that the group has given the partition to this instance.
	assigned bool
	// running says that its task runs, or still returns after the partition was lost.
	running bool
	lost    bool
	cancel  context.CancelFunc
	// done says that the task has returned nil, with its session ended.
	done bool
}

// newMember prepares the membership; it joins the group when it must.
func newMember(a *admin, job *broker.Job, foreign bool) *member {
	m := &member{
		admin:    a,
		job:      job,
		instance: a.settings.instance,
		named:    a.settings.instance != "",
		outputs:  newOutputs(a, job.Outputs),
		opening:  make(chan struct{}, 1),
		changed:  make(chan struct{}, 1),
		looking:  make(chan struct{}, 1),
	}
	if !m.named {
		m.instance = randomName()
	}
	m.topics = &positionTopics{ids: map[string]kadm.TopicID{}, foreign: foreign}
	m.identity = &identity{admin: a, topics: m.topics}
	m.positions = newPositions(m.identity)
	m.positions.endPending = func(ctx context.Context) error {
		_, err := m.open(ctx)
		return err
	}
	return m
}

// Partitions implements broker.Input.
func (m *member) Partitions() int { return int(m.partitions.Load()) }

// setPartitions sets the number of partitions, once it is known and when it has grown. REQUIRES: mu is held, or nobody else
// knows the member.
func (m *member) setPartitions(n int) {
	for range n - len(m.tasks) {
		m.tasks = append(m.tasks, ownership{})
	}
	m.positions.setPartitions(n)
	m.partitions.Store(int64(n))
}

func (m *member) wake() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// fail ends the run.
func (m *member) fail(err error) {
	m.mu.Lock()
	if m.err == nil {
		m.err = fmt.Errorf("kafka: group %q, instance %q: %w", m.group, m.instance, err)
	}
	m.loseAll()
	m.mu.Unlock()
	m.wake()
}

func (m *member) failure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// lose takes a partition away from this instance. REQUIRES: mu is held.
func (m *member) lose(p int) {
	t := &m.tasks[p]
	t.assigned, t.done = false, false
	if t.running && !t.lost {
		t.lost = true
		t.cancel()
	}
}

// loseAll takes all partitions away. REQUIRES: mu is held.
func (m *member) loseAll() {
	for p := range m.tasks {
		m.lose(p)
	}
}

// live tells whether a partition's results may be committed. REQUIRES: mu is held.
func (m *member) live(p int) bool {
	t := &m.tasks[p]
	if m.owning {
		return t.running && !t.lost
	}
	return t.assigned
}

// open returns the session that lives, and opens one where none does. It tries until it succeeds, ctx ends, or going on is
// wrong.
func (m *member) open(ctx context.Context) (*session, error) {
	select {
	case m.opening <- struct{}{}:
		defer func() { <-m.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		m.mu.Lock()
		old, err := m.session, m.err
		m.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if old != nil && old.ctx.Err() == nil {
			return old, nil
		}
		s, err := m.openOnce(ctx, old)
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case final(err) != nil:
			m.fail(final(err))
			return nil, m.failure()
		}
		m.logger.Warn("joining the group failed, trying again", "error", err, "pause", pause)
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// openOnce opens a session in place of the old one.
func (m *member) openOnce(ctx context.Context, old *session) (*session, error) {
	if old != nil {
		replaced, err := m.wasReplaced(ctx, old)
		if err != nil {
			return nil, err
		}
		old.close() // before waiting: its client would go on claiming the place
		if replaced && m.named {
			if err := m.waitForPlace(ctx); err != nil {
				return nil, err
			}
		}
	}
	m.mu.Lock()
	s := newSession(m, m.owning && (m.named || old != nil))
	m.loseAll()
	m.session = s
	m.mu.Unlock()
	if err := s.join(ctx); err != nil {
		s.kill(err)
		return nil, err
	}
	return s, nil
}

// commit makes the commits visible that this instance may make, in one transaction. Those of partitions that were lost are
// dropped: whoever has them now makes them again.
func (m *member) commit(ctx context.Context, commits []broker.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	owning, unsure := m.owning, m.unsure
	m.mu.Unlock()
	if !owning {
		if _, err := m.open(ctx); err != nil {
			return err
		}
		if unsure != 0 {
			done, err := m.wasCommitted(ctx, unsure, commits)
			if done || err != nil {
				return err
			}
		}
	}
	live, s, err := m.liveCommits(commits)
	if err == nil && owning && unsure != 0 {
		err = m.findCommitted(ctx, unsure, commits)
	}
	if err != nil || len(live) == 0 {
		return err
	}
	if err := m.identity.check(ctx); err != nil {
		m.fail(err)
		return m.failure()
	}
	return s.commit(ctx, live)
}

// liveCommits returns the commits that may be made, and the session to make them in.
func (m *member) liveCommits(commits []broker.Commit) ([]broker.Commit, *session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, nil, m.err
	}
	live := make([]broker.Commit, 0, len(commits))
	for i, c := range commits {
		if c.Partition < 0 || c.Partition >= len(m.tasks) {
			return nil, nil, fmt.Errorf("kafka: a commit is for partition %d, but there are %d", c.Partition, len(m.tasks))
		}
		switch {
		case m.live(c.Partition):
			live = append(live, c)
		case !m.owning:
			return nil, nil, aborted(fmt.Errorf("partition %d is another member's of group %q", c.Partition, m.group))
		default:
			commits[i].Lost = true
			m.logger.Debug("commit dropped, the partition was lost", "partition", c.Partition)
		}
	}
	return live, m.session, nil
}

// wasCommitted finds out whether the transaction whose end wasn't learned has been committed; then its commits, which are
// the same as these, are done.
func (m *member) wasCommitted(ctx context.Context, transaction uint64, commits []broker.Commit) (bool, error) {
	positions, err := m.positions.fetch(ctx, []int{commits[0].Partition})
	if err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unsure = 0
	return positions[0].transaction == transaction, nil
}

// findCommitted finds out which of the commits of lost partitions were made by the transaction whose end wasn't learned.
func (m *member) findCommitted(ctx context.Context, transaction uint64, commits []broker.Commit) error {
	var lost []int
	for _, c := range commits {
		if c.Lost {
			lost = append(lost, c.Partition)
		}
	}
	m.setUnsure(0)
	if lost == nil {
		return nil
	}
	positions, err := m.positions.fetch(ctx, lost)
	if err != nil {
		return err
	}
	for i := range commits {
		if at := slices.Index(lost, commits[i].Partition); at >= 0 && positions[at].transaction == transaction {
			commits[i].Lost = false
		}
	}
	return nil
}

// close leaves the group for good.
func (m *member) close() {
	m.mu.Lock()
	s, ended := m.session, m.ended
	m.mu.Unlock()
	if s != nil {
		s.kill(context.Canceled)
		s.close()
		if !m.named || ended {
			ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
			defer cancel()
			if err := m.leaveGroup(ctx, m.instance); err != nil {
				m.logger.Debug("leaving the group failed, it will notice by itself", "error", err)
			}
		}
	}
	m.client.Close()
}

// Progress implements broker.Keeper.
func (m *member) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	return m.positions.progress(ctx, partition)
}

// LowestSession implements broker.SessionKeeper.
func (m *member) LowestSession(ctx context.Context) (int64, error) {
	return m.positions.lowestSession(ctx)
}
