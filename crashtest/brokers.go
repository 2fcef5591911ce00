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
	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/internal/kafkaserver"
)

const (
	// goOnTime is how long the results of a partition may stand still when a broker has been killed. Kafka itself takes nine
	// seconds of it, broker.session.timeout.ms, until the others have the partitions that it led.
	goOnTime = 15 * time.Second
	// ownTime is how much of that is the mill's: on a machine that is too busy, Kafka takes longer than its share.
	ownTime = 6 * time.Second
	// inSyncTime is how long a broker may take from its start until it has caught up with the others.
	inSyncTime = 2 * time.Minute
	// lookTime is the time between two looks at the brokers.
	lookTime = 100 * time.Millisecond
)

// killBroker kills the broker whose turn it is, keeps it away, and starts it again. Where nothing else is done to the mill, it
// is an error if a partition has stood still for too long meanwhile.
func (d *disturber) killBroker(ctx context.Context) error {
	for !d.outages.flow(time.Now()) { // else there would be nothing to measure; the watch ends what stands still for good
		if err := sleep(ctx, lookTime); err != nil {
			return err
		}
	}
	defer d.recoveries.disturb()()
	server := d.cluster.Servers[d.count("brokers killed")%len(d.cluster.Servers)]
	d.note("brokers killed", 1)
	d.print("kill -9 broker %d for %v: %s", server.ID(), d.config.away, d.roles(ctx, int32(server.ID())))
	begin := time.Now()
	d.outages.began(begin)
	if err := server.Kill(); err != nil {
		return fmt.Errorf("kill broker %d: %w", server.ID(), err)
	}
	replaced := d.config.away
	var g errgroup.Group
	g.Go(func() error {
		if d.until(ctx, d.config.away, func(t topics) bool { return !t.leads(int32(server.ID())) }) {
			replaced = time.Since(begin)
		}
		return nil
	})
	err := sleep(ctx, d.config.away)
	_ = g.Wait()
	if err != nil {
		return err
	}
	if err := d.judge(server, replaced, d.outages.over(time.Now())); err != nil {
		return err
	}
	if err := server.Restart(ctx); err != nil {
		return err
	}
	if !d.until(ctx, inSyncTime, topics.inSync) && ctx.Err() == nil {
		return fmt.Errorf("broker %d hasn't caught up with the others after %v", server.ID(), inSyncTime)
	}
	return ctx.Err()
}

// judge says how long the partitions have paused while a broker was away, and whether that is too long. Kafka has replaced the
// broker after the time given.
func (d *disturber) judge(server *kafkaserver.Server, replaced time.Duration, pauses []time.Duration) error {
	rounded := slices.Clone(pauses)
	for i := range rounded {
		rounded[i] = rounded[i].Round(100 * time.Millisecond)
	}
	d.print("broker %d is away: the others have its work after %v, results paused for %v", server.ID(),
		replaced.Round(100*time.Millisecond), rounded)
	limit := max(goOnTime, replaced+ownTime)
	if longest := slices.Max(pauses); longest > limit && len(d.config.disturb) == 1 {
		return fmt.Errorf("broker %d was killed, and the results of a partition stood still for %v: at most %v are allowed, "+
			"since the other brokers had its work after %v", server.ID(), longest.Round(time.Millisecond), limit, replaced)
	}
	return nil
}

// topics is what Kafka says of all topics, its own among them.
type topics kadm.TopicDetails

// leads tells whether a broker leads any partition, as far as the others know.
func (t topics) leads(broker int32) bool {
	for _, topic := range t {
		for _, p := range topic.Partitions {
			if p.Leader == broker || p.Leader < 0 {
				return true
			}
		}
	}
	return false
}

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
