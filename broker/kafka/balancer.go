package kafka

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A balancer deals out partition numbers: partition p of all topics goes to one member, so that a task finds all its
// streams. It is cooperative: only what moves is taken away, and it is sticky: it moves no more than it must.
//
// It also tells the session, at each join and each assignment, what the group's protocol makes of its partitions. The
// library's callbacks don't say it all: they skip a loss that follows another within a transaction, and a member that was
// expelled while it joined again isn't told that its partitions may have been another's meanwhile.
//
// How many numbers there are, it has from the members and not from what the library knows of the topics: a member says how many
// it has found in all topics, inputs and outputs, and the greatest of these is dealt out, since partitions are added and never
// removed. Each assignment holds it, so that all members learn of what one has found.
type balancer struct {
	// partitions returns how many partition numbers the member knows of.
	partitions func() int
	// joining is called before each attempt to join, with whether the member has partitions.
	joining func(owning bool)
	// assigned is called with all topics' partitions of each new assignment, and with how many numbers were dealt out.
	assigned func(partitions map[string][]int32, dealt int)
}

// ProtocolName implements kgo.GroupBalancer.
func (*balancer) ProtocolName() string { return "leat-partition-number" }

// IsCooperative implements kgo.GroupBalancer.
func (*balancer) IsCooperative() bool { return true }

// JoinGroupMetadata implements kgo.GroupBalancer.
func (b *balancer) JoinGroupMetadata(topics []string, owned map[string][]int32, generation int32) []byte {
	b.joining(len(owned) > 0)
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Version = 3
	meta.Topics = topics
	meta.Generation = generation
	meta.UserData = binary.AppendUvarint(nil, uint64(b.partitions()))
	for _, topic := range topics {
		if len(owned[topic]) > 0 {
			part := kmsg.NewConsumerMemberMetadataOwnedPartition()
			part.Topic, part.Partitions = topic, owned[topic]
			meta.OwnedPartitions = append(meta.OwnedPartitions, part)
		}
	}
	return meta.AppendTo(nil)
}

// ParseSyncAssignment implements kgo.GroupBalancer.
func (b *balancer) ParseSyncAssignment(assignment []byte) (map[string][]int32, error) {
	var parsed kmsg.ConsumerMemberAssignment
	if err := parsed.ReadFrom(assignment); err != nil {
		return nil, fmt.Errorf("reading the assignment: %w", err)
	}
	partitions := map[string][]int32{}
	for _, topic := range parsed.Topics {
		partitions[topic.Topic] = topic.Partitions
	}
	b.assigned(partitions, count(parsed.UserData))
	return partitions, nil
}

// count reads how many partition numbers there are from what a member or an assignment says; 0 where it doesn't say.
func count(userData []byte) int {
	n, _ := binary.Uvarint(userData)
	return int(n)
}

// MemberBalancer implements kgo.GroupBalancer.
func (b *balancer) MemberBalancer(members []kmsg.JoinGroupResponseMember) (
	kgo.GroupMemberBalancer, map[string]struct{}, error,
) {
	c, err := kgo.NewConsumerBalancer(b, members)
	return c, c.MemberTopics(), err
}

// Balance implements kgo.ConsumerBalancerBalance.
func (*balancer) Balance(b *kgo.ConsumerBalancer, _ map[string]int32) kgo.IntoSyncAssignment {
	members := subscriptions(b)
	partitions := 0
	for _, m := range members {
		partitions = max(partitions, m.known)
	}
	plan := b.NewPlan()
	for p, m := range assignNumbers(members, partitions) {
		member, meta := b.MemberAt(m)
		for _, topic := range meta.Topics {
			plan.AddPartition(member, topic, int32(p))
		}
	}
	plan.AdjustCooperative(b)
	// A topic without partitions would make the library fetch the offsets of the whole group, as if all were assigned.
	for _, member := range plan.AsMemberIDMap() {
		for topic, partitions := range member {
			if len(partitions) == 0 {
				delete(member, topic)
			}
		}
	}
	return dealt{plan, partitions}
}

// A dealt is a plan whose assignments say how many numbers were dealt out.
type dealt struct {
	plan       *kgo.BalancePlan
	partitions int
}

// IntoSyncAssignment implements kgo.IntoSyncAssignment.
func (d dealt) IntoSyncAssignment() []kmsg.SyncGroupRequestGroupAssignment {
	all := d.plan.IntoSyncAssignment()
	for i := range all {
		var assignment kmsg.ConsumerMemberAssignment
		if assignment.ReadFrom(all[i].MemberAssignment) != nil {
			continue // the library has just written it
		}
		assignment.UserData = binary.AppendUvarint(nil, uint64(d.partitions))
		all[i].MemberAssignment = assignment.AppendTo(nil)
	}
	return all
}

// A subscription is what a member says as of a generation of the group: the partition numbers that it has, and how many it knows of.
type subscription struct {
	generation int32
	numbers    []int
	known      int
}

func subscriptions(b *kgo.ConsumerBalancer) []subscription {
	var all []subscription
	b.EachMember(func(_ *kmsg.JoinGroupResponseMember, meta *kmsg.ConsumerMemberMetadata) {
		c := subscription{generation: meta.Generation, known: count(meta.UserData)}
		for _, topic := range meta.OwnedPartitions {
			for _, p := range topic.Partitions {
				if !slices.Contains(c.numbers, int(p)) {
					c.numbers = append(c.numbers, int(p))
				}
			}
		}
		slices.Sort(c.numbers)
		all = append(all, c)
	})
	return all
}

// share deals out partition numbers to members and returns each number's member. No member gets two more than another,
// and each keeps what it has as far as that allows; where two subscription a number, the later generation has it.
func assignNumbers(members []subscription, partitions int) []int {
	const nobody = -1
	holder := slices.Repeat([]int{nobody}, partitions)
	for m, c := range members {
		for _, p := range c.numbers {
			if p < partitions && (holder[p] == nobody || members[holder[p]].generation < c.generation) {
				holder[p] = m
			}
		}
	}
	quota := quotas(holder, len(members))
	for p, m := range holder {
		if m == nobody {
			continue
		}
		if quota[m] == 0 {
			holder[p] = nobody
			continue
		}
		quota[m]--
	}
	next := 0
	for p := range holder {
		if holder[p] != nobody {
			continue
		}
		for quota[next] == 0 {
			next++
		}
		holder[p] = next
		quota[next]--
	}
	return holder
}

// quotas returns how many numbers each member is to have. What is left over from an equal share goes to those that have
// the most already.
func quotas(holder []int, members int) []int {
	held := make([]int, members)
	order := make([]int, members)
	for m := range order {
		order[m] = m
	}
	for _, m := range holder {
		if m >= 0 {
			held[m]++
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return held[b] - held[a] })
	quota := make([]int, members)
	for i, m := range order {
		quota[m] = len(holder) / members
		if i < len(holder)%members {
			quota[m]++
		}
	}
	return quota
}
