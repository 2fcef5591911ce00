package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/kafkaserver"
	"github.com/leat-go/leat/internal/testserver"
	"github.com/leat-go/leat/internal/wait"
)

const (
	// killPauseLimit is how long the results of a partition may stand still when a broker has been killed. Kafka
	// itself takes nine seconds of it, broker.session.timeout.ms, until the others have the partitions that it led.
	killPauseLimit = 15 * time.Second
	// freezePauseLimit is the same for a broker that is stopped: a request to it gets neither a response nor an
	// error. Kafka itself waits for thirty seconds, request.timeout.ms, where it was about to end a transaction
	// there.
	freezePauseLimit = 35 * time.Second
	// millShare is how much of that is the mill's: 0.7 s on a machine that does nothing else, and 4.4 s on one with a load of 16.
	millShare = 7 * time.Second
	// catchUpTimeout is how long a broker may take from its start until it has caught up with the others.
	catchUpTimeout = 2 * time.Minute
	// pollInterval is the time between two requests for the state of the brokers.
	pollInterval = 100 * time.Millisecond
)

// A brokerFault takes a broker from the others for a while.
type brokerFault struct {
	verb string
	// counted is the name of its counter.
	counted string
	lasts   time.Duration
	// limit is how long the results of a partition may stand still meanwhile.
	limit time.Duration
	begin func(*kafkaserver.Server) error
	end   func(context.Context, *kafkaserver.Server) error
}

// killBroker kills the broker whose turn it is, keeps it away, and starts it again.
func (in *injector) killBroker(ctx context.Context) error {
	return in.withoutBroker(ctx, brokerFault{"kill -9", "brokers killed", in.config.away, killPauseLimit,
		(*kafkaserver.Server).Kill,
		func(ctx context.Context, s *kafkaserver.Server) error { return s.Restart(ctx) }})
}

// freezeBroker stops the broker whose turn it is where it is, and continues it after a while: its connections stay
// open, new ones are taken, and nothing is answered.
func (in *injector) freezeBroker(ctx context.Context) error {
	return in.withoutBroker(ctx, brokerFault{"stop", "brokers stopped", in.config.frozen, freezePauseLimit,
		func(s *kafkaserver.Server) error { return testserver.Freeze(s.Process()) },
		func(_ context.Context, s *kafkaserver.Server) error { return testserver.Thaw(s.Process()) }})
}

// withoutBroker takes the broker whose turn it is away from the others, and gives it back. Where nothing else is done
// to the mill, it is an error if a partition has stood still for too long meanwhile.
func (in *injector) withoutBroker(ctx context.Context, f brokerFault) error {
	// There is something to measure only while results come. Where none come any more, the consumer ends the test.
	for !in.outages.flow(time.Now()) {
		if err := wait.For(ctx, pollInterval); err != nil {
			return err
		}
	}
	defer in.recoveries.FaultBegins()()
	server := in.cluster.Servers[in.Count(f.counted)%len(in.cluster.Servers)]
	in.Note(f.counted, 1)
	in.Print("%s broker %d for %v: %s", f.verb, server.ID(), f.lasts, in.roles(ctx, int32(server.ID())))
	begin := time.Now()
	in.outages.began(begin)
	if err := f.begin(server); err != nil {
		return fmt.Errorf("%s broker %d: %w", f.verb, server.ID(), err)
	}
	if err := wait.For(ctx, f.lasts); err != nil {
		return err
	}
	pauses := in.outages.over(time.Now())
	if err := in.report(server, f, begin, pauses); err != nil {
		return err
	}
	if err := f.end(ctx, server); err != nil {
		return err
	}
	if !in.until(ctx, catchUpTimeout, topics.inSync) && ctx.Err() == nil {
		return fmt.Errorf("broker %d hasn't caught up with the others after %v", server.ID(), catchUpTimeout)
	}
	return ctx.Err()
}

