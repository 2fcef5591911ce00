package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/solo"
)

const (
	// heartbeat is the pause between two looks at the other instances. The lease that each renews is ten times as long
	// (isLive).
	heartbeat = 500 * time.Millisecond
	// lookTimeout is how long a look may take, on a connection that may be broken without anybody having noticed.
	lookTimeout = 4 * time.Second
	// leaveTimeout is how long leaving may take; the lease runs out in any case.
	leaveTimeout = 2 * time.Second
	// endCheck is how often an instance without running tasks asks whether the session has ended in all partitions.
	endCheck = 300 * time.Millisecond
)

// shares are the partitions that this instance owns, for the time of one Own. The loop in run owns all of it; tasks only
// report.
//
// A partition that goes to another instance is released in three steps: its task's context ends, the task returns, and
// only then the partition is nobody's. One that was lost, because the lease has run out, may have another task elsewhere
// at once: the epoch of the positions fences this one.
type shares struct {
	input *input
	// session and positions are what Share has told; positions is nil where none are kept.
	session   int64
	positions broker.SessionKeeper

	instance *instance
	conn     *session
	tasks    []shareTask
	returned chan taskEnd
	// failed is the first error of a task, or one that no trying mends.
	failed error
}

// A shareTask is what this instance knows of a partition's task.
type shareTask struct {
	running, done bool
	// leaving says that the task was told to end since the partition goes, or has gone, to another instance.
	leaving bool
	cancel  context.CancelFunc
}

// A taskEnd is what a task has returned.
type taskEnd struct {
	partition int
	err       error
}

func newShares(in *input) *shares { return &shares{input: in} }

// own implements broker.Input.Own.
func (s *shares) own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	n := s.input.Partitions()
	s.tasks, s.returned, s.failed = make([]shareTask, n), make(chan taskEnd, n), nil
	if err := s.join(ctx); err != nil {
		return err
	}
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	err := s.run(own, task)
	cancel()
	for s.running() > 0 {
		s.note(own, <-s.returned)
	}
	s.leave(ctx)
	switch {
	case s.failed != nil && ctx.Err() == nil:
		return s.failed
	case ctx.Err() != nil && err != nil:
		return ctx.Err()
	}
	return err
}

// join makes this an instance, among those that share the partitions.
func (s *shares) join(ctx context.Context) (err error) {
	in := s.input
	if in.nameErr != nil {
		return in.nameErr
	}
	streams := in.distinct()
	i := &instance{name: in.name, id: rand.Text(), process: solo.Holder(), session: s.session, partitions: in.Partitions()}
	for _, st := range streams {
		i.division += st.relation.stream.Name + ": " + st.division.of + "; "
	}
	if i.ends, err = encodeEnds(streams); err != nil {
		return err
	}
	s.instance = i
	for {
		if s.conn, err = in.connector.reconnect(ctx); err != nil {
			return err
		}
		err = i.join(ctx, s.conn)
		if err == nil {
			break
		}
		closed := s.conn.IsClosed()
		s.disconnect()
		if !closed || ctx.Err() != nil {
			return err
		}
		i.id = rand.Text() // whether it has joined before the connection was lost isn't known
	}
	return decodeEnds(i.ends, streams)
}

// run starts tasks as partitions come, and ends them as they go, until the session has ended in all partitions.
func (s *shares) run(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	beat := time.NewTimer(0)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case end := <-s.returned:
			s.note(ctx, end)
		case <-beat.C:
		}
		if s.failed != nil {
			return s.failed
		}
		if err := s.balance(ctx, task); err != nil {
			return err
		}
		ended, err := s.hasEnded(ctx)
		if ended || err != nil {
			return err
		}
		if s.running() == 0 {
			beat.Reset(endCheck)
		} else {
			beat.Reset(heartbeat)
		}
	}
}

// note notes that a task has returned.
func (s *shares) note(ctx context.Context, end taskEnd) {
	t := &s.tasks[end.partition]
	t.cancel()
	t.running = false
	switch {
	case end.err == nil && ctx.Err() == nil && !t.leaving:
		t.done = true
	case end.err != nil && ctx.Err() == nil && !t.leaving && s.failed == nil:
		s.failed = end.err
	}
}

func (s *shares) running() (n int) {
	for i := range s.tasks {
		if s.tasks[i].running {
			n++
		}
	}
	return n
}

