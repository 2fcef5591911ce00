package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/suggest"
	"github.com/leat-go/leat/internal/wait"
)

// An admin makes the requests of a run that belong to no membership and to no transaction: about topics, about
// offsets, and about the group as a whole. It is safe for concurrent use.
type admin struct {
	settings *settings
	logger   *slog.Logger
	client   *kgo.Client
	outages  *outageWatch
	group    string
	// offsets coalesces the requests of many partitions. They end when the client is closed.
	offsets coalescer[offsetQuery, listedOffset]
}

func newAdmin(s *settings, job *broker.Job, client *kgo.Client, outages *outageWatch) *admin {
	a := &admin{
		settings: s,
		logger:   job.Logger.With(slog.Group("kafka", "group", s.groupOf(job))),
		client:   client,
		outages:  outages,
		group:    s.groupOf(job),
	}
	a.offsets.request = func(queries []offsetQuery) (map[offsetQuery]listedOffset, error) {
		return a.listOffsets(context.Background(), queries)
	}
	return a
}

// requestCoordinator sends a request to the group's coordinator. Whoever asks tries again where it fails.
//
// The library goes on asking a coordinator that it can't reach: for requests that several coordinators may serve, as
// this one, it keeps the one that it knows. A broker that has died would be asked until it comes back, though another
// one has long taken over. So after a request without an answer, a heartbeat of no member goes to the coordinator.
// Only one coordinator can serve that, and the library looks for another one until it reaches one.
func (a *admin) requestCoordinator(ctx context.Context, request kmsg.Request) (kmsg.Response, error) {
	short, cancel := context.WithTimeout(ctx, coordinatorTimeout)
	defer cancel()
	reply, err := a.client.Request(short, request)
	if _, answered := errors.AsType[*kerr.Error](err); err == nil || answered || ctx.Err() != nil {
		return reply, err
	}
	heartbeat := kmsg.NewPtrHeartbeatRequest()
	heartbeat.Group = a.group
	if _, failed := heartbeat.RequestWith(ctx, a.client); failed != nil {
		a.logger.Debug("the group's coordinator wasn't found", "error", failed)
	}
	return nil, err
}

// describeGroup asks for the group's members. A group that Kafka doesn't know has none.
func (a *admin) describeGroup(ctx context.Context) (kmsg.DescribeGroupsResponseGroup, error) {
	request := kmsg.NewPtrDescribeGroupsRequest()
	request.Groups = []string{a.group}
	answer, err := a.requestCoordinator(ctx, request)
	if err != nil {
		return kmsg.DescribeGroupsResponseGroup{}, err
	}
	reply := answer.(*kmsg.DescribeGroupsResponse)
	if len(reply.Groups) != 1 {
		return kmsg.DescribeGroupsResponseGroup{},
			fmt.Errorf("the reply to DescribeGroups has %d groups, not 1", len(reply.Groups))
	}
	group := reply.Groups[0]
	if err := kerr.ErrorForCode(group.ErrorCode); err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return group, err
	}
	return group, nil
}

// allAssigned tells whether it is certain that each of so many partitions is assigned to some member.
func (a *admin) allAssigned(ctx context.Context, partitions int) bool {
	group, err := a.describeGroup(ctx)
	if err != nil {
		return false
	}
	assigned := map[int32]bool{}
	for _, member := range group.Members {
		var assignment kmsg.ConsumerMemberAssignment
		if assignment.ReadFrom(member.MemberAssignment) != nil {
			return false
		}
		for _, topic := range assignment.Topics {
			for _, p := range topic.Partitions {
				assigned[p] = true // of all topics, as the balancer has it
			}
		}
	}
	return len(assigned) >= partitions
}

// leaveGroup tells the group that an instance's name won't come back, so that its partitions needn't wait for it.
func (a *admin) leaveGroup(ctx context.Context, instance string) error {
	reply, err := kadm.NewClient(a.client).LeaveGroup(ctx, kadm.LeaveGroup(a.group).InstanceIDs(instance))
	if err != nil {
		return err
	}
	return reply.Error()
}

