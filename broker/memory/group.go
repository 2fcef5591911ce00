package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/leat-go/leat/broker"
)

// A group is the runs of one job name that share the partitions of a session. It ends when the tasks of all partitions
// have returned nil; who comes later starts a new one. All of it is guarded by Broker.mu.
type group struct {
	members []*member
	tasks   []ownership
}

// A member is one call of Own.
type member struct {
	job *broker.Job
	// ctx ends with the run and when a task has failed.
	ctx context.Context
	// err is the first error of a task.
	err error
}

// An ownership says whose a partition is.
type ownership struct {
	// owner is the member whose task runs, nil where none does.
	owner  *member
	cancel context.CancelFunc
	// lost says that the partition was taken away from the task that runs.
	lost bool
	// doneBy is the member whose task has returned nil.
	doneBy *member
}

// Own implements broker.Input. Partitions are dealt out in turn among the runs of the job's name.
func (in *input) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	m := &member{job: in.job, ctx: own}
	b := in.broker
	g, err := b.join(in.job.Name, in.partitions, m)
	if err != nil {
		return err
	}
	var tasks sync.WaitGroup
	stopped := b.await(own, func() bool {
		b.deal(g, m, func(ctx context.Context, partition int) {
			tasks.Go(func() { b.settle(g, m, partition, task(ctx, partition)) })
		})
		return g.finished() || m.err != nil
	})
	cancel()
	tasks.Wait()
	switch finished := b.leave(g, m); {
	case finished:
		return nil
	case m.err != nil && !errors.Is(m.err, stopped):
		return m.err
	}
	return stopped
}

// join makes m a member of the job's group.
func (b *Broker) join(job string, partitions int, m *member) (*group, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.groups[job]
	if g == nil {
		g = &group{tasks: make([]ownership, partitions)}
		b.groups[job] = g
	}
	if len(g.tasks) != partitions {
		return nil, fmt.Errorf("memory: another run named %q shares out %s and this one %d; "+
			"give mills that run side by side names of their own", job, plural(len(g.tasks), "partition"), partitions)
	}
	g.members = append(g.members, m)
	b.wake()
	return g, nil
}

// leave takes m out of its group and returns whether the group's session has ended. Where it hasn't, what m had ended
// is for others to look at again: they find in the committed progress whether the end was committed.
func (b *Broker) leave(g *group, m *member) (finished bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if g.finished() {
		return true
	}
	g.members = slices.DeleteFunc(g.members, func(other *member) bool { return other == m })
	for p := range g.tasks {
		if g.tasks[p].doneBy == m {
			g.tasks[p].doneBy = nil
		}
	}
	if len(g.members) == 0 {
		delete(b.groups, m.job.Name)
	}
	b.wake()
	return false
}

func (g *group) finished() bool {
	return !slices.ContainsFunc(g.tasks, func(t ownership) bool { return t.doneBy == nil })
}

// holder returns the member that a partition should belong to, nil where it was taken away from all.
func (b *Broker) holder(g *group, partition int) *member {
	if b.revoked[partition] {
		return nil
	}
	return g.members[partition%len(g.members)]
}

// deal starts m's tasks of the partitions that have come to it and ends those of the partitions that have gone.
func (b *Broker) deal(g *group, m *member, start func(ctx context.Context, partition int)) {
	if m.ctx.Err() != nil || m.err != nil {
		return
	}
	for p := range g.tasks {
		t := &g.tasks[p]
		mine := b.holder(g, p) == m
		switch {
		case t.owner == m && !mine:
			t.lose()
		case t.owner == nil && t.doneBy == nil && mine:
			var ctx context.Context
			ctx, t.cancel = context.WithCancel(m.ctx)
			t.owner, t.lost = m, false
			start(ctx, p)
		}
	}
}

func (t *ownership) lose() {
	if t.owner != nil {
		t.lost = true
		t.cancel()
	}
}

// settle notes that m's task of a partition has returned.
func (b *Broker) settle(g *group, m *member, partition int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := &g.tasks[partition]
	t.cancel()
	t.owner = nil
	switch {
	case t.lost:
	case err != nil && m.err == nil:
		m.err = err
	case err == nil && m.ctx.Err() == nil:
		t.doneBy = m
	}
	if g.finished() {
		delete(b.groups, m.job.Name)
	}
	b.wake()
}

// fenced tells whether a partition isn't the job's to commit: because it was taken away and the task has returned, or
// because another run has it.
func (b *Broker) fenced(job *broker.Job, partition int) bool {
	g := b.groups[job.Name]
	if g == nil || partition >= len(g.tasks) {
		return false
	}
	t := g.tasks[partition]
	switch {
	case t.owner != nil:
		return t.owner.job != job
	case t.doneBy != nil:
		return t.doneBy.job != job
	}
	return b.revoked[partition]
}

// Revoke takes a partition away from every run: the context of its task ends, and no other task is started for it
// until [Broker.Restore]. A commit for the partition is refused with [broker.ErrAborted] once the task has returned.
// Revoke doesn't wait for that.
func (b *Broker) Revoke(partition int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.revoked[partition] = true
	for _, g := range b.groups {
		if partition < len(g.tasks) {
			g.tasks[partition].lose()
		}
	}
	b.wake()
}

// Restore gives a partition back that [Broker.Revoke] took away: its task is called again.
func (b *Broker) Restore(partition int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.revoked, partition)
	b.wake()
}
