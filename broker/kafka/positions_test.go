package kafka

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
)

// R8: what is committed comes back, field by field, over several topics with several nodes each.
func TestPositionsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topics := []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "topics")]
		want := position{transaction: 7, progress: broker.Progress{Sessions: rapid.Int64Range(0, 1<<40).Draw(t, "sessions")}}
		var topicOf []string
		for i := range rapid.IntRange(len(topics), 8).Draw(t, "nodes") {
			topicOf = append(topicOf, topics[i%len(topics)])
			offset := rapid.Int64Range(0, 1<<62).Draw(t, "offset")
			want.progress.Nodes = append(want.progress.Nodes, broker.Rewind{
				Node:        rapid.StringN(0, 20, 40).Draw(t, "name"),
				Offset:      offset,
				Seen:        rapid.Int64Range(0, 1<<62).Draw(t, "seen"),
				Accounted:   rapid.Int64Range(0, 1<<62).Draw(t, "accounted"),
				Behind:      rapid.Bool().Draw(t, "behind"),
				NextSession: rapid.Bool().Draw(t, "next session"),
			})
			want.empty = append(want.empty, rapid.SampledFrom([]int64{0, offset + 1, offset + 1000}).Draw(t, "empty"))
		}
		all, err := encodePosition(want, topics, topicOf)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			for i, node := range want.progress.Nodes {
				if topicOf[i] == k.topic && node.Offset < k.offset {
					t.Fatalf("topic %s commits %d, but a node needs %d", k.topic, k.offset, node.Offset)
				}
			}
		}
		got, err := decodePosition(all)
		if err != nil {
			t.Fatal(err)
		}
		if got.transaction != 7 || got.progress.Sessions != want.progress.Sessions ||
			!slices.Equal(got.progress.Nodes, want.progress.Nodes) || !slices.Equal(got.empty, want.empty) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestPositionsOfOthers(t *testing.T) {
	p := position{transaction: 1, progress: broker.Progress{Nodes: make([]broker.Rewind, 2)}, empty: make([]int64, 2)}
	ours, err := encodePosition(p, []string{"a", "b"}, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	p.transaction = 2
	other, err := encodePosition(p, []string{"a", "b"}, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		kept []kept
		want string
	}{
		{"damaged", []kept{{"a", 1, metadataPrefix + "AAAA"}}, "damaged"},
		{"cut short", []kept{{"a", 1, ours[0].metadata[:len(ours[0].metadata)-4]}}, "damaged"},
		{"newer", []kept{{"a", 1, "leat2:x"}}, "newer version"},
		{"half reset", []kept{ours[0], {"b", 5, ""}}, "for all topics or for none"},
		{"half missing", []kept{ours[0], {"b", -1, ""}}, "for all topics or for none"},
		{"of two transactions", []kept{ours[0], other[1]}, "not committed together"},
	} {
		if _, err := decodePosition(test.kept); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, wanted one with %q", test.name, err, test.want)
		}
	}
	p, err = decodePosition([]kept{{"a", 5, ""}, {"b", -1, ""}})
	if err != nil || len(p.progress.Nodes) > 0 || p.starts["a"] != 5 {
		t.Errorf("offsets that a tool has set: got %+v, %v", p, err)
	}
}

// Kafka refuses more metadata than it allows, with an error that nobody understands; a mill says it before.
func TestPositionsAreLimited(t *testing.T) {
	p := position{empty: make([]int64, 150)}
	var topicOf []string
	for i := range 150 {
		p.progress.Nodes = append(p.progress.Nodes, broker.Rewind{Node: fmt.Sprintf("a node with a long name %d", i)})
		topicOf = append(topicOf, "a")
	}
	_, err := encodePosition(p, []string{"a"}, topicOf)
	if err == nil || !strings.Contains(err.Error(), "4096") {
		t.Errorf("the error is %v, wanted one that names the limit", err)
	}
}

func FuzzDecodePosition(f *testing.F) {
	f.Add("AAAAAAAAAAEBAQABYQUKAw")
	f.Add("")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = decodePosition([]kept{{"a", 1, metadataPrefix + text}}) // must not panic
	})
}

// The balancer gives every number to somebody, evenly, and moves no more than it must.
func TestShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := rapid.IntRange(1, 20).Draw(t, "partitions")
		members := make([]claim, rapid.IntRange(1, 8).Draw(t, "members"))
		owner := rapid.SliceOfN(rapid.IntRange(-1, len(members)-1), partitions, partitions).Draw(t, "owners")
		for p, m := range owner {
			if m >= 0 {
				members[m].numbers = append(members[m].numbers, p)
			}
		}
		got := share(members, partitions)
		count, kept := make([]int, len(members)), 0
		for p, m := range got {
			count[m]++
			if owner[p] == m {
				kept++
			}
		}
		if slices.Max(count)-slices.Min(count) > 1 {
			t.Fatalf("members get %v", count)
		}
		could := 0
		held := make([]int, 0, len(members))
		for _, m := range members {
			held = append(held, len(m.numbers))
		}
		slices.Sort(held)
		slices.Reverse(held)
		for i, n := range held {
			quota := partitions / len(members)
			if i < partitions%len(members) {
				quota++
			}
			could += min(n, quota)
		}
		if kept != could {
			t.Fatalf("%d numbers stay where they were, %d could: %v to %v", kept, could, owner, got)
		}
	})
}

// Of two members that claim a number, the later generation has it: the other's claim is that of one that was expelled.
func TestShareByGeneration(t *testing.T) {
	got := share([]claim{{generation: 3, numbers: []int{0, 1}}, {generation: 4, numbers: []int{1}}}, 2)
	if !slices.Equal(got, []int{0, 1}) {
		t.Errorf("got %v", got)
	}
}