// hasEnded reports whether all partitions have ended the session.
func (s *shares) hasEnded(ctx context.Context) (bool, error) {
	done := 0
	for i := range s.tasks {
		if s.tasks[i].done {
			done++
		}
	}
	if done == len(s.tasks) {
		return true, nil
	}
	if s.positions == nil || s.running() > 0 {
		return false, nil
	}
	lowest, err := s.positions.LowestSession(ctx)
	return err == nil && lowest > s.session, err
}

// balance renews the lease, gives up what was lost or is more than a fair share, takes what is free, and starts tasks. A
// database that is away ends nothing.
func (s *shares) balance(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	looking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	mine, err := s.settle(looking)
	switch {
	case err == nil:
		s.start(ctx, mine, task)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !isPassing(err):
		return err
	}
	s.input.connector.contact.Lost(err)
	s.input.connector.logger.Warn("the other instances can't be seen, going on", "error", err, "pause", heartbeat)
	s.disconnect()
	return nil
}

// settle comes to terms with the other instances, and returns the partitions that this one may work on.
func (s *shares) settle(ctx context.Context) (mine []int, err error) {
	if s.conn == nil || s.conn.IsClosed() {
		if s.conn, err = s.input.connector.connect(ctx); err != nil {
			return nil, err
		}
	}
	i := s.instance
	v, err := i.look(ctx, s.conn)
	if err != nil {
		return nil, err
	}
	s.giveUpLost(v)
	mine = v.of(i.id)
	quota := v.quota(i.id)
	if len(mine) > quota {
		return s.giveUp(ctx, mine, len(mine)-quota)
	}
	if free := v.free(); len(mine) < quota && len(free) > 0 {
		if err := i.take(ctx, s.conn, free[:min(len(free), quota-len(mine))]); err != nil {
			return nil, err
		}
		if v, err = i.look(ctx, s.conn); err != nil {
			return nil, err
		}
		mine = v.of(i.id)
	}
	return mine, nil
}

// giveUpLost ends the tasks of partitions that are others' now.
func (s *shares) giveUpLost(v view) {
	for p := range s.tasks {
		if t := &s.tasks[p]; t.running && !t.leaving && v.shares[p].owner != s.instance.id {
			s.input.connector.logger.Info("a partition was lost to another instance", "partition", p)
			t.leaving = true
			t.cancel()
		}
	}
}

// giveUp ends the tasks of as many partitions as are too many, releases those whose tasks have returned, and returns the
// others.
func (s *shares) giveUp(ctx context.Context, mine []int, tooMany int) (rest []int, err error) {
	keep := len(mine) - tooMany
	var released []int
	for _, p := range mine[keep:] {
		t := &s.tasks[p]
		if !t.running {
			released = append(released, p)
		} else if !t.leaving {
			t.leaving = true
			t.cancel()
		}
	}
	if len(released) > 0 {
		s.input.connector.logger.Info("partitions go to another instance", "partitions", released)
		err = s.instance.release(ctx, s.conn, released)
	}
	return mine[:keep], err
}

// start starts the tasks of partitions that have come.
func (s *shares) start(ctx context.Context, mine []int, task func(ctx context.Context, partition int) error) {
	for _, p := range mine {
		t := &s.tasks[p]
		if t.running || t.done || ctx.Err() != nil {
			continue
		}
		var own context.Context
		own, t.cancel = context.WithCancel(ctx)
		t.running, t.leaving = true, false
		for _, st := range s.input.distinct() {
			st.begin(p)
		}
		go func() {
			end := taskEnd{p, errors.New("postgres: the goroutine of a task was ended")}
			defer func() { s.returned <- end }()
			end.err = task(own, p)
		}()
	}
}

// leave gives up what this instance has.
func (s *shares) leave(ctx context.Context) {
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if s.conn == nil || s.conn.IsClosed() {
		s.conn, _ = s.input.connector.connect(leaving)
	}
	if s.conn != nil {
		if err := s.instance.leave(leaving, s.conn); err != nil {
			s.input.connector.logger.Debug("leaving failed, the others will notice by themselves", "error", err)
		}
	}
	s.disconnect()
}

func (s *shares) disconnect() {
	_ = s.conn.close()
	s.conn = nil
}
