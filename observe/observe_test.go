package observe_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/leat-go/leat/observe"
)

// twoTasks is a run of one node in two partitions, of which one was read to its end.
func twoTasks() observe.Snapshot {
	return observe.Snapshot{
		Nodes: []observe.Node{{Name: "frames", Parent: -1}},
		Tasks: []observe.Task{
			{Nodes: []observe.NodeState{{Read: 3, Matched: 1, Offset: 3, Line: 4, Ended: true, Waited: time.Second,
				Unmatched: map[observe.Verdict]int64{observe.Gap: 2}}}},
			{Nodes: []observe.NodeState{{Read: 5, Matched: 3, Skipped: 1, Tombstones: 1, Offset: 9, TimedOut: true, Beyond: 2,
				Unmatched: map[observe.Verdict]int64{observe.Gap: 1, observe.OutOfOrder: 1}}}},
		},
	}
}

// Totals are over all partitions, and leave the snapshot as it is.
func TestTotals(t *testing.T) {
	s := twoTasks()
	want := []observe.NodeState{{Read: 8, Matched: 4, Skipped: 1, Tombstones: 1, Waited: time.Second,
		Unmatched: map[observe.Verdict]int64{observe.Gap: 3, observe.OutOfOrder: 1}}}
	for range 2 {
		if got := s.Totals(); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if !reflect.DeepEqual(s, twoTasks()) {
		t.Errorf("the snapshot has become %+v", s)
	}
}

// A stream has ended when all its partitions have; only one partition has a line and an offset.
func TestExtents(t *testing.T) {
	s := twoTasks()
	if got, want := s.Extents(), []observe.Extent{{TimedOut: true, Beyond: 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("two partitions: got %+v, want %+v", got, want)
	}
	s.Tasks = s.Tasks[:1]
	if got, want := s.Extents(), []observe.Extent{{Ended: true, Line: 4, Offset: 3}}; !reflect.DeepEqual(got, want) {
		t.Errorf("one partition: got %+v, want %+v", got, want)
	}
	s.Tasks = nil
	if got, want := s.Extents(), []observe.Extent{{}}; !reflect.DeepEqual(got, want) {
		t.Errorf("none: got %+v, want %+v", got, want)
	}
}

// A histogram's sum has the counts of both, and leaves them as they are.
func TestHistogramsAdd(t *testing.T) {
	one := observe.Histogram{Count: 2, Sum: 3 * time.Second}
	one.Buckets[1] = 2
	two := observe.Histogram{Count: 1, Sum: time.Second}
	two.Buckets[0] = 1
	want := observe.Histogram{Count: 3, Sum: 4 * time.Second}
	want.Buckets[0], want.Buckets[1] = 1, 2
	if got := one.Plus(two); got != want || one.Buckets[0] != 0 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for i, bound := range observe.HistogramBounds() {
		if i > 0 && bound <= observe.HistogramBounds()[i-1] {
			t.Errorf("bound %d is %v, not above the one before", i, bound)
		}
	}
}
