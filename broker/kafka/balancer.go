package kafka

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A balancer assigns partition numbers: partition p of all topics goes to one member, so that a task finds all its
// streams. It is cooperative, so that a rebalance takes away only the partitions that move, and sticky, so that it
// moves no more than it must.
//
// It also tells the member, at each join and each assignment, what the group's protocol makes of its partitions. The
// library's callbacks don't say it all: they skip a loss that follows another within a transaction, and a member that
// was expelled while it joined again isn't told that its partitions may have been another's meanwhile.
//
// Members say how many partition numbers there are. With 4 partitions in all topics, and 6 in those that one member
// has described since, that member says 6 and the others say 4. The balancer assigns the greatest number that any
// member says, since partitions are added and never removed. Each assignment holds that number, so that all members
// learn of it.
type balancer struct {
	// partitions returns how many partition numbers the member knows of.
	partitions func() int
	// joining is called before each attempt to join, with whether the member has partitions.
	joining func(owning bool)
	// assigned is called with all topics' partitions of each new assignment, and with how many numbers it covers in
	// the whole group.
	assigned func(partitions map[string][]int32, total int)
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

// count reads how many partition numbers there are from what a member or an assignment says; 0 where that says nothing.
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
	return sizedPlan{plan, partitions}
}

// A sizedPlan is a plan whose assignments say how many partition numbers it covers.
type sizedPlan struct {
	plan       *kgo.BalancePlan
	partitions int
}

// IntoSyncAssignment implements kgo.IntoSyncAssignment.
func (s sizedPlan) IntoSyncAssignment() []kmsg.SyncGroupRequestGroupAssignment {
	all := s.plan.IntoSyncAssignment()
	for i := range all {
		var assignment kmsg.ConsumerMemberAssignment
		if assignment.ReadFrom(all[i].MemberAssignment) != nil {
			continue // the library has just written it
		}
		assignment.UserData = binary.AppendUvarint(nil, uint64(s.partitions))
		all[i].MemberAssignment = assignment.AppendTo(nil)
	}
	return all
}

// A subscription is what a member says when it joins.
type subscription struct {
	// generation is that of the group in which the member had the partition numbers that it owns.
	generation int32
	owned      []int
	// known is how many partition numbers the member knows of.
	known int
}

// subscriptions returns what the members of a group say, in the order of their numbers in b.
func subscriptions(b *kgo.ConsumerBalancer) []subscription {
	var all []subscription
	b.EachMember(func(_ *kmsg.JoinGroupResponseMember, meta *kmsg.ConsumerMemberMetadata) {
		s := subscription{generation: meta.Generation, known: count(meta.UserData)}
		for _, topic := range meta.OwnedPartitions {
			for _, p := range topic.Partitions {
				if !slices.Contains(s.owned, int(p)) {
					s.owned = append(s.owned, int(p))
				}
			}
		}
		slices.Sort(s.owned)
		all = append(all, s)
	})
	return all
}

// assignNumbers assigns partition numbers to members, and returns each number's member. No member gets two more than
// another, and each keeps what it owns as far as that allows. Where two say that they own a number, the one of the
// later generation has it: the other was expelled meanwhile.
func assignNumbers(members []subscription, partitions int) []int {
	const nobody = -1
	owner := slices.Repeat([]int{nobody}, partitions)
	for m, s := range members {
		for _, p := range s.owned {
			if p < partitions && (owner[p] == nobody || members[owner[p]].generation < s.generation) {
				owner[p] = m
			}
		}
	}
	quota := quotas(owner, len(members))
	for p, m := range owner {
		if m == nobody {
			continue
		}
		if quota[m] == 0 {
			owner[p] = nobody
			continue
		}
		quota[m]--
	}
	next := 0
	for p := range owner {
		if owner[p] != nobody {
			continue
		}
		for quota[next] == 0 {
			next++
		}
		owner[p] = next
		quota[next]--
	}
	return owner
}

// quotas returns how many numbers each member is to have. What is left over from an equal division goes to those that
// own the most already.
func quotas(owner []int, members int) []int {
	held := make([]int, members)
	order := make([]int, members)
	for m := range order {
		order[m] = m
	}
	for _, m := range owner {
		if m >= 0 {
			held[m]++
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return held[b] - held[a] })
	quota := make([]int, members)
	for i, m := range order {
		quota[m] = len(owner) / members
		if i < len(owner)%members {
			quota[m]++
		}
	}
	return quota
}
