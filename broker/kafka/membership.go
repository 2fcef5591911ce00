package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/internal/wait"
)

const (
	// firstPause and lastPause are the pauses between two attempts at what Kafka should be able to do.
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second
	// leaveTimeout is how long leaving the group may take.
	leaveTimeout = 2 * time.Second
	// nameCheck is how often an instance whose name was taken looks whether the other process lives.
	nameCheck = 500 * time.Millisecond
)

// A membership keeps this instance in the group: it has one member at a time, and replaces one that has failed. It is
// safe for concurrent use.
type membership struct {
	*admin
	topics     *positionTopics
	outputs    *outputs
	assignment *assignment
	// instance is the name in the group. Where it isn't named by the user, it is this run's alone.
	instance string
	named    bool
	// opening is held by the one that opens a member.
	opening chan struct{}
}

func newMembership(t *positionTopics, o *outputs, a *assignment) *membership {
	return &membership{
		admin:      a.admin,
		topics:     t,
		outputs:    o,
		assignment: a,
		instance:   a.instance,
		named:      a.settings.instance != "",
		opening:    make(chan struct{}, 1),
	}
}

// open returns the member that lives, and joins the group with a new one where none does. It tries until it succeeds,
// ctx ends, or trying again is wrong.
func (m *membership) open(ctx context.Context) (*member, error) {
	select {
	case m.opening <- struct{}{}:
		defer func() { <-m.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		old, err := m.assignment.current()
		if err != nil {
			return nil, err
		}
		if old != nil && old.ctx.Err() == nil {
			return old, nil
		}
		mb, err := m.openOnce(ctx, old)
		switch {
		case err == nil:
			return mb, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case final(err) != nil:
			m.assignment.fail(final(err))
			return nil, m.assignment.failure()
		}
		m.logger.Warn("joining the group failed, trying again", "error", err, "pause", pause)
		if err := wait.For(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// openOnce joins the group with a member in place of the old one.
func (m *membership) openOnce(ctx context.Context, old *member) (*member, error) {
	if old != nil {
		replaced, err := m.wasReplaced(ctx, old)
		if err != nil {
			return nil, err
		}
		old.close() // before waiting: its client would go on joining under the name
		if replaced && m.named {
			if err := m.waitForName(ctx); err != nil {
				return nil, err
			}
		}
	}
	mb := newMember(m)
	m.assignment.replace(mb, m.named)
	if err := mb.join(ctx); err != nil {
		mb.kill(err)
		return nil, err
	}
	return mb, nil
}

// rebalance has the group assign the partitions again where this instance joined before there was anything to share;
// see member.join.
func (m *membership) rebalance() {
	mb, _ := m.assignment.current()
	if mb != nil && m.named && mb.ctx.Err() == nil {
		mb.group.Client().ForceRebalance()
	}
}

// close ends the membership. A name that lasts stays in the group for a restart, unless the session has ended for all.
func (m *membership) close(sessionEnded bool) {
	mb, _ := m.assignment.current()
	if mb == nil {
		return
	}
	mb.kill(context.Canceled)
	mb.close()
	if m.named && !sessionEnded {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	if err := m.leaveGroup(ctx, m.instance); err != nil {
		m.logger.Debug("leaving the group failed, it will notice by itself", "error", err)
	}
}

// waitForName waits until no member of the group has the instance's name. Where one still has it by then, it returns
// a final error: another process lives under the name, and two that take it from each other would never end.
// REQUIRES: no client of this process joins under the name.
//
// The name may have been taken by a dead process, too: a request to join that was on its way when its process was
// killed. Such a member sends no heartbeat, so the group expels it after sessionTimeout.
func (m *membership) waitForName(ctx context.Context) error {
	m.logger.Warn("another process has joined the group under this instance's name: waiting to see whether it lives",
		"instance", m.instance)
	for deadline := time.Now().Add(sessionTimeout + 2*time.Second); time.Now().Before(deadline); {
		taken, err := m.nameTaken(ctx)
		if err == nil && !taken {
			return nil
		}
		if err := wait.For(ctx, nameCheck); err != nil {
			return err
		}
	}
	return &finalError{kerr.FencedInstanceID, "another process has joined the group under this instance name: " +
		"give each living process a name of its own, by kafka.Instance in Go and --instance of leat run"}
}

// wasReplaced tells whether a member has failed because another process has joined under its name. A producer that
// was fenced doesn't say so: Kafka also fences the producer of a transaction that takes too long. So the group is
// asked.
func (m *membership) wasReplaced(ctx context.Context, old *member) (bool, error) {
	cause := context.Cause(old.ctx)
	if errors.Is(cause, kerr.FencedInstanceID) {
		return true, nil
	}
	if old.group == nil || !isFenced(cause) {
		return false, nil
	}
	request := kmsg.NewPtrHeartbeatRequest()
	request.Group = m.group
	request.MemberID, request.Generation = old.group.Client().GroupMetadata()
	request.InstanceID = &m.instance
	reply, err := request.RequestWith(ctx, m.client)
	if err != nil {
		return false, err
	}
	return errors.Is(kerr.ErrorForCode(reply.ErrorCode), kerr.FencedInstanceID), nil
}

// nameTaken tells whether the group has a member of the instance's name.
func (m *membership) nameTaken(ctx context.Context) (bool, error) {
	group, err := m.describeGroup(ctx)
	if err != nil {
		return false, err
	}
	for _, other := range group.Members {
		if other.InstanceID != nil && *other.InstanceID == m.instance {
			return true, nil
		}
	}
	return false, nil
}
