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

	"github.com/leat-go/leat/internal/kafkaserver"
)

const (
	// goOnTime is how long the results of a partition may stand still when a broker has been killed. Kafka itself takes nine
	// seconds of it, broker.session.timeout.ms, until the others have the partitions that it led.
	goOnTime = 15 * time.Second
	// thawTime is the same for a broker that is stopped: what was asked of it gets neither an answer nor a refusal. Kafka itself
	// waits for thirty seconds, request.timeout.ms, where it was about to end a transaction there.
	thawTime = 35 * time.Second
	// ownTime is how much of that is the mill's: on a machine that is too busy, Kafka takes longer than its share.
	ownTime = 4 * time.Second
	// inSyncTime is how long a broker may take from its start until it has caught up with the others.
	inSyncTime = 2 * time.Minute
	// lookTime is the time between two looks at the brokers.
	lookTime = 100 * time.Millisecond
)

// An absence is a way to take a broker from the others for a while.
type absence struct {
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
func (d *disturber) killBroker(ctx context.Context) error {
	return d.without(ctx, absence{"kill -9", "brokers killed", d.config.away, goOnTime, (*kafkaserver.Server).Kill,
		func(ctx context.Context, s *kafkaserver.Server) error { return s.Restart(ctx) }})
}

// freezeBroker stops the broker whose turn it is where it is, and continues it after a while: its connections stay open, new
// ones are taken, and nothing is answered.
func (d *disturber) freezeBroker(ctx context.Context) error {
	return d.without(ctx, absence{"stop", "brokers stopped", d.config.frozen, thawTime,
		func(s *kafkaserver.Server) error { return freeze(s.Process()) },
		func(_ context.Context, s *kafkaserver.Server) error { return thaw(s.Process()) }})
}

// without takes the broker whose turn it is away from the others, and gives it back. Where nothing else is done to the mill, it
// is an error if a partition has stood still for too long meanwhile.
func (d *disturber) without(ctx context.Context, a absence) error {
	for !d.outages.flow(time.Now()) { // else there would be nothing to measure; the watch ends what stands still for good
		if err := sleep(ctx, lookTime); err != nil {
			return err
		}
	}
	defer d.recoveries.disturb()()
	server := d.cluster.Servers[d.count(a.counted)%len(d.cluster.Servers)]
	d.note(a.counted, 1)
	d.print("%s broker %d for %v: %s", a.verb, server.ID(), a.lasts, d.roles(ctx, int32(server.ID())))
	begin := time.Now()
	d.outages.began(begin)
	if err := a.begin(server); err != nil {
		return fmt.Errorf("%s broker %d: %w", a.verb, server.ID(), err)
	}
	if err := sleep(ctx, a.lasts); err != nil {
		return err
	}
	pauses := d.outages.over(time.Now())
	if err := d.judge(server, a, begin, pauses); err != nil {
		return err
	}
	if err := a.end(ctx, server); err != nil {
		return err
	}
	if !d.until(ctx, inSyncTime, topics.inSync) && ctx.Err() == nil {
		return fmt.Errorf("broker %d hasn't caught up with the others after %v", server.ID(), inSyncTime)
	}
	return ctx.Err()
}

// judge says how long the partitions have paused while a broker was away, and whether that is too long. How much of it was
// Kafka's own the logs of the others tell.
func (d *disturber) judge(server *kafkaserver.Server, a absence, begin time.Time, pauses []time.Duration) error {
	taken, err := d.cluster.TakenOver(server, begin)
	if err != nil {
		return err
	}
	if taken.Fenced.IsZero() {
		return fmt.Errorf("broker %d was away for %v, and Kafka hasn't noticed", server.ID(), a.lasts)
	}
	fenced, loaded := taken.Fenced.Sub(begin), taken.Loaded.Sub(begin)
	longest := slices.Max(pauses)
	d.outages.judged(outage{pause: longest, own: max(0, longest-loaded)})
	d.print("broker %d is away: Kafka took %v to give it up and %v until the others had its work, results paused for %v",
		server.ID(), tenths(fenced), tenths(loaded), tenths(pauses...))
	limit := max(a.limit, loaded+ownTime)
	if longest > limit && d.config.onlyBrokers() {
		return fmt.Errorf("%s broker %d: the results of a partition stood still for %v, but at most %v are allowed; "+
			"the other brokers had its work after %v", a.verb, server.ID(), longest.Round(time.Millisecond), limit, loaded)
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

// until waits for what the topics are to come to, and tells whether they have within the time given.
func (d *disturber) until(ctx context.Context, within time.Duration, arrived func(topics) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for sleep(ctx, lookTime) == nil {
		metadata, err := kadm.NewClient(d.admin).Metadata(ctx)
		if err == nil && arrived(topics(metadata.Topics)) {
			return true
		}
	}
	return false
}

// roles says what a broker does.
func (d *disturber) roles(ctx context.Context, broker int32) string {
	var roles []string
	client := kadm.NewClient(d.admin)
	if leader, err := d.quorumLeader(ctx); err == nil && leader == broker {
		roles = append(roles, "leads the quorum")
	}
	if found := client.FindGroupCoordinators(ctx, groupName); found[groupName].NodeID == broker {
		roles = append(roles, "coordinates the group")
	}
	var names []string
	for _, i := range d.fleet.all() {
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
	if metadata, err := client.Metadata(ctx, append(inputs(), resultsTopic)...); err == nil {
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
func (d *disturber) quorumLeader(ctx context.Context) (int32, error) {
	request := kmsg.NewPtrDescribeQuorumRequest()
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic, topic.Partitions = "__cluster_metadata", []kmsg.DescribeQuorumRequestTopicPartition{{}}
	request.Topics = append(request.Topics, topic)
	reply, err := request.RequestWith(ctx, d.admin)
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
