package kafka

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
)

// An assignment says which partitions the group has given to this instance, and what their tasks do. It is safe for
// concurrent use.
//
// A task is live from its start until its partition is lost, and only then may it commit. Partition 3 may be lost and
// come back while its task still returns. It gets a new task only after that, so no commit of the old task is taken
// for the new one's.
type assignment struct {
	*admin
	instance string
	// partitions is how many partitions there are: as many as all topics have. It only grows.
	partitions atomic.Int64
	// changed wakes the one that owns: a partition has come or gone, a task has returned, the member has failed.
	changed chan struct{}
	// moreKnown wakes the one that watches the topics: somebody knows of more partitions than this instance.
	moreKnown chan struct{}

	mu sync.Mutex
	// member is the one whose partitions these are; nil before the first.
	member *member
	// tasks has an entry for each partition.
	tasks []partitionTask
	// owning says that the run works on the partitions. Where another storage is the source, it never does.
	owning bool
	// err is what ends the run.
	err error
}

// A partitionTask is the state of one partition in this instance.
type partitionTask struct {
	// assigned says that the group has given the partition to this instance.
	assigned bool
	// running says that the task runs, or still returns after the partition was lost.
	running bool
	lost    bool
	cancel  context.CancelFunc
	// done says that the task has returned nil, with its session ended.
	done bool
}

func newAssignment(a *admin, instance string) *assignment {
	return &assignment{admin: a, instance: instance, changed: make(chan struct{}, 1), moreKnown: make(chan struct{}, 1)}
}

// transactionalID returns the id of this instance's transactions.
func (a *assignment) transactionalID() string { return a.group + "-" + a.instance }

// setPartitions sets the number of partitions, once it is known and when it has grown. The member gets what it was
// assigned of them.
func (a *assignment) setPartitions(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for range n - len(a.tasks) {
		a.tasks = append(a.tasks, partitionTask{})
	}
	a.partitions.Store(int64(n))
	if a.member != nil {
		a.take(a.member)
	}
}

// count returns the number of partitions.
func (a *assignment) count() int { return int(a.partitions.Load()) }

// wake wakes the one that owns.
func (a *assignment) wake() { signal(a.changed) }

// signal wakes whoever waits for a channel of capacity one, now or next.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// fail ends the run.
func (a *assignment) fail(err error) {
	a.mu.Lock()
	if a.err == nil {
		a.err = fmt.Errorf("kafka: group %q, instance %q: %w", a.group, a.instance, err)
	}
	a.loseAll()
	a.mu.Unlock()
	a.wake()
}

// failure returns what ends the run; nil while nothing does.
func (a *assignment) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// current returns the member whose partitions these are, nil before the first, or what ends the run.
func (a *assignment) current() (*member, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.member, a.err
}

// replace makes a new member the current one. What the one before it had is lost. It tells the new one whether it
// comes back to a group that may know it already.
func (a *assignment) replace(mb *member, named bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	mb.rejoins = a.owning && (named || a.member != nil)
	a.loseAll()
	a.member = mb
}

// assign notes an assignment of the group, before the member may use it. What is no longer assigned is lost.
func (a *assignment) assign(mb *member, partitions map[int]bool, total int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	mb.assigned, mb.valid, mb.total = partitions, false, total
	if a.member != mb {
		return
	}
	for p := range a.tasks {
		if !partitions[p] {
			a.lose(p)
		}
	}
	if total > len(a.tasks) {
		signal(a.moreKnown)
	}
}

// confirm gives a member the partitions of its last assignment, which it may use from now on.
func (a *assignment) confirm(mb *member) {
	a.mu.Lock()
	mb.valid = true
	a.take(mb)
	a.mu.Unlock()
	a.wake()
}

// take gives a member the partitions of a valid assignment, as far as this instance knows of them. REQUIRES: mu is
// held.
func (a *assignment) take(mb *member) {
	if !mb.valid || a.member != mb || mb.ctx.Err() != nil || a.err != nil {
		return
	}
	for p, all := range mb.assigned {
		if all && p < len(a.tasks) {
			a.tasks[p].assigned = true
		}
	}
}

