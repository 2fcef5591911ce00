package kafka

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
)

// drawn is a position drawn at random, with the topics that keep it.
func drawn(t *rapid.T) (*positionTopics, position) {
	topics := rapid.IntRange(1, 3).Draw(t, "topics")
	m := &positionTopics{names: []string{"a", "b", "c"}[:topics], ids: map[string]kadm.TopicID{}}
	for _, topic := range m.names {
		m.ids[topic] = kadm.TopicID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
	}
	p := position{transaction: 7, partitionCount: rapid.IntRange(0, 1000).Draw(t, "partitionCount")}
	p.progress.Sessions = rapid.Int64Range(0, 1<<40).Draw(t, "sessions")
	for i := range rapid.IntRange(len(m.names), 8).Draw(t, "nodes") {
		m.ofNode = append(m.ofNode, m.names[i%len(m.names)])
		offset := rapid.Int64Range(0, 1<<62).Draw(t, "offset")
		p.progress.Nodes = append(p.progress.Nodes, broker.Rewind{
			Node:        rapid.StringN(0, 20, 40).Draw(t, "name"),
			Offset:      offset,
			Seen:        rapid.Int64Range(0, 1<<62).Draw(t, "seen"),
			Accounted:   rapid.Int64Range(0, 1<<62).Draw(t, "accounted"),
			Behind:      rapid.Bool().Draw(t, "behind"),
			NextSession: rapid.Bool().Draw(t, "next session"),
			Position:    rapid.SampledFrom([]string{"", "[7]", "Größe\x00"}).Draw(t, "position"),
			Sorted:      rapid.SampledFrom([]string{"", "{\"rank\":7}"}).Draw(t, "sorted"),
			Idle:        rapid.SampledFrom([]string{"", "{\"to\":\"gAE=\"}"}).Draw(t, "idle"),
		})
		p.empty = append(p.empty, rapid.SampledFrom([]int64{0, offset + 1, offset + 1000}).Draw(t, "empty"))
	}
	return m, p
}

// R8: what is committed comes back, field by field, over several topics with several nodes each.
func TestPositionsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, want := drawn(t)
		all, err := m.encode(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			for i, node := range want.progress.Nodes {
				if m.ofNode[i] == k.topic && node.Offset < k.offset {
					t.Fatalf("topic %s commits %d, but a node needs %d", k.topic, k.offset, node.Offset)
				}
			}
		}
		got, err := decodePosition(all)
		if err != nil {
			t.Fatal(err)
		}
		if got.transaction != 7 || got.progress.Sessions != want.progress.Sessions ||
			got.partitionCount != want.partitionCount ||
			!slices.Equal(got.progress.Nodes, want.progress.Nodes) || !slices.Equal(got.empty, want.empty) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// R8: a single bit of the metadata, or of the offset, that isn't what it was is refused, whichever it is.
func TestFlippedBitsAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, p := drawn(t)
		if rapid.Bool().Draw(t, "start") {
			p = position{transaction: 7, partitionCount: 3, starts: map[string]int64{"a": 3, "b": 0, "c": 1 << 40}}
		}
		all, err := m.encode(p)
		if err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(0, len(all)-1).Draw(t, "topic")
		for bit := range 8 * len(all[i].metadata) {
			changed := slices.Clone(all)
			metadata := []byte(all[i].metadata)
			metadata[bit/8] ^= 1 << (bit % 8)
			changed[i].metadata = string(metadata)
			if got, err := decodePosition(changed); err == nil {
				t.Fatalf("bit %d of %q: got %+v", bit, all[i].metadata, got)
			}
		}
		for bit := range 63 {
			changed := slices.Clone(all)
			changed[i].offset ^= 1 << bit
			if got, err := decodePosition(changed); err == nil {
				t.Fatalf("bit %d of the offset %d: got %+v", bit, all[i].offset, got)
			}
		}
	})
}

