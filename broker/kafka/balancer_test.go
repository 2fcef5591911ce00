package kafka

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The greatest number of partitions that any member knows of is assigned, each partition of all topics to one of
// them, whatever the leader's client knows of the topics; and each assignment says how many there are.
func TestBalanceAssignsWhatAnyMemberKnows(t *testing.T) {
	t.Parallel()
	topics := []string{"a", "b"}
	var members []kmsg.JoinGroupResponseMember
	for i, known := range []int{2, 5, 2} {
		b := &balancer{partitions: func() int { return known }, joining: func(bool) {}}
		owned := map[string][]int32{}
		if i < 2 {
			owned["a"], owned["b"] = []int32{int32(i)}, []int32{int32(i)}
		}
		member := kmsg.NewJoinGroupResponseMember()
		member.MemberID = string(rune('x' + i))
		member.ProtocolMetadata = b.JoinGroupMetadata(topics, owned, 1)
		members = append(members, member)
	}
	b := &balancer{}
	balance, _, err := b.MemberBalancer(members)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := balance.(*kgo.ConsumerBalancer).BalanceOrError(nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]int32{}
	b.assigned = func(partitions map[string][]int32, total int) {
		if total != 5 {
			t.Errorf("an assignment says that there are %d numbers, not 5", total)
		}
		if !slices.Equal(partitions["a"], partitions["b"]) {
			t.Errorf("an assignment has %v", partitions)
		}
		all["a"] = append(all["a"], partitions["a"]...)
	}
	for _, assignment := range plan.IntoSyncAssignment() {
		if _, err := b.ParseSyncAssignment(assignment.MemberAssignment); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all["a"])
	if !slices.Equal(all["a"], []int32{0, 1, 2, 3, 4}) {
		t.Errorf("assigned were %v", all["a"])
	}
}
