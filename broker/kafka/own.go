package kafka

import (
	"context"
	"errors"
	"sync"
	"time"
)

// endCheck is how often an instance whose own partitions have ended, or that has none, looks whether all others have.
const endCheck = 300 * time.Millisecond

type task = func(ctx context.Context, partition int) error

// own implements broker.Input.Own.
func (m *member) own(ctx context.Context, t task) error {
	session, err := m.positions.currentSession(ctx)
	if err != nil {
		return err
	}
	m.setOwning(true, session)
	defer m.setOwning(false, session)
	m.dealAgain()
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	var tasks sync.WaitGroup
	if !m.topics.foreign {
		tasks.Go(func() { m.watchTransactions(own) })
		tasks.Go(func() { m.watchTopics(own) })
	}
	ended, err := m.ownUntil(own, session, func(ctx context.Context, p int) {
		tasks.Go(func() {
			if !m.settle(own, p, m.runTask(ctx, p, t)) {
				cancel()
			}
		})
	})
	cancel()
	tasks.Wait()
	failed := m.failure()
	switch {
	case failed != nil:
		return failed
	case ended:
		m.mu.Lock()
		m.ended = true
		m.mu.Unlock()
		return nil
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return ctx.Err()
	}
	return err
}

// ownUntil starts tasks as partitions come, until the session has ended for the whole group.
func (m *member) ownUntil(ctx context.Context, session int64, start func(context.Context, int)) (ended bool, err error) {
	for {
		if _, err := m.open(ctx); err != nil {
			return false, err
		}
		m.deal(ctx, start)
		check, err := m.sessionEnded(ctx, session, &ended)
		if ended || err != nil {
			return ended, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-m.changed:
		case <-check:
		}
		if err := m.failure(); err != nil {
			return false, err
		}
	}
}

// sessionEnded finds out whether all partitions have ended the session; they have where this instance has seen the end
// of each, or where the group's positions say so. It returns what tells when to look again; nil while tasks run.
func (m *member) sessionEnded(ctx context.Context, session int64, ended *bool) (again <-chan time.Time, err error) {
	running, done, all := m.count()
	switch {
	case done == all:
		*ended = true
		return nil, nil
	case running > 0:
		return nil, nil
	}
	lowest, err := m.positions.lowestSession(ctx)
	*ended = err == nil && lowest > session
	return time.After(endCheck), err
}

// count returns how many partitions have a task that runs, or comes to run, how many have ended, and how many there are.
func (m *member) count() (running, done, all int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p := range m.tasks {
		t := &m.tasks[p]
		switch {
		case t.done:
			done++
		case t.running || t.assigned:
			running++
		}
	}
	return running, done, len(m.tasks)
}

// dealAgain has the group deal again where a session was opened before there was anything to share; see session.join.
func (m *member) dealAgain() {
	m.mu.Lock()
	s := m.session
	m.mu.Unlock()
	if s != nil && m.named && s.ctx.Err() == nil {
		s.group.Client().ForceRebalance()
	}
}

func (m *member) setOwning(owning bool, session int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owning, m.current = owning, session
}

// deal starts the tasks of the partitions that have come.
func (m *member) deal(ctx context.Context, start func(context.Context, int)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p := range m.tasks {
		t := &m.tasks[p]
		if !t.assigned || t.running || t.done || ctx.Err() != nil {
			continue
		}
		var own context.Context
		own, t.cancel = context.WithCancel(ctx)
		t.running, t.lost = true, false
		m.logger.Debug("partition taken", "partition", p)
		start(own, p)
	}
}

// settle notes that the task of a partition has returned, and tells whether the others go on.
func (m *member) settle(ctx context.Context, p int, err error) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &m.tasks[p]
	t.cancel()
	t.running = false
	switch {
	case t.lost:
		m.logger.Debug("partition given up", "partition", p)
	case err != nil && m.err == nil && ctx.Err() == nil:
		m.err = err
	case err == nil && ctx.Err() == nil:
		t.done = true
	}
	m.wake()
	return m.err == nil
}

// runTask prepares a partition and runs its task.
func (m *member) runTask(ctx context.Context, p int, t task) error {
	if err := m.setStart(ctx, p); err != nil {
		return err
	}
	return t(ctx, p)
}
