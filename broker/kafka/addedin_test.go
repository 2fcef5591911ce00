package kafka

import (
	"testing"

	"github.com/leat-go/leat/broker"
)

// at is the position of a partition that has ended some sessions, the first of them beside as many partitions as said.
func at(sessions int64, partitionCount int) position {
	progress := broker.Progress{Sessions: sessions, Nodes: make([]broker.Rewind, 1)}
	return position{progress: progress, partitionCount: partitionCount}
}

// Partitions without positions were added where the others can't have come to where they are beside them.
func TestAddedIn(t *testing.T) {
	t.Parallel()
	blank := position{}
	begun := position{progress: broker.Progress{Sessions: 1}, starts: map[string]int64{"a": 0}, partitionCount: 3}
	reset := position{starts: map[string]int64{"a": 7}}
	for _, test := range []struct {
		name string
		all  []position
		want added
	}{
		{"a new group", []position{blank, blank}, added{2, 0}},
		{"within the first session", []position{at(0, 2), blank}, added{2, 0}},
		{"added within the first session", []position{at(0, 2), at(0, 2), blank}, added{2, 0}},
		{"and another was begun since", []position{at(0, 2), at(0, 3), at(0, 3), blank}, added{2, 0}},
		{"first session ended in one", []position{at(1, 2), blank}, added{2, 0}},
		{"and one was added", []position{at(1, 2), blank, blank}, added{2, 0}},
		{"added behind the first session", []position{at(1, 2), at(1, 2), blank}, added{2, 1}},
		{"added in the midst of the first", []position{at(1, 2), at(1, 3), blank}, added{2, 1}},
		{"added, and another has begun", []position{at(1, 2), at(1, 2), begun, blank}, added{2, 1}},
		{"added behind the second", []position{at(2, 2), at(2, 2), blank}, added{0, 2}},
		{"added within the second", []position{at(2, 2), at(1, 2), blank}, added{0, 1}},
		{"reset by a tool", []position{reset, reset, blank}, added{3, 0}},
	} {
		if got := *addedIn(test.all); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}