// revoke takes all partitions from a member that the group has expelled, or may have.
func (a *assignment) revoke(mb *member) {
	a.mu.Lock()
	mb.valid = false
	if a.member == mb {
		a.loseAll()
	}
	a.mu.Unlock()
	a.wake()
}

// lose takes a partition away from this instance. REQUIRES: mu is held.
func (a *assignment) lose(p int) {
	t := &a.tasks[p]
	t.assigned, t.done = false, false
	if t.running && !t.lost {
		t.lost = true
		t.cancel()
	}
}

// loseAll takes all partitions away. REQUIRES: mu is held.
func (a *assignment) loseAll() {
	for p := range a.tasks {
		a.lose(p)
	}
}

// setOwning says whether the run works on the partitions.
func (a *assignment) setOwning(owning bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owning = owning
}

func (a *assignment) isOwning() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.owning
}

// isRunning tells whether the task of a partition runs.
func (a *assignment) isRunning(p int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tasks[p].running
}

// live tells whether a partition's results may be committed. REQUIRES: mu is held.
func (a *assignment) live(p int) bool {
	t := &a.tasks[p]
	if a.owning {
		return t.running && !t.lost
	}
	return t.assigned
}

// allLive tells whether the results of all commits may be committed.
func (a *assignment) allLive(commits []broker.Commit) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range commits {
		if !a.live(c.Partition) {
			return false
		}
	}
	return true
}

// liveCommits returns the commits that may be made, and the member to make them. It marks the others as lost.
func (a *assignment) liveCommits(commits []broker.Commit) ([]broker.Commit, *member, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return nil, nil, a.err
	}
	live := make([]broker.Commit, 0, len(commits))
	for i, c := range commits {
		if c.Partition < 0 || c.Partition >= len(a.tasks) {
			return nil, nil, fmt.Errorf("kafka: a commit is for partition %d, but there are %d", c.Partition, len(a.tasks))
		}
		switch {
		case a.live(c.Partition):
			live = append(live, c)
		case !a.owning:
			return nil, nil, aborted(fmt.Errorf("partition %d is another member's of group %q", c.Partition, a.group))
		default:
			commits[i].Lost = true
			a.logger.Debug("commit dropped, the partition was lost", "partition", c.Partition)
		}
	}
	return live, a.member, nil
}

// startTasks starts the tasks of the partitions that have come.
func (a *assignment) startTasks(ctx context.Context, start func(context.Context, int)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for p := range a.tasks {
		t := &a.tasks[p]
		if !t.assigned || t.running || t.done || ctx.Err() != nil {
			continue
		}
		var own context.Context
		own, t.cancel = context.WithCancel(ctx)
		t.running, t.lost = true, false
		a.logger.Debug("partition taken", "partition", p)
		start(own, p)
	}
}

// returned notes that the task of a partition has returned, and tells whether the others go on.
func (a *assignment) returned(ctx context.Context, p int, err error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := &a.tasks[p]
	t.cancel()
	t.running = false
	switch {
	case t.lost:
		a.logger.Debug("partition given up", "partition", p)
	case err != nil && a.err == nil && ctx.Err() == nil:
		a.err = err
	case err == nil && ctx.Err() == nil:
		t.done = true
	}
	a.wake()
	return a.err == nil
}

// tally returns how many partitions have a task that runs, or is to start, how many have ended, and how many there are.
func (a *assignment) tally() (running, done, all int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for p := range a.tasks {
		t := &a.tasks[p]
		switch {
		case t.done:
			done++
		case t.running || t.assigned:
			running++
		}
	}
	return running, done, len(a.tasks)
}

// totals returns whether a member may use its last assignment, how many partitions that covers for all members
// together, and how many this instance knows of.
func (a *assignment) totals(mb *member) (valid bool, total, known int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return mb.valid, mb.total, len(a.tasks)
}
