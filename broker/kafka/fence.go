package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// placeCheck is how often an instance that has lost its place in the group looks whether the other one lives.
const placeCheck = 500 * time.Millisecond

// waitForPlace waits until the instance's place in the group is free again, and returns a final error where it isn't by
// then: another living process has it, and to take it back would make them take it from each other for ever. REQUIRES: no
// client of this process claims the place.
func (m *member) waitForPlace(ctx context.Context) error {
	m.logger.Warn("this instance's place in the group was taken: waiting to see whether another process lives under its name",
		"instance", m.instance)
	for deadline := time.Now().Add(sessionTimeout + 2*time.Second); time.Now().Before(deadline); {
		taken, err := m.placeTaken(ctx)
		if err == nil && !taken {
			return nil // what took it was a message of one that is dead
		}
		if err := sleep(ctx, placeCheck); err != nil {
			return err
		}
	}
	return &finalError{kerr.FencedInstanceID, "another process has joined the group under this instance name: " +
		"give each living process a name of its own, by kafka.Instance in Go and --instance of leat run"}
}

// wasReplaced tells whether a session has failed because somebody else has joined under its name. Whose producer was
// fenced asks: that may have been Kafka, for a transaction that took too long.
func (m *member) wasReplaced(ctx context.Context, old *session) (bool, error) {
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

// placeTaken tells whether the group has a member of the instance's name.
func (m *member) placeTaken(ctx context.Context) (bool, error) {
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
