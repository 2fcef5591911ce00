package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
)

func (s *settings) groupOf(job *broker.Job) string { return cmp.Or(s.group, job.Name) }

// OpenSource implements [broker.Source]. It checks that the topics exist, have equal partition counts and may be read, as
// far as Kafka tells. The input that it returns is a [broker.Saver], so a sink that can't keep positions leaves them here.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if len(job.Inputs) == 0 {
		return nil, errors.New("kafka: the job has no inputs")
	}
	m, err := b.join(job, func() (*member, error) { return b.openMember(ctx, job, false) })
	if err != nil {
		return nil, stopped(ctx, err)
	}
	return &input{saver: saver{m}, broker: b, readers: newReaders(m)}, nil
}

// OpenSink implements [broker.Sink]. It creates output topics that are missing, and checks the partition counts and the
// rights of the others.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if len(job.Outputs) == 0 {
		return nil, errors.New("kafka: the job has no outputs")
	}
	m, err := b.join(job, func() (*member, error) { return b.openMember(ctx, job, true) })
	if err != nil {
		return nil, stopped(ctx, err)
	}
	if !m.topics.foreign {
		m.sink = true
		topics, err := m.outputs.open(ctx, m.topics.names, m.Partitions())
		if err != nil {
			b.leave(job, m)
			return nil, stopped(ctx, err)
		}
		if most(topics) > m.Partitions() {
			m.lookNow() // partitions were added to the inputs since they were opened
		}
	}
	return &output{broker: b, member: m}, nil
}

// stopped returns ctx's error where that has ended, whatever went wrong then, and err otherwise.
func stopped(ctx context.Context, err error) error { return cmp.Or(ctx.Err(), err) }

// openMember connects to Kafka and looks at the topics that hold the positions: those of the inputs, or the first output
// where another storage is the source.
func (b *Broker) openMember(ctx context.Context, job *broker.Job, foreign bool) (_ *member, err error) {
	s := &b.settings
	if s.groupOf(job) == "" {
		return nil, errors.New(`kafka: a group is needed: add kafka.Group("name"), or give the mill a name`)
	}
	if len(s.addresses) == 0 {
		return nil, errors.New(`kafka: New needs the address of a broker, "localhost:9092" say`)
	}
	greeting := newGreeting()
	admin, err := s.client(job.Logger, kgo.WithHooks(greeting))
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	defer func() {
		if err != nil {
			admin.Close()
		}
	}()
	said := ""
	err = patiently(ctx, func(ctx context.Context) error { // Kafka may be starting again, behind a proxy that hangs up
		err := reach(ctx, admin, greeting, s.addresses)
		if err != nil && final(err) == nil && err.Error() != said {
			said = err.Error()
			job.Logger.Warn("Kafka doesn't answer, trying again for a minute", "error", err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	m := newMember(newAdmin(s, job, admin), job, foreign)
	if foreign {
		err = m.positionsAtOutput(ctx)
	} else {
		err = m.positionsAtInputs(ctx)
	}
	if err != nil {
		return nil, err
	}
	return m, m.checkGroup(ctx)
}

// groupTimeout is how long a cluster that has just started may take until it knows its groups.
const groupTimeout = time.Minute

// reach checks that Kafka answers.
func reach(ctx context.Context, client *kgo.Client, greeting *greeting, addresses []string) error {
	short, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	defer context.AfterFunc(greeting.refused, cancel)()
	err := client.Ping(short)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case final(err) != nil:
		return fmt.Errorf("kafka: %s: %w", quoted(addresses), final(err))
	case greeting.refused.Err() != nil:
		return &finalError{fmt.Errorf("kafka: the broker at %s hangs up on this client", quoted(addresses)), loginAdvice}
	}
	hint := ""
	if errors.Is(err, io.EOF) {
		hint = "; one that hangs up may want TLS, or none"
	}
	return fmt.Errorf("kafka: no broker answers at %s: %w%s", quoted(addresses), err, hint)
}

// checkGroup checks the right to join the group, as far as Kafka tells.
func (m *member) checkGroup(ctx context.Context) error {
	request := kmsg.NewPtrDescribeGroupsRequest()
	request.Groups = []string{m.group}
	request.IncludeAuthorizedOperations = true
	return patiently(ctx, func(ctx context.Context) error {
		reply, err := m.askGroup(ctx, request)
		if err != nil {
			return fmt.Errorf("kafka: asking for group %q: %w", m.group, cmp.Or(final(err), err))
		}
		for _, g := range reply.(*kmsg.DescribeGroupsResponse).Groups {
			if err := kerr.ErrorForCode(g.ErrorCode); err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
				return fmt.Errorf("kafka: group %q: %w", m.group, cmp.Or(final(err), err))
			}
			if t := (topic{operations: g.AuthorizedOperations}); !t.may(kmsg.ACLOperationRead) {
				return &finalError{fmt.Errorf("kafka: group %q may not be joined", m.group),
					"the client needs the right READ on it"}
			}
		}
		return nil
	})
}

// patiently does what a cluster may not be able to do that has just started: the connection breaks, or the topic that Kafka
// keeps groups in isn't there yet.
func patiently(ctx context.Context, do func(ctx context.Context) error) error {
	short, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, time.Second) {
		err := do(short)
		_, answered := errors.AsType[*kerr.Error](err)
		if err == nil || final(err) != nil || answered && !kerr.IsRetriable(err) || sleep(short, pause) != nil {
			return err
		}
	}
}