func TestPositionsOfOthers(t *testing.T) {
	p := position{transaction: 1, progress: broker.Progress{Nodes: make([]broker.Rewind, 2)}, empty: make([]int64, 2)}
	ids := map[string]kadm.TopicID{"a": {1}, "b": {2}}
	m := &positionTopics{names: []string{"a", "b"}, ofNode: []string{"a", "b"}, ids: ids}
	keep := func(p position) []committedOffset {
		all, err := m.encode(p)
		must(t, err)
		return all
	}
	ours := keep(p)
	p.transaction = 2
	later := keep(p)
	start := keep(position{transaction: 3, starts: map[string]int64{"a": 5, "b": 6}})
	moved, anew := ours[0], ours[0]
	moved.offset = 5
	anew.id = kadm.TopicID{7}
	of := func(nodes ...int) []committedOffset {
		n := note{id: kadm.TopicID{1}, size: 2}
		for _, index := range nodes {
			n.nodes = append(n.nodes, notedNode{index: index})
		}
		return []committedOffset{{topic: "a", id: n.id, metadata: n.text()}}
	}
	for _, test := range []struct {
		name string
		kept []committedOffset
		want string
	}{
		{"without a node", of(0), "damaged"},
		{"with a node too many", of(0, 1, 1), "damaged"},
		{"with a node that the tree hasn't", of(0, 2), "damaged"},
		{"damaged", []committedOffset{{topic: "a", offset: 1, metadata: notePrefix + "AAAA"}}, "damaged"},
		{"cut short", []committedOffset{{topic: "a", metadata: ours[0].metadata[:len(ours[0].metadata)-4]}}, "damaged"},
		{"of another version", []committedOffset{{topic: "a", metadata: "leat1:x"}}, "another version of Leat"},
		{"half reset", []committedOffset{ours[0], {topic: "b", offset: 5}}, "for all topics or for none"},
		{"half missing", []committedOffset{ours[0], {topic: "b", offset: -1}},
			`not for "b", which was deleted and recreated`},
		{"of two transactions", []committedOffset{ours[0], later[1]}, "not committed together"},
		{"half a start", []committedOffset{ours[0], start[1]}, "not committed together"},
		{"moved", []committedOffset{moved, ours[1]},
			"the committed offset is 5, but the positions noted beside it are those of offset 0"},
		{"recreated", []committedOffset{anew, ours[1]}, `topic "a" isn't the one that was read`},
	} {
		if _, err := decodePosition(test.kept); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, wanted one with %q", test.name, err, test.want)
		}
	}
	p, err := decodePosition([]committedOffset{{topic: "a", offset: 5, metadata: "a member's name"},
		{topic: "b", offset: -1}})
	if err != nil || len(p.progress.Nodes) > 0 || p.starts["a"] != 5 || !slices.Equal(p.foreign, []string{"a"}) {
		t.Errorf("offsets that a tool has set: got %+v, %v", p, err)
	}
	p, err = decodePosition(start)
	if err != nil || len(p.progress.Nodes) > 0 || p.starts["a"] != 5 || p.starts["b"] != 6 || p.foreign != nil {
		t.Errorf("offsets to begin at: got %+v, %v", p, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Kafka refuses more metadata than it allows, with an error that nobody understands; a mill says it before.
func TestPositionsAreLimited(t *testing.T) {
	m := &positionTopics{names: []string{"a"}}
	p := position{}
	for {
		p.progress.Nodes = append(p.progress.Nodes,
			broker.Rewind{Node: fmt.Sprintf("node %d", len(m.ofNode)), Offset: 1 << 40, Seen: 1<<40 + 9999})
		p.empty, m.ofNode = append(p.empty, 0), append(m.ofNode, "a")
		all, err := m.encode(p)
		if err == nil && len(all[0].metadata) <= 4096 {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "4096") {
			t.Errorf("the error is %v, wanted one that names the limit", err)
		}
		break
	}
	if n := len(m.ofNode) - 1; n < 100 {
		t.Errorf("there is room for %d nodes only", n)
	}
}

func FuzzReadNote(f *testing.F) {
	n := note{size: 2, nodes: []notedNode{{index: 1, Rewind: broker.Rewind{Node: "a"}}}}
	f.Add(n.text())
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		n, ours, err := readNote(text)
		if ours && err == nil && n.text() != text {
			t.Errorf("%q is read, but %q is what would have been written", text, n.text())
		}
		var unchecked note
		unchecked.read([]byte(text)) // must not panic
	})
}

// The balancer gives every number to somebody, evenly, and moves no more than it must.
func TestAssignNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := rapid.IntRange(1, 20).Draw(t, "partitions")
		members := make([]subscription, rapid.IntRange(1, 8).Draw(t, "members"))
		owner := rapid.SliceOfN(rapid.IntRange(-1, len(members)-1), partitions, partitions).Draw(t, "owners")
		for p, m := range owner {
			if m >= 0 {
				members[m].owned = append(members[m].owned, p)
			}
		}
		got := assignNumbers(members, partitions)
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
			held = append(held, len(m.owned))
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

// Of two members that subscription a number, the later generation has it: the other's subscription is that of one
// that was expelled.
func TestAssignNumbersByGeneration(t *testing.T) {
	got := assignNumbers([]subscription{{generation: 3, owned: []int{0, 1}}, {generation: 4, owned: []int{1}}}, 2)
	if !slices.Equal(got, []int{0, 1}) {
		t.Errorf("got %v", got)
	}
}