// report says how long the partitions have paused while a broker was away. A pause that is too long is an error. The
// logs of the other brokers tell how much of it was Kafka's own.
func (in *injector) report(server *kafkaserver.Server, f brokerFault, begin time.Time, pauses []time.Duration) error {
	taken, err := in.cluster.TakenOver(server, begin)
	if err != nil {
		return err
	}
	if taken.Fenced.IsZero() {
		return fmt.Errorf("broker %d was away for %v, and Kafka hasn't noticed", server.ID(), f.lasts)
	}
	fenced, loaded := taken.Fenced.Sub(begin), taken.Loaded.Sub(begin)
	longest := slices.Max(pauses)
	in.outages.reported(outage{pause: longest, own: max(0, longest-loaded)})
	in.Print("broker %d is away: Kafka took %v to give it up and %v until the others had its work, results paused for %v",
		server.ID(), tenths(fenced), tenths(loaded), tenths(pauses...))
	limit := max(f.limit, loaded+millShare)
	if longest > limit && in.config.brokerFaultsOnly() {
		return fmt.Errorf("%s broker %d: the results of a partition stood still for %v, but at most %v are allowed; "+
			"the other brokers had its work after %v", f.verb, server.ID(), longest.Round(time.Millisecond), limit, loaded)
	}
	return nil
}

// tenths writes times to a tenth of a second.
func tenths(times ...time.Duration) string {
	var all []string
	for _, t := range times {
		all = append(all, t.Round(100*time.Millisecond).String())
	}
	return strings.Join(all, " ")
}

// topics is what Kafka says of all topics, its own among them.
type topics kadm.TopicDetails

// inSync tells whether no copy of a partition is behind.
func (t topics) inSync() bool {
	for _, topic := range t {
		for _, p := range topic.Partitions {
			if len(p.ISR) < len(p.Replicas) {
				return false
			}
		}
	}
	return len(t) > 0
}

// until waits until the topics are as they should be, and tells whether they are within the time given.
func (in *injector) until(ctx context.Context, within time.Duration, reached func(topics) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for wait.For(ctx, pollInterval) == nil {
		metadata, err := kadm.NewClient(in.admin).Metadata(ctx)
		if err == nil && reached(topics(metadata.Topics)) {
			return true
		}
	}
	return false
}

// roles says what a broker does.
func (in *injector) roles(ctx context.Context, broker int32) string {
	var roles []string
	client := kadm.NewClient(in.admin)
	if leader, err := in.quorumLeader(ctx); err == nil && leader == broker {
		roles = append(roles, "leads the quorum")
	}
	if found := client.FindGroupCoordinators(ctx, groupName); found[groupName].NodeID == broker {
		roles = append(roles, "coordinates the group")
	}
	var names []string
	for _, i := range in.instances.all() {
		names = append(names, groupName+"-"+i.name)
	}
	n := 0
	for _, found := range client.FindTxnCoordinators(ctx, names...) {
		if found.Err == nil && found.NodeID == broker {
			n++
		}
	}
	roles = append(roles, fmt.Sprintf("coordinates the transactions of %d of %d instances", n, len(names)))
	n = 0
	if metadata, err := client.Metadata(ctx, append(workload.Inputs(), workload.Results)...); err == nil {
		for _, topic := range metadata.Topics {
			for _, p := range topic.Partitions {
				if p.Leader == broker {
					n++
				}
			}
		}
	}
	return strings.Join(append(roles, fmt.Sprintf("leads %d partitions", n)), ", ")
}

// quorumLeader returns the broker that leads the others as controllers.
func (in *injector) quorumLeader(ctx context.Context) (int32, error) {
	request := kmsg.NewPtrDescribeQuorumRequest()
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic, topic.Partitions = "__cluster_metadata", []kmsg.DescribeQuorumRequestTopicPartition{{}}
	request.Topics = append(request.Topics, topic)
	reply, err := request.RequestWith(ctx, in.admin)
	if err != nil {
		return 0, err
	}
	if err := kerr.ErrorForCode(reply.ErrorCode); err != nil {
		return 0, err
	}
	for _, t := range reply.Topics {
		for _, p := range t.Partitions {
			return p.LeaderID, kerr.ErrorForCode(p.ErrorCode)
		}
	}
	return 0, fmt.Errorf("the reply doesn't say who leads the quorum")
}