// suggested quotes the names of topics that don't exist, each with the existing one that may be meant.
func (a *admin) suggested(ctx context.Context, missing []string) string {
	words := make([]string, len(missing))
	// A suggestion is an extra: without one, the error is as it was.
	all, _ := kadm.NewClient(a.client).ListTopics(ctx)
	for i, name := range missing {
		words[i] = strconv.Quote(name)
		if meant := suggest.Nearest(name, all.Names()); meant != "" {
			words[i] += fmt.Sprintf(" (did you mean %q?)", meant)
		}
	}
	return strings.Join(words, ", ")
}

// addPartitions gives topics so many partitions, unless somebody else has, and waits until Kafka knows of them.
func (a *admin) addPartitions(ctx context.Context, topics []topic, partitions int) error {
	if err := a.requestPartitions(ctx, topics, partitions, false); err != nil {
		return err
	}
	all := namesOf(topics)
	_, err := a.awaitTopics(ctx, all, func(topics []topic) bool {
		return allExist(topics) && minPartitions(topics) >= partitions
	})
	if err != nil {
		return fmt.Errorf("kafka: partitions were added to the topics %s, but aren't there: %w", quoted(all), err)
	}
	return nil
}

// requestPartitions asks Kafka to give topics so many partitions, or only to check whether it would.
func (a *admin) requestPartitions(ctx context.Context, topics []topic, partitions int, onlyCheck bool) error {
	all := namesOf(topics)
	request := kadm.NewClient(a.client).UpdatePartitions
	if onlyCheck {
		request = kadm.NewClient(a.client).ValidateUpdatePartitions
	}
	replies, err := request(ctx, partitions, all...)
	if err != nil {
		return fmt.Errorf("kafka: adding partitions to %s: %w", quoted(all), err)
	}
	for _, r := range replies.Sorted() {
		switch {
		case r.Err == nil && !onlyCheck:
			a.logger.Info("partitions were added to an output topic", "topic", r.Topic, "partitions", partitions)
		case errors.Is(r.Err, kerr.TopicAuthorizationFailed):
			return fmt.Errorf("kafka: topic %q may not be given partitions: the client needs the right ALTER on it, or %s",
				r.Topic, a.settings.alterCommands(topics, partitions))
		case r.Err != nil && !errors.Is(r.Err, kerr.InvalidPartitions): // it has as many by now
			return fmt.Errorf("kafka: adding partitions to topic %q: %w", r.Topic, r.Err)
		}
	}
	return nil
}

func namesOf(topics []topic) []string {
	all := make([]string, len(topics))
	for i, t := range topics {
		all[i] = t.name
	}
	return all
}

// awaitTopics waits until Kafka's topics are as they should be after they were changed.
func (a *admin) awaitTopics(ctx context.Context, names []string, is func([]topic) bool) ([]topic, error) {
	short, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, time.Second) {
		topics, err := describe(short, a.client, names)
		if err != nil || is(topics) {
			return topics, err
		}
		if err := wait.For(short, pause); err != nil {
			return nil, err
		}
	}
}

// resetAdvice says how to begin elsewhere than the positions say.
func (a *admin) resetAdvice() string {
	return fmt.Sprintf("to go on all the same, stop all instances and reset the offsets of group %q for all "+
		"of its topics; docs/reliability.md says how, and what that means for the results", a.group)
}

// checkGroup checks the right to join the group, as far as Kafka tells.
func (a *admin) checkGroup(ctx context.Context) error {
	request := kmsg.NewPtrDescribeGroupsRequest()
	request.Groups = []string{a.group}
	request.IncludeAuthorizedOperations = true
	return untilStarted(ctx, startedTimeout, func(ctx context.Context) error {
		reply, err := a.requestCoordinator(ctx, request)
		if err != nil {
			return fmt.Errorf("kafka: asking for group %q: %w", a.group, cmp.Or(final(err), err))
		}
		for _, g := range reply.(*kmsg.DescribeGroupsResponse).Groups {
			if err := kerr.ErrorForCode(g.ErrorCode); err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
				return fmt.Errorf("kafka: group %q: %w", a.group, cmp.Or(final(err), err))
			}
			if t := (topic{operations: g.AuthorizedOperations}); !t.may(kmsg.ACLOperationRead) {
				return &finalError{fmt.Errorf("kafka: group %q may not be joined", a.group),
					"the client needs the right READ on it"}
			}
		}
		return nil
	})
}
